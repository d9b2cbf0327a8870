"""Files held for an upload that happens later: whoever wrote them may remove them meanwhile.

A file is held by a hard link beside it, which takes no space and no time; where the file system has none, by a copy.
Removed or replaced, it stays as it was; written to in place, it does not, which `Held.is_unchanged` finds out.
"""

import os
import shutil
from pathlib import Path
from typing import Final

_PREFIX: Final = ".modelbox-held-"


class Held:
    """A file or folder, held until it is released; `path` is its held name, below which a folder looks the same."""

    def __init__(self, original: Path, owner: str) -> None:
        """Hold it.

        Args:
            owner: Whose it is, such as a run's id; it names the folder of held files.

        Raises:
            OSError: It cannot be read, or not be linked and not be copied.
        """
        self._folder = _new_folder(original.parent, owner)
        self.path = self._folder / original.name
        if original.is_dir():
            shutil.copytree(original, self.path, copy_function=_link)
        else:
            _link(str(original), str(self.path))
        self._state = _state_of(self.path)

    def is_unchanged(self) -> bool:
        """Whether its bytes are those that were held, as far as sizes and times of the files tell."""
        return _state_of(self.path) == self._state

    def release(self) -> None:
        """Remove it; the original stays where it is, if it still is there."""
        shutil.rmtree(self._folder, ignore_errors=True)


def sweep(folder: Path, owner: str) -> None:
    """Remove what an earlier process of this owner held in the folder and had no time to release."""
    for left in folder.glob(f"{_PREFIX}{owner}-*"):
        shutil.rmtree(left, ignore_errors=True)


def _state_of(path: Path) -> list[tuple[str, int, int]]:
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    facts = [(str(file), file.stat()) for file in files if file.is_file()]
    return [(name, fact.st_size, fact.st_mtime_ns) for name, fact in facts]


def _new_folder(parent: Path, owner: str) -> Path:
    number = 0
    while True:
        folder = parent / f"{_PREFIX}{owner}-{os.getpid()}-{number}"
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
        else:
            return folder


def _link(source: str, destination: str) -> str:
    try:
        os.link(source, destination)
    except OSError:  # no hard links here, or not across what is mounted
        shutil.copy2(source, destination)
    return destination
