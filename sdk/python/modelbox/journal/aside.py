"""What the server refused, set aside beside the journals: not sent again by itself, not deleted.

A gateway may refuse wrongly, and what was refused today may be taken tomorrow: an object is restored, a server mended.
The files have the form of journals; each record in them holds the refused one, and why.

What was set aside first stays: it holds the causes, and the objects that what came later is about. What finds no room
is dropped, counted and told.
"""

import contextlib
import logging
from collections.abc import Iterator
from enum import Enum, auto
from pathlib import Path
from time import time
from typing import Final

import msgspec

from modelbox.errors import ModelBoxError
from modelbox.journal.file import JournalFile
from modelbox.journal.folder import REFUSED_SUFFIX, JournalFolder, unanswered
from modelbox.journal.record import Record
from modelbox.limits import REASON_CHARS_MAX, REFUSED_BYTES_MAX, REFUSED_RECORDS_MAX

_log = logging.getLogger("modelbox")

_METHOD: Final = "Refused"


class Fate(Enum):
    """What became of a refused record: set aside, dropped for want of room, or still in its journal: the disk fails."""

    SET_ASIDE = auto()
    DROPPED = auto()
    LEFT = auto()


class Refused(msgspec.Struct, frozen=True):
    """A record that was refused: `encoded` as a journal keeps it, with the time of its first try; and when and why."""

    encoded: bytes
    tried_at: int
    refused_at: float
    reason: str
    problem: str

    def record(self) -> Record:
        """Return the record, to be sent again with its key."""
        return Record.decode(self.encoded, place=None, tried_at=self.tried_at)


class Aside:
    """Sets records aside in one folder, for one server. For one thread."""

    def __init__(self, folder: JournalFolder) -> None:
        """Open nothing yet."""
        # Of its own: what a folder remembers of the sizes is for one file, and for one thread.
        self._folder: Final = JournalFolder(folder.settings, folder.address, home=folder.home)
        self._path: Path | None = None
        self._records: int | None = None
        self._has_told = False

    def keep(self, record: Record, error: ModelBoxError) -> Fate:
        """Set a record aside that was refused with an error."""
        problem = str(error)[:REASON_CHARS_MAX]
        refused = Refused(record.encode(), record.tried_at, time(), error.reason, problem)
        wrapped = Record(_METHOD, msgspec.msgpack.encode(refused), points=record.points, key=record.key)
        try:
            if not self._has_room(wrapped):
                return self._drop(record)
            self._write(wrapped)
        except OSError as failure:
            _log.warning("what was refused cannot be set aside (%s): it stays in the journal, if it is there", failure)
            # Of what is in memory only, nothing else would be left.
            return Fate.DROPPED if record.place is None else Fate.LEFT
        return Fate.SET_ASIDE

    def _has_room(self, wrapped: Record) -> bool:
        if self._records is None:
            self._records = sum(1 for path in self._folder.refused() for _ in unanswered(path))
        taken = sum(path.stat().st_size for path in self._folder.refused(of_any_server=True))
        return self._records < REFUSED_RECORDS_MAX and taken + wrapped.memory_bytes <= REFUSED_BYTES_MAX

    def _drop(self, record: Record) -> Fate:
        if not self._has_told:
            self._has_told = True
            text = "no room to set aside what is refused (at most %d bytes): it is dropped and counted, %s first;"
            remedy = "`modelbox client sync --refused` sends again or drops what is there"
            _log.error(f"{text} {remedy}", REFUSED_BYTES_MAX, record.method)
        return Fate.DROPPED

    def _write(self, wrapped: Record) -> None:
        """Write a record; the file is locked only meanwhile, so that others may send it while this process runs."""
        file = self._open()
        try:
            self._folder.check_room(file, wrapped.memory_bytes)
            file.append(wrapped)
        finally:
            file.close()
        self._records = (self._records or 0) + 1

    def _open(self) -> JournalFile:
        if self._path is not None:
            with contextlib.suppress(FileNotFoundError):  # sent or dropped by somebody: begin another one
                file = JournalFile.take(self._path)
                if file is not None:
                    return file
        file = self._folder.create(suffix=REFUSED_SUFFIX)
        self._path = file.path
        return file


def refused_in(path: Path) -> Iterator[tuple[Record, Refused]]:
    """Return what a file of refused records holds, each as it stands there and what it means, the oldest first.

    Raises:
        OSError: It cannot be read.
    """
    for wrapped in unanswered(path):
        if wrapped.method == _METHOD:
            yield wrapped, msgspec.msgpack.decode(wrapped.request, type=Refused)
