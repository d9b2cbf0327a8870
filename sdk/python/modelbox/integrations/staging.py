"""Files held for an upload that happens later: whoever wrote them may remove them meanwhile.

A file is held by a hard link beside it, which takes no space and no time; where the file system has none, by a copy.
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

    def release(self) -> None:
        """Remove it; the original stays where it is, if it still is there."""
        shutil.rmtree(self._folder, ignore_errors=True)


def sweep(folder: Path, owner: str) -> None:
    """Remove what an earlier process of this owner held in the folder and had no time to release."""
    for left in folder.glob(f"{_PREFIX}{owner}-*"):
        shutil.rmtree(left, ignore_errors=True)


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
