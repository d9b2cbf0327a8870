"""A journal written anew: without what is answered, and with many small records put together into few large ones.

The new file takes the old one's place in one step, so that a process which is killed leaves one or the other. Only
records that the server cannot have seen are put together: the others must be sent as they were.
"""

import contextlib
import logging
from collections.abc import Callable, Iterable
from typing import Final

from modelbox.journal.backlog import Backlog
from modelbox.journal.file import JournalFile
from modelbox.journal.folder import JournalFolder
from modelbox.journal.record import Record
from modelbox.journal.tally import Tally

_log = logging.getLogger("modelbox")

Repack = Callable[[list[Record]], Iterable[Record]]
"""Returns records that come to the same as those given, in fewer; all of them hold metric points."""

_PACK_RECORDS_MAX: Final = 10_000
_PACK_POINTS_MAX: Final = 50_000


def compact(backlog: Backlog, folder: JournalFolder, *, repack: Repack) -> None:
    """Write a backlog's journal anew. Its records may be added to meanwhile, but none be on its way.

    A journal that is damaged, or that the disk has no room for twice, stays as it is.
    """
    old = backlog.file
    first = backlog.first()
    if old is None or first is None or first.place is None or backlog.damaged_bytes or backlog.left.records:
        return
    new = None
    try:
        new = folder.create_copy(old)
        copy = _Copy(old, new, folder, repack)
        place = copy.up_to(old.size, start=first.place)
        with backlog.lock:
            # What was added meanwhile is little; while it is copied nothing is added.
            copy.up_to(old.size, start=place)
            copy.finish()
            backlog.go_on_with(old.replace(new), copy.tally)
    except OSError as error:
        _log.info("the journal %s was not compacted: %s", old.path, error)
        if new is not None:
            with contextlib.suppress(OSError):
                new.remove()


class _Copy:
    """Copies records from one file to another, the small ones together."""

    def __init__(self, old: JournalFile, new: JournalFile, folder: JournalFolder, repack: Repack) -> None:
        self.tally: Final = Tally()
        self._old = old
        self._new = new
        self._folder = folder
        self._repack = repack
        self._pack: list[Record] = []
        self._pack_points = 0

    def up_to(self, end: int, *, start: int) -> int:
        """Copy what stands from `start` to `end`; return where to go on."""
        place = start
        while place < end:
            block = self._old.read(place)
            if block.damaged_bytes:
                raise OSError("it is damaged")
            for record in block.records:
                self._add(record)
            place = block.end
        return place

    def finish(self) -> None:
        """Write what is still to be put together."""
        pack, self._pack, self._pack_points = self._pack, [], 0
        for record in self._repack(pack) if len(pack) > 1 else pack:
            self._write(record)

    def _add(self, record: Record) -> None:
        if record.tried_at or not record.points:
            self.finish()
            self._write(record)
            return
        self._pack.append(record)
        self._pack_points += record.points
        if self._pack_points >= _PACK_POINTS_MAX or len(self._pack) >= _PACK_RECORDS_MAX:
            self.finish()

    def _write(self, record: Record) -> None:
        self._folder.check_room(self._old, self._new.size + record.memory_bytes)
        self._new.append(record)
        self.tally.add(record)
