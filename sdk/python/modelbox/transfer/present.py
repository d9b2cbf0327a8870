"""What stands already where files are to be downloaded to: it is kept where it is right, never replaced unasked."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from modelbox.errors import InvalidFieldError
from modelbox.proto import modelstore_pb2 as pb

_NAMED_MAX: Final = 5
"""Files that an error names."""


class Wanted(NamedTuple):
    """A file to download, all of which is known, and its place; `overwrite` says that what is there may go."""

    file: pb.FileMetadata
    target: Path
    overwrite: bool = False


def missing(wanted: Sequence[Wanted]) -> list[Wanted]:
    """Return those of the files that are not in their places already.

    Raises:
        InvalidFieldError: Other files are in some places, and may not be replaced.
        OSError: What is there cannot be read.
    """
    left = [one for one in wanted if not _is_there(one)]
    others = [one.target for one in left if not one.overwrite and os.path.lexists(one.target)]
    if others:
        raise would_replace(others)
    return left


def would_replace(targets: Sequence[Path]) -> InvalidFieldError:
    """Return the error that says which files stay as they are, and how to have them replaced."""
    named = ", ".join(repr(str(target)[:300]) for target in targets[:_NAMED_MAX])
    more = f" and {len(targets) - _NAMED_MAX:,} more" if len(targets) > _NAMED_MAX else ""
    problem = f"{named}{more} would be replaced by what the artifacts hold"
    return InvalidFieldError.of("destination", f"{problem}; give overwrite=True (--overwrite) or another folder")


def _is_there(wanted: Wanted) -> bool:
    target = wanted.target
    if not target.is_file() or target.stat().st_size != wanted.file.size:
        return False
    with target.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == wanted.file.sha256
