"""The thread that takes what is logged out of the buffer and hands it over to the backlog, which journals it.

It never waits for the server, so that at most `LINGER_S` of what is logged is in the process's memory alone.
"""

import logging
import threading
from functools import partial
from typing import Final

from modelbox.delivery.buffer import Buffer, Entry, Marker, Point
from modelbox.delivery.columns import records_of
from modelbox.delivery.outcomes import Outcomes
from modelbox.delivery.rhythm import Rhythm
from modelbox.delivery.wakeup import Wakeup
from modelbox.errors import ModelBoxError
from modelbox.journal.backlog import Backlog
from modelbox.journal.markers import OnReached
from modelbox.journal.record import NO_SLOT, Record
from modelbox.limits import BATCH_POINTS_MAX, DRAIN_POINTS_MAX, LINGER_S

_log = logging.getLogger("modelbox")

_ROOM_S: Final = 0.2


class Recorder:
    """Turns entries of the buffer into records of the backlog, in their order."""

    def __init__(self, buffer: Buffer, backlog: Backlog, outcomes: Outcomes, rhythm: Rhythm) -> None:
        """Record nothing yet; `run` is for a thread of its own, until `stop` is set."""
        self.idle = True
        self.points_in_hand = self.calls_in_hand = 0
        self.is_hurried = False
        self._handed_over: Final[set[int]] = set()
        self.stop: Final = threading.Event()
        self._buffer: Final = buffer
        self._backlog: Final = backlog
        self._outcomes: Final = outcomes
        self._rhythm: Final = rhythm
        self._work: Final = Wakeup()
        self._hurry: Final = Wakeup()
        self._direct: Final = threading.RLock()
        self._is_direct = False

    def wake(self, *, hurry: bool = False) -> None:
        """Say that there is something in the buffer; in a hurry it is taken at once."""
        self.idle = False
        if hurry:
            self.is_hurried = True
            self._hurry.set()
        self._work.set()

    def end(self) -> None:
        """Stop; what is still in the buffer is for `drain`."""
        self.stop.set()
        self.wake(hurry=True)

    def run(self) -> None:
        """Record until stopped."""
        while not self.stop.is_set():
            self._wait_for_entries()
            self._record(self._take())

    def hand_over_now(self, record: Record) -> bool:
        """Hand a call over in the caller's thread; False if something is before it, or there is no room for it now.

        A signal's handler that comes by here while its own thread writes is told that something is before it.
        """
        with self._direct:
            if self._is_direct or self.calls_in_hand or len(self._buffer):
                return False
            self._is_direct = True
            try:
                return self._wait_with(record)
            finally:
                self._is_direct = False

    def drain(self) -> None:
        """Record all that is in the buffer, in the caller's thread; only after `run` has ended."""
        while entries := self._take():
            self._record(entries)

    def mark(self, on_reached: OnReached) -> None:
        """Have something called when all that was handed over by now is answered; it is sent at once."""
        self._backlog.mark(on_reached)
        self._rhythm.hurry()

    def _wait_for_entries(self) -> None:
        if not len(self._buffer):
            self._work.clear()
            self.idle = True
            # A point added before `idle` was set has woken nobody, so look once more before sleeping.
            if not len(self._buffer) and not self.stop.is_set():
                self._work.wait()
            self.idle = False
        if len(self._buffer) < BATCH_POINTS_MAX:
            self._hurry.wait(LINGER_S)
        self._hurry.clear()
        self.is_hurried = False

    def _take(self) -> list[Entry]:
        # In one step for who hands over directly: what is neither in the buffer nor in hand would be passed by it.
        with self._direct:
            entries = self._buffer.take(DRAIN_POINTS_MAX)
            self.points_in_hand = sum(type(entry) is Point for entry in entries)
            self.calls_in_hand = sum(type(entry) is Record for entry in entries)
        return entries

    def _record(self, entries: list[Entry]) -> None:
        self._handed_over.clear()
        try:
            self._hand_over(entries)
        except Exception as defect:  # noqa: BLE001  # a defect of any kind, see below
            # The thread's outermost loop: without it one defect would silence all that is logged later.
            _log.exception("%d metric points were lost by a defect of the client", self.points_in_hand)
            error = ModelBoxError(f"a defect of the client: {defect!r}")
            self._outcomes.note(error, points=self.points_in_hand, calls=self.calls_in_hand)
            self._give_up(entries)
            for entry in entries:
                if isinstance(entry, Marker):
                    self._mark(entry)

    def _hand_over(self, entries: list[Entry]) -> None:
        points: list[Point] = []
        for entry in entries:
            if isinstance(entry, Point):
                points.append(entry)
                continue
            self._append_points(points)
            points = []
            if isinstance(entry, Record):
                self._append(entry)
            else:
                self._mark(entry)
        self._append_points(points)

    def _append_points(self, points: list[Point]) -> None:
        for record in records_of(points):
            self._append(record)

    def _wait_with(self, record: Record) -> bool:
        has_room = self._backlog.append(record)
        if has_room:
            # Only then: what is due is looked for at once.
            self._rhythm.add(record)
        return has_room

    def _append(self, record: Record) -> None:
        while not self._wait_with(record):
            # No room in the file nor in memory: further ones wait in the buffer, which is bounded and counts.
            if self.stop.wait(_ROOM_S):
                self._drop(record)
                return
        self._handed_over.update(record.slots)
        self._count_out(record)

    def _drop(self, record: Record) -> None:
        self._count_out(record)
        if record.is_kept:
            return  # in the ring, until somebody has room for it in a journal
        self._buffer.drop(points=record.points, calls=0 if record.points else 1)

    def _count_out(self, record: Record) -> None:
        self.points_in_hand -= record.points
        self.calls_in_hand -= 0 if record.points else 1

    def _give_up(self, entries: list[Entry]) -> None:
        """Count as dropped what a defect took, out of the ring too: there it would be a defect for others."""
        if self._buffer.ring is not None:
            taken = {slot for entry in entries for slot in _slots_of(entry)}
            self._buffer.ring.free_calls(tuple(taken - self._handed_over))
        self._buffer.drop(points=self.points_in_hand, calls=self.calls_in_hand)
        self.points_in_hand = self.calls_in_hand = 0

    def _mark(self, marker: Marker) -> None:
        self.mark(partial(self._reach, marker))

    def _reach(self, marker: Marker) -> None:
        if not marker.reached.is_set():
            marker.error = self._outcomes.take_refusal()
            marker.reached.set()


def _slots_of(entry: Entry) -> tuple[int, ...]:
    if isinstance(entry, Record):
        return entry.slots
    return (entry.slot,) if isinstance(entry, Point) and entry.slot != NO_SLOT else ()
