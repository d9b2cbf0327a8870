"""Copies of files, held for a later upload: their bytes are those of the call, whatever becomes of them."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from modelbox.delivery.held import Held
from modelbox.errors import InvalidFieldError
from modelbox.limits import HELD_FREE_BYTES_MIN
from modelbox.transfer.files import label_of
from modelbox.values import LocalFile

_TRIES: Final = 3
"""How often a file is copied that is written to meanwhile."""


def copied(held: Held, of: Path, files: Sequence[LocalFile]) -> list[LocalFile]:
    """Copy files into a held folder; return them with their places there and the labels that they have.

    A file that is only appended to meanwhile is copied as far as it goes.

    Args:
        held: A folder with nothing in it yet.
        of: The file, or the folder that they are of.
        files: With their paths as `of` has them.

    Raises:
        InvalidFieldError: They find no room, or one is written anew again and again.
        OSError: One cannot be read or written.
    """
    size = sum(Path(file.path).stat().st_size for file in files)
    if shutil.disk_usage(held.folder).free < size + HELD_FREE_BYTES_MIN:
        problem = f"a copy of {size:,} bytes in {held.folder.parent} would leave less than {HELD_FREE_BYTES_MIN:,} free"
        raise InvalidFieldError.of("path", f"{problem}; make room there, or set MODELBOX_JOURNAL_DIR to another disk")
    # Never "..", nor empty.
    top = held.files / (Path(os.path.abspath(of)).name or "folder")  # noqa: PTH100  # links stay as they are named
    return [_copied(file, top / Path(file.path).relative_to(of)) for file in files]


def _copied(file: LocalFile, place: Path) -> LocalFile:
    place.parent.mkdir(parents=True, exist_ok=True)
    path = Path(file.path)
    for tries_left in reversed(range(_TRIES)):
        before = path.stat()
        shutil.copyfile(path, place)
        after = path.stat()
        is_growing = after.st_size > before.st_size
        if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns) or (
            is_growing and not tries_left
        ):
            return replace(file, path=place, label=file.label or label_of(os.fspath(file.path)))
    raise InvalidFieldError.of("path", f"{str(path)[:300]!r} was written to while it was read")
