"""The folder of the journals: where it is, how much its files take, and which of them nobody keeps any more."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, time
from typing import Final

from modelbox.home import HomeLog
from modelbox.journal.file import SUFFIX, JournalFile, new_stem, own_header, read_header
from modelbox.journal.frames import HEADER_BYTES_MIN, Header
from modelbox.journal.locks import lock
from modelbox.journal.record import Record
from modelbox.journal.ring import Ring
from modelbox.journal.ring_folders import RingFolders
from modelbox.limits import JOURNAL_BYTES_MAX, JOURNAL_FREE_BYTES_MIN, JOURNAL_RETRY_S

COMPACTED_SUFFIX: Final = ".compacted"
"""How a file ends that will take a journal's place once it is whole."""

REFUSED_SUFFIX: Final = ".refused"
"""How a file ends that holds what the server refused; see `journal/aside.py`."""

FILES_SUFFIX: Final = ".files"
"""How the journal of held files ends: they are sent by themselves, for a large one would hold up all that is logged."""

_MODE: Final = 0o700
_COMPACTED_AGE_S_MIN: Final = 3600.0


@dataclass(frozen=True, slots=True)
class JournalSettings:
    """Where a client's journals are, and how much disk all of them together may take, in bytes."""

    folder: Path
    bytes_max: int = JOURNAL_BYTES_MAX
    free_bytes_min: int = JOURNAL_FREE_BYTES_MIN


class NoRoomError(OSError):
    """The journals take as much disk as they may, or the disk is nearly full."""


class JournalFolder:
    """The journals of one user for the server at one address. Not safe to use from several threads at once.

    Those that are meant for another log than `home` are not offered.
    """

    def __init__(
        self, settings: JournalSettings, address: str, *, home: HomeLog | None = None, of_files: bool = False
    ) -> None:
        """Open nothing yet: the folder is made with the first journal.

        Args:
            of_files: Whether it is for the journals of held files.
        """
        self.of_files: Final = of_files
        self._suffix: Final = FILES_SUFFIX if of_files else SUFFIX
        self.settings: Final = settings
        self.address: Final = address
        self.home: Final = HomeLog() if home is None else home
        self.ring_folders: Final = RingFolders(settings.folder)
        self._others_bytes = 0
        self._measured_at = -JOURNAL_RETRY_S

    def create(self, *, suffix: str = "", stem: str = "", header: Header | None = None) -> JournalFile:
        """Make a new journal, or with another suffix a file of the same form that is none.

        Args:
            stem: Its name without the suffix; drawn, unless given.
            header: Whose it is; this process's, unless given.

        Raises:
            OSError: It cannot be made.
        """
        self.settings.folder.mkdir(mode=_MODE, parents=True, exist_ok=True)
        header = header or own_header(self.address, log=self.home.id)
        return JournalFile.create(self.settings.folder, header, suffix=suffix or self._suffix, stem=stem)

    def create_ring(self) -> Ring | None:
        """Make a ring for a journal that this process will make; None where no ring can be, and for held files.

        Its name is the journal's.
        """
        if self.of_files or not self.settings.bytes_max:
            return None
        with contextlib.suppress(OSError):  # then no journal can be made either, which is told
            self.settings.folder.mkdir(mode=_MODE, parents=True, exist_ok=True)
        return self.ring_folders.create(new_stem(), self.address, log=self.home.id)

    def has(self, stem: str) -> bool:
        """Whether there is a journal of that name."""
        return self._named(stem).exists()

    def has_whole(self, stem: str) -> bool:
        """Whether there is a journal of that name whose writer lived to write its header, or nobody knows."""
        try:
            return read_header(self._named(stem)) is not None
        except FileNotFoundError:
            return False
        except OSError:
            return True

    def remove_unfinished(self, stem: str) -> None:
        """Make room for a journal where there is no whole one; for who has its ring, and so alone may make it."""
        if not self.has_whole(stem):
            self.take(self._named(stem))

    def create_copy(self, of: JournalFile) -> JournalFile:
        """Make a file that will take another one's place, and so tells the same of where its records come from.

        Raises:
            OSError: It cannot be made.
        """
        return JournalFile.create(self.settings.folder, of.header, suffix=COMPACTED_SUFFIX)

    def check_room(self, file: JournalFile, more: int) -> None:
        """Check that a journal may grow by so many bytes.

        Raises:
            NoRoomError: It may not; the message says why.
        """
        if monotonic() - self._measured_at >= JOURNAL_RETRY_S:
            self._measured_at = monotonic()
            self._others_bytes = sum(_size(path) for path in self._files() if path != file.path)
        if self._others_bytes + file.size + more > self.settings.bytes_max:
            problem = f"the journals in {self.settings.folder} may take {self.settings.bytes_max:,} bytes, and do"
            raise NoRoomError(f"{problem}: send them with `modelbox client sync`, or raise journal_bytes_max")
        disk = os.statvfs(self.settings.folder)
        if disk.f_bavail * disk.f_frsize < self.settings.free_bytes_min:
            problem = f"less than {self.settings.free_bytes_min:,} bytes are free on the disk of {self.settings.folder}"
            raise NoRoomError(f"{problem}: make room there, or set MODELBOX_JOURNAL_DIR to a folder on another disk")

    def journals(self, *, of_any_server: bool = False) -> Iterator[Path]:
        """Return this user's journals for this server, the oldest first; those of this process, too."""
        return (path for path, header in self._of_suffix(self._suffix) if of_any_server or self._is_for_us(header))

    def all_journals(self, *, of_any_server: bool = False) -> Iterator[Path]:
        """Return as `journals` does those of what was logged and those of held files."""
        found = (entry for suffix in (SUFFIX, FILES_SUFFIX) for entry in self._of_suffix(suffix))
        return (path for path, header in found if of_any_server or self._is_for_us(header))

    def refused(self, *, of_any_server: bool = False) -> Iterator[Path]:
        """Return this user's files of what this server refused, the oldest first."""
        return (path for path, header in self._of_suffix(REFUSED_SUFFIX) if of_any_server or self._is_for_us(header))

    def _named(self, stem: str) -> Path:
        return self.settings.folder / f"{stem}{SUFFIX}"

    def _is_for_us(self, header: Header) -> bool:
        is_foreign = header.log and self.home.id and header.log != self.home.id
        return header.address == self.address and not is_foreign

    def _of_suffix(self, suffix: str) -> Iterator[tuple[Path, Header]]:
        aged = sorted((_made_at(path), path) for path in self._files() if path.name.endswith(suffix))
        for _, path in aged:
            with contextlib.suppress(OSError):
                header = read_header(path)
                if header is not None and _is_ours(path):
                    yield path, header

    def take(self, path: Path) -> JournalFile | None:
        """Lock a journal that nobody keeps; None if somebody has it, or it is gone."""
        with contextlib.suppress(OSError):
            return JournalFile.take(path)
        return None

    def is_left(self, path: Path) -> bool:
        """Tell whether nobody keeps a journal, at this moment."""
        file = self.take(path)
        if file is not None:
            file.close()
        return file is not None

    def sweep(self) -> None:
        """Remove what was left behind by processes that were killed while they compacted a journal."""
        for path in self._files():
            if path.name.endswith(COMPACTED_SUFFIX):
                with contextlib.suppress(OSError):
                    if time() - path.stat().st_mtime > _COMPACTED_AGE_S_MIN:
                        _remove_unless_locked(path)

    def _files(self) -> list[Path]:
        try:
            return list(self.settings.folder.iterdir())
        except OSError:
            return []


def all_files(folder: Path, *suffixes: str) -> list[Path]:
    """Return this user's files in a folder of journals that end so, of any server, without passing any over.

    Raises:
        OSError: One cannot be looked at. What is not there is none.
    """
    found: list[Path] = []
    with contextlib.suppress(FileNotFoundError):
        for path in sorted(folder.iterdir()):
            with contextlib.suppress(FileNotFoundError):
                # A shorter one was never finished, so it says nothing.
                if path.name.endswith(suffixes) and _is_ours(path) and path.stat().st_size >= HEADER_BYTES_MIN:
                    found.append(path)
    return found


def unanswered(path: Path) -> Iterator[Record]:
    """Return the records of a journal that wait, without taking it; its owner may be at work.

    Raises:
        OSError: It cannot be read.
    """
    with JournalFile.look_into(path) as file:
        place = file.first
        while place < file.size:
            block = file.read(place)
            if block.end == place:
                return
            yield from block.records
            place = block.end


def _remove_unless_locked(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        lock(descriptor)
        path.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _made_at(path: Path) -> float:
    with contextlib.suppress(OSError):
        header = read_header(path)
        return 0.0 if header is None else header.created_at
    return 0.0


def _is_ours(path: Path) -> bool:
    return not hasattr(os, "getuid") or path.stat().st_uid == os.getuid()
