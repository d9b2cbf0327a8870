"""Who waits until all is answered that was added before a moment: each is told then, whatever passed meanwhile.

Between two moments it is counted how many records still wait; all before a moment is answered once nothing waits up to
it. Which moment a record comes before, its number tells; of one that was read back from the file, which has none, its
place there, for records stand in the file in the order of their numbers.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from modelbox.journal.record import Record

OnReached = Callable[[], None]
"""Called when all that waited at one moment is answered; must be quick and never fail."""


@dataclass(slots=True)
class _Marker:
    """A moment: the number of the last record before it, and how many of those since the moment before still wait.

    `end` is where in the file the first record after it stands, infinite as long as none does.
    """

    number: int
    waiting: int
    on_reached: OnReached
    end: float = math.inf


class Markers:
    """The moments that somebody waits for, in their order. Not safe to use from several threads at once."""

    def __init__(self) -> None:
        """Begin with no records."""
        self._markers: list[_Marker] = []
        self._numbered = 0
        self._behind = 0

    def number(self, record: Record) -> None:
        """Give a record its number, before it is saved or added; one that then finds no room gets another one."""
        self._numbered += 1
        record.number = self._numbered

    def saved(self, record: Record) -> None:
        """Take in that a record has its place in the file, behind all that have theirs."""
        if self._markers and record.place is not None:
            first = bisect_left(self._markers, math.inf, key=lambda marker: marker.end)
            for marker in self._markers[first : self._passed_by(record.number)]:
                marker.end = record.place

    def added(self, count: int = 1) -> None:
        """Count in so many records, which wait from now on."""
        self._behind += count

    def mark(self, on_reached: OnReached) -> None:
        """Have something called when all that waits now is answered."""
        self._markers.append(_Marker(self._numbered, self._behind, on_reached))
        self._behind = 0
        self._reach()

    def answered(self, record: Record) -> None:
        """Count out a record that waits no more."""
        self._count(record, -1)
        self._reach()

    def wait_for_all(self, waiting: int) -> None:
        """Have all moments wait for all that waits now: so many records, which are others than before."""
        for marker in self._markers:
            marker.number, marker.waiting, marker.end = self._numbered, 0, math.inf
        self._behind = waiting
        if self._markers:
            self._markers[0].waiting, self._behind = waiting, 0

    def leave_file(self, record: Record) -> None:
        """Have a record tell by its number what its place told; its file is given up."""
        at = self._index(record)
        record.number = self._markers[at].number if at < len(self._markers) else self._numbered
        record.place = None

    def keep_only(self, records: Iterable[Record]) -> None:
        """Take in that none but these wait any more, and no file holds what did."""
        self._behind = 0
        for marker in self._markers:
            marker.waiting, marker.end = 0, math.inf
        for record in records:
            self._count(record, 1)
        self._reach()

    def _count(self, record: Record, times: int) -> None:
        at = self._index(record)
        if at < len(self._markers):
            self._markers[at].waiting += times
        else:
            self._behind += times

    def _index(self, record: Record) -> int:
        """Return which moment a record comes before, as far as there is one."""
        if record.place is None:
            return self._passed_by(record.number)
        return bisect_right(self._markers, float(record.place), key=lambda marker: marker.end)

    def _passed_by(self, number: int) -> int:
        """Return how many moments a record of this number comes after."""
        return bisect_left(self._markers, number, key=lambda marker: marker.number)

    def _reach(self) -> None:
        while self._markers and not self._markers[0].waiting:
            self._markers.pop(0).on_reached()
