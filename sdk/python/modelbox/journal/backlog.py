"""The records that wait for the server, in their order: in the journal's file, the next ones in memory too.

Order: the window (in memory, and in the file), then what is in the file only, then what the file could not take.
The file holds everything but the last; when it is full or fails, records stay in memory, up to a bound.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from time import monotonic
from typing import Final, Self

from modelbox.journal.file import JournalFile
from modelbox.journal.folder import JournalFolder
from modelbox.journal.markers import Markers, OnReached
from modelbox.journal.record import Record
from modelbox.journal.ring import Ring
from modelbox.journal.tally import Tally
from modelbox.limits import JOURNAL_RETRY_S, UNSAVED_BYTES_MAX, WINDOW_BYTES_MAX

_log = logging.getLogger("modelbox")
_TIME_MAX: Final = 2**32 - 1


class Backlog:
    """Records that wait. Any number of threads may add; one takes the first, again and again, until it is answered."""

    def __init__(self, folder: JournalFolder | None) -> None:
        """Begin empty, with no file yet; without a folder never with one."""
        self.arrived: Final = threading.Event()
        """What wakes who sends; set by whoever knows that it is time."""
        self.waiting: Final = Tally()
        self.in_file = Tally()
        self.damaged_bytes = 0
        self.lost: Final = Tally()
        self.left = Tally()
        self._markers: Final = Markers()
        self._folder: Final = folder
        self._ring: Ring | None = None
        self._lock: Final = threading.RLock()
        self._file: JournalFile | None = None
        self._window: deque[Record] = deque()
        self._window_bytes = 0
        self._read_place = 0
        self._unsaved: deque[Record] = deque()
        self._unsaved_bytes = 0
        self._trouble = ""
        self._retry_at = 0.0

    @classmethod
    def of(cls, folder: JournalFolder, file: JournalFile) -> Self:
        """Return what waits in a journal that was taken.

        Raises:
            OSError: It cannot be read.
        """
        backlog = cls(folder)
        backlog._file = file
        place = file.first
        while place < file.size:
            block = file.read(place)
            for record in block.records:
                backlog.waiting.add(record)
                backlog.in_file.add(record)
            place = block.end
        backlog._markers.added(backlog.waiting.records)
        backlog._read_place = file.first
        return backlog

    @property
    def path(self) -> str:
        """Where the journal is, empty while there is none."""
        file = self._file
        return "" if file is None else str(file.path)

    @property
    def log(self) -> str:
        """The log that the journal is meant for, empty if that is not known yet."""
        file = self._file
        return "" if file is None else file.header.log

    def bind(self, log: str) -> None:
        """Note in the journal which log it is meant for, if it can be noted there."""
        with self._lock:
            if self._file is not None and self._file.header.log != log:
                self._attempt(partial(self._file.bind, log))

    @property
    def answered_bytes(self) -> int:
        """What the journal's answered records take in its file, in bytes."""
        file = self._file
        return 0 if file is None else max(0, file.size - file.first - self.in_file.bytes)

    def go_with(self, ring: Ring) -> None:
        """Take the ring that keeps records until they are in the file, as far as they name slots.

        A handler of a signal may have logged while it was made: then there is a file, whose name it takes.
        """
        with self._lock:
            self._ring = ring
            if self._file is not None:
                self._attempt(partial(self._go_with, self._file))

    def append(self, record: Record) -> bool:
        """Add a record behind the others, in the file if that is possible; False if there is no room at all."""
        with self._lock:
            self._save_unsaved()
            self._markers.number(record)
            if self._unsaved or not self._save(record):
                if self._unsaved_bytes + record.memory_bytes > UNSAVED_BYTES_MAX:
                    return False
                self._unsaved.append(record)
                self._unsaved_bytes += record.memory_bytes
            self.waiting.add(record)
            self._markers.added()
        return True

    def mark(self, on_reached: OnReached) -> None:
        """Have something called when all that waits now is answered."""
        with self._lock:
            self._markers.mark(on_reached)

    def first(self) -> Record | None:
        """Return the record to send now, None if none waits."""
        with self._lock:
            if not self._window:
                self._read_back()
            if self._window:
                return self._window[0]
            if self._unsaved:
                return self._unsaved[0]
            self._lose(self.waiting)
            return None

    def next(self, may_go: Callable[[Record], bool]) -> Record | None:
        """Return the first record that may go now, as far as the window reaches; it is read on for that."""
        with self._lock:
            seen = 0
            while True:
                for record in islice(self._window, seen, None):
                    if may_go(record):
                        return record
                seen = len(self._window)
                if self._window_bytes >= WINDOW_BYTES_MAX or not self._read_on():
                    break
            if self._is_read():
                return next(filter(may_go, self._unsaved), None)
            return None

    def select(self, is_meant: Callable[[Record], bool]) -> list[Record]:
        """Return the records in memory that are meant, in their order."""
        with self._lock:
            return [record for record in chain(self._window, self._unsaved) if is_meant(record)]

    def tried(self, record: Record, now: float) -> None:
        """Note that the server may see the record from now on; `now` in seconds since the epoch."""
        with self._lock:
            if not record.tried_at:
                record.tried_at = min(max(1, int(now)), _TIME_MAX)
                if self._file is not None:
                    self._attempt(self._file.mark_tried, record)
            if self._ring is not None and record.place is None and record.slots:
                self._ring.note_sent(record)

    def answer(self, record: Record) -> None:
        """Take a record away: it was answered, or refused."""
        with self._lock:
            if self._file is not None and record.place is not None:
                self._attempt(self._file.mark_answered, record)
                self.in_file.add(record, -1)
            self._take_away(record)

    def leave(self, record: Record) -> None:
        """Take a record away, but out of the file: there it waits for whoever takes the journal over."""
        with self._lock:
            if self._file is not None and record.place is not None:
                self.left.add(record)
            self._take_away(record)

    def _take_away(self, record: Record) -> None:
        if record in self._window:
            self._window.remove(record)
            self._window_bytes -= record.memory_bytes
        elif record in self._unsaved:
            self._unsaved.remove(record)
            self._unsaved_bytes -= record.memory_bytes
            if self._ring is not None:
                self._ring.arrive(record)
        self.waiting.add(record, -1)
        if not self.waiting.records:
            self._clear()
        self._markers.answered(record)

    def close(self) -> Tally:
        """Let the journal go: removed if nothing waits in it. Return what is lost: what is in memory only.

        What is in the ring is not: it stays there.
        """
        with self._lock:
            self._retry_at = 0.0
            self._save_unsaved()
            lost = Tally()
            for record in self._unsaved:
                if not record.is_kept:
                    lost.add(record)
            self.waiting.add_all(lost, -1)
            file, self._file = self._file, None
            if file is not None:
                self._release(file)
            return lost

    @property
    def lock(self) -> "threading.RLock":
        """The lock that keeps everybody else out; for compaction."""
        return self._lock

    @property
    def file(self) -> JournalFile | None:
        """The journal's file, None while there is none."""
        return self._file

    def go_on_with(self, file: JournalFile, tally: Tally) -> None:
        """Take another file that holds, in other records, all that waits in this one; the caller has the lock."""
        self._file = file
        self._window.clear()
        self._window_bytes = 0
        self._read_place = file.first
        self.waiting.add_all(self.in_file, -1)
        self.waiting.add_all(tally)
        self.in_file = tally
        # Where a marker stood among records that became one is not known: it waits for all of them.
        self._markers.wait_for_all(self.waiting.records)

    def _release(self, file: JournalFile) -> None:
        try:
            if self.in_file.records:
                # Whoever takes it over sends them, and finds what is damaged again.
                file.close()
            elif self.damaged_bytes:
                aside = file.set_aside()
                _log.warning("%d bytes of a journal were damaged; it is kept as %s", self.damaged_bytes, aside)
            else:
                file.remove()
        except OSError as error:
            _log.warning("the journal %s cannot be put in order: %s", file.path, error)

    def _save(self, record: Record) -> bool:
        if self._folder is None or monotonic() < self._retry_at:
            return False
        try:
            if self._file is None:
                self._file = self._create(self._folder)
                self._read_place = self._file.first
            self._folder.check_room(self._file, record.memory_bytes)
            place = self._file.size
            self._write(self._file, record)
        except OSError as error:
            self._note_trouble(error)
            return False
        if self._trouble:
            _log.warning("the journal can be written again")
            self._trouble = ""
        self.in_file.add(record)
        self._markers.saved(record)
        if self._read_place == place and self._window_bytes < WINDOW_BYTES_MAX:
            self._window.append(record)
            self._window_bytes += record.memory_bytes
            self._read_place = self._file.size
        return True

    def _create(self, folder: JournalFolder) -> JournalFile:
        stem = "" if self._ring is None else folder.ring_folders.stem_of(self._ring)
        if not folder.has(stem):
            return folder.create(stem=stem)
        # One that could not be read was given up: the ring goes with another one from now on.
        file = folder.create()
        self._go_with(file)
        return file

    def _go_with(self, file: JournalFile) -> None:
        if self._ring is not None and self._folder is not None:
            self._folder.ring_folders.rename(self._ring, file.path.stem)

    def _write(self, file: JournalFile, record: Record) -> None:
        if self._ring is None or not record.slots:
            file.append(record)
            return
        with self._ring.flight(record, file.size):
            file.append(record)

    def _save_unsaved(self) -> None:
        while self._unsaved and self._save(self._unsaved[0]):
            record = self._unsaved.popleft()
            self._unsaved_bytes -= record.memory_bytes

    def _read_back(self) -> None:
        while not self._window and self._read_on():
            pass

    def _is_read(self) -> bool:
        return self._file is None or self._read_place >= self._file.size

    def _read_on(self) -> bool:
        """Read a further part of the file into the window; return False if there is none."""
        file = self._file
        if file is None or self._read_place >= file.size:
            return False
        try:
            block = file.read(self._read_place)
        except OSError as error:
            # Left as it is, for another process or another try; this one goes on with what is in memory.
            self._note_trouble(error)
            self._give_up_file(file)
            return False
        self.damaged_bytes += block.damaged_bytes
        self._window.extend(block.records)
        self._window_bytes += sum(record.memory_bytes for record in block.records)
        self._read_place = block.end
        return True

    def _give_up_file(self, file: JournalFile) -> None:
        file.close()
        self._file = None
        # What was damaged was so in that file: the next one holds nothing of it.
        self.damaged_bytes = 0
        lost = replace(self.in_file)
        lost.add_all(self.left, -1)
        for record in (record for record in self._window if record.place is not None):
            lost.add(record, -1)
            # Their place was in that file: in the next one somebody else's frame may stand there. Their slots of the
            # ring are free since they had it.
            self._markers.leave_file(record)
            record.slots, record.upto = (), 0
        self._lose(lost)
        self.in_file, self.left = Tally(), Tally()

    def _lose(self, tally: Tally) -> None:
        """Count as lost what was to be found and is not: it was damaged, or cannot be read now."""
        if tally.records:
            lost = replace(tally)
            _log.error("%d calls and %d metric points could not be read back from the journal", lost.calls, lost.points)
            self.lost.add_all(lost)
            self.waiting.add_all(lost, -1)
            self.in_file = replace(self.left)
        self._markers.keep_only(chain(self._window, self._unsaved))

    def _clear(self) -> None:
        file = self._file
        if file is None or self.damaged_bytes or self.left.records or file.size == file.first:
            return
        self._attempt(file.clear)
        self._read_place = file.size
        if not file.is_in_place:
            # Somebody removed it. What comes next must not go where nobody finds it.
            file.close()
            self._file = None

    def _attempt(self, act: Callable[..., object], *arguments: Record) -> None:
        try:
            act(*arguments)
        except OSError as error:
            # A record that stays marked as waiting is sent once more with the same key: harmless.
            self._note_trouble(error)

    def _note_trouble(self, error: OSError) -> None:
        self._retry_at = monotonic() + JOURNAL_RETRY_S
        first, self._trouble = not self._trouble, str(error)
        if first:
            _log.warning("the journal cannot be written (%s): what is logged is kept in memory only", error)
