"""Files of which only the place is recorded, and what is said where that may not be what was meant."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from os import fspath
from typing import Final

from modelbox.transfer.files import Files, files_to_track
from modelbox.values import LocalFile

_log = logging.getLogger("modelbox")
_NAMED_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class TrackedFile(LocalFile):
    """A file that is meant to be tracked and not to be sent: nothing is said of that."""


def told_to_track(files: Files) -> list[LocalFile]:
    """Return the files that are to be tracked, and warn about those of this machine: nobody else gets their bytes.

    Raises:
        InvalidFieldError: One has no path, a folder holds no file, or there are too many.
    """
    found = files_to_track(files)
    local = [
        fspath(file.path) for file in found if not isinstance(file, TrackedFile) and "://" not in fspath(file.path)
    ]
    if local:
        are, them = ("is", "its bytes stay") if len(local) == 1 else ("are", "their bytes stay")
        text = "artifacts: %s %s tracked, not uploaded: %s where they are, and nobody else can download them;"
        _log.warning(f"{text} upload_artifact(…) sends them", names_of(local), are, them)
    return found


def names_of(paths: Sequence[str]) -> str:
    """Return the first of some paths, and how many more there are."""
    named = ", ".join(repr(path[:300]) for path in paths[:_NAMED_MAX])
    more = len(paths) - _NAMED_MAX
    return f"{named} and {more:,} more" if more > 0 else named
