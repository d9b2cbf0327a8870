"""Files held for an upload that happens later: whoever wrote them may remove them meanwhile.

A file is held by a hard link beside it, which takes no space and no time; where the file system has none, by a copy.
Removed or replaced, it stays as it was; written to in place, it does not: sizes and times tell.

A folder of held files says who holds them, and lasts until the record that names it is done with: a later process may
be the one that sends them. Without its files it stands for what was given up.
"""

import contextlib
import os
import shutil
import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, Self

import msgspec

from modelbox.journal.ring_folders import RingFolders

_PREFIX: Final = ".modelbox-held-"
_HOLDER: Final = "holder"
_FILES: Final = "files"
_SPACE: Final = Path("/proc/self/ns/pid")

HeldBy = Callable[[Path], Iterable[Path]]
"""Returns the held folders that the journals in a folder name. Raises an `OSError` if they cannot be read."""


class _Holder(msgspec.Struct, frozen=True):
    """Who holds files: a process, and the folder of its journals, empty if it has none.

    `space` is where its number means that process: containers may have one host name, and numbers of their own. It is
    empty if an earlier version wrote it, or the system has no such thing.
    """

    host: str
    pid: int
    journals: str
    space: str = ""


class Held:
    """A folder of held files; `files` is where they are, under their own names."""

    def __init__(self, folder: Path) -> None:
        """Name one that may be there."""
        self.folder: Final = folder
        self.files: Final = folder / _FILES

    @classmethod
    def hold(cls, original: Path, owner: str, *, journals: Path | None) -> Self:
        """Hold a file, or all files of a folder.

        Args:
            owner: Whose it is, such as a run's id; it names the folder.
            journals: The folder of this process's journals.

        Raises:
            OSError: It cannot be read, or not be linked and not be copied.
        """
        held = cls.make(original.parent, owner, journals=journals)
        try:
            if original.is_dir():
                shutil.copytree(original, held.files / original.name, copy_function=_link)
            else:
                _link(str(original), str(held.files / original.name))
        except BaseException:
            held.release()
            raise
        return held

    @classmethod
    def make(cls, parent: Path, owner: str, *, journals: Path | None) -> Self:
        """Make a folder of held files with nothing in it yet.

        Raises:
            OSError: It cannot be made.
        """
        held = cls(_new_folder(parent, owner))
        journaled = "" if journals is None else str(journals.absolute())
        holder = _Holder(socket.gethostname(), os.getpid(), journaled, _space())
        (held.folder / _HOLDER).write_bytes(msgspec.json.encode(holder))
        held.files.mkdir()
        return held

    @property
    def is_there(self) -> bool:
        """Whether its files are held."""
        return self.files.is_dir()

    @property
    def is_given_up(self) -> bool:
        """Whether its files were given up on purpose; else they are there, or somebody else has removed them."""
        return not self.is_there and self.folder.is_dir()

    def give_up(self) -> None:
        """Give its files up; who is to send them finds that out. The originals stay where they are."""
        shutil.rmtree(self.files, ignore_errors=True)

    def release(self) -> None:
        """Remove it; the originals stay where they are, if they still are there."""
        shutil.rmtree(self.folder, ignore_errors=True)


def sweep(parent: Path, owner: str, *, held_by: HeldBy) -> None:
    """Remove what nobody can send any more: its process has ended, and neither a journal nor a ring names it.

    What a process of another machine or container holds is left to it. An earlier version did not say who it was: what
    it held for this owner goes.
    """
    ended: list[tuple[Path, Path | None]] = []
    for folder in parent.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):  # others sweep too; and what cannot be read is left
            holder = _holder_of(folder)
            if holder is None and folder.name.startswith(f"{_PREFIX}{owner}-"):
                Held(folder).release()
            elif holder is not None and _has_ended(holder) and not has_ring(holder.journals, holder.pid):
                ended.append((folder, Path(holder.journals) if holder.journals else None))
    # Read after that, and once: only then they have all that those have logged.
    for journals in {journals for _, journals in ended}:
        with contextlib.suppress(OSError):
            # Resolved: one folder may be known by several paths.
            named = set() if journals is None else {path.resolve() for path in held_by(journals)}
            for folder in (folder for folder, its in ended if its == journals and folder.resolve() not in named):
                Held(folder).release()


def has_ring(journals: Path | str, pid: int) -> bool:
    """Tell whether a process of this machine has a ring, which may name what it held; a journal does once it is poured.

    Args:
        journals: The folder of its journals; empty if it has none.
    """
    return bool(journals) and RingFolders(Path(journals)).has_of(socket.gethostname(), pid)


def _holder_of(folder: Path) -> _Holder | None:
    try:
        return msgspec.json.decode((folder / _HOLDER).read_bytes(), type=_Holder)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def _has_ended(holder: _Holder) -> bool:
    # Elsewhere signal 0 is none that only asks.
    if holder.host != socket.gethostname() or os.name != "posix":
        return False
    if holder.space:
        if holder.space != _space():
            return False
    elif holder.journals and not Path(holder.journals).is_dir():
        return False  # most likely of a container: what its journals name is not to be seen from here
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:  # it is somebody else's, so it is there
        return False
    return False


def _space() -> str:
    """Return the name of the namespace of processes that this one is in, empty where there are none."""
    try:
        return _SPACE.readlink().name
    except OSError:
        return ""


def _new_folder(parent: Path, owner: str) -> Path:
    number = 0
    while True:
        folder = parent / f"{_PREFIX}{owner}-{os.getpid()}-{number}"
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
        else:
            return folder.absolute()


def _link(source: str, destination: str) -> str:
    try:
        os.link(source, destination)
    except OSError:  # no hard links here, or not across what is mounted
        shutil.copy2(source, destination)
    return destination
