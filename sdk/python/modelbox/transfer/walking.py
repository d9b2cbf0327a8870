"""The files under a folder: all of them, those behind links too, or an error that says which cannot be had."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from modelbox.errors import InvalidFieldError
from modelbox.limits import UPLOAD_FILES_MAX

_NAMED_MAX: Final = 5
"""Folders that a warning names."""

_log: Final = logging.getLogger("modelbox")

Identity = tuple[int, int]
"""What tells a folder from all others: its device and its number there."""


def files_under(field: str, folder: Path) -> Iterator[Path]:
    """Return the files under a folder in the order of names; those of linked folders are below the link's name.

    A link to a folder that holds it leads to nothing new. It is warned about, as are folders without any file: they are
    left out.

    Raises:
        InvalidFieldError: A link leads nowhere, something is neither file nor folder, or there are too many folders.
        OSError: A folder cannot be read.
    """
    above: dict[Path, frozenset[Identity]] = {}
    empty: list[Path] = []
    for number, (name, folders, names) in enumerate(os.walk(folder, onerror=_raise, followlinks=True)):
        if number > UPLOAD_FILES_MAX:
            raise InvalidFieldError.of(field, f"{str(folder)[:300]!r} holds more than {UPLOAD_FILES_MAX:,} folders")
        place = Path(name)
        if not folders and not names:
            empty.append(place)
        holders = above.pop(place, frozenset()) | {_identity(place)}
        folders[:] = [name for name in sorted(folders) if not _leads_back(place / name, holders)]
        above.update((place / name, holders) for name in folders)
        yield from (_checked(field, place / name) for name in sorted(names))
    if empty and empty != [folder]:
        named = ", ".join(repr(str(place)[:300]) for place in empty[:_NAMED_MAX])
        more = f" and {len(empty) - _NAMED_MAX:,} more" if len(empty) > _NAMED_MAX else ""
        _log.warning("empty folders are not kept: %s%s", named, more)


def _checked(field: str, path: Path) -> Path:
    if path.is_file():
        return path
    if not path.exists():
        problem = f"{str(path)[:300]!r} is a link to {str(path.readlink())[:300]!r}, which does not exist"
        raise InvalidFieldError.of(field, f"{problem}; remove or mend it")
    raise InvalidFieldError.of(field, f"{str(path)[:300]!r} is neither a file nor a folder")


def _leads_back(path: Path, holders: frozenset[Identity]) -> bool:
    if not path.is_symlink() or _identity(path) not in holders:
        return False
    _log.warning("%r is a link to a folder that holds it; it is not followed", str(path)[:300])
    return True


def _identity(path: Path) -> Identity:
    found = path.stat()
    return found.st_dev, found.st_ino


def _raise(error: OSError) -> None:
    raise error
