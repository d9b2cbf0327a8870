"""A series of which only the outline was read: what each sealed piece holds, not its points.

Where that is enough, a plot of a long series is made of it, and few of its pieces are read.

Must not know: SQL, the log.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import isfinite
from typing import Final, NamedTuple

from modelbox_projections.metrics.downsampling import (
    KIND,
    POINTS_MIN,
    Stretch,
    cut_stretches,
    downsampled,
    downsampled_parts,
)
from modelbox_projections.metrics.points import SeriesKey
from modelbox_projections.metrics.series import SeriesRow, Steps, ordered


class PieceId(NamedTuple):
    """Which piece of which series: its block, and its number there."""

    series: SeriesKey
    block: int
    number: int


class Head(NamedTuple):
    """What a sealed piece holds: see metrics/tables.sql. `stretch` is None where not all points are finite doubles."""

    id: PieceId
    points: int
    first_step: int
    last_step: int
    is_ascending: bool
    stretch: Stretch | None


class Outline:
    """A series: the heads of its sealed pieces in order, the points after them, and which steps are asked for."""

    def __init__(self, key: SeriesKey, heads: Sequence[Head], tail: SeriesRow, steps: Steps) -> None:
        """Take the heads of pieces that may have such steps, and those later points that do."""
        self.key = key
        self._heads = heads
        self._tail = tail
        self._steps = steps

    @property
    def points(self) -> int:
        """How many points there are, or more."""
        return sum(head.points for head in self._heads) + len(self._tail.steps)

    def to_measure(self) -> list[PieceId]:
        """Return the pieces that must be read before it is known how many points there are: those that the range cuts.

        Of a series that is not one finite double a step, ascending, it is all pieces.
        """
        is_orderly = self._is_orderly()
        return [head.id for head in self._heads if not is_orderly or not self._is_within(head)]

    def to_read(self, measured: Mapping[PieceId, SeriesRow], max_points: int) -> list[PieceId]:
        """Return the pieces that must be read besides to show at most so many points."""
        parts = self._parts(measured)
        counts = [len(part.steps) if isinstance(part, SeriesRow) else part.points for _, part in parts]
        is_all_shown = sum(counts) <= max(max_points, POINTS_MIN)
        cut = range(len(parts)) if is_all_shown else cut_stretches(counts, max_points)
        return [found[0] for found in (parts[number] for number in cut) if isinstance(found[1], Stretch)]

    def shown(self, read: Mapping[PieceId, SeriesRow], max_points: int) -> SeriesRow:
        """Return at most so many points, as `downsampled` does of the whole series."""
        parts = [part for _, part in self._parts(read)]
        if any(isinstance(part, Stretch) for part in parts):
            return downsampled_parts(self.key[0], parts, max_points)
        whole = SeriesRow(self.key[0], self.key[1], [], [], [])
        for part in parts:
            if isinstance(part, SeriesRow):
                whole.add(part.steps, part.wallclock_s, part.values, is_ascending=part.is_ascending)
        return downsampled(ordered(whole), max_points)

    def _parts(self, read: Mapping[PieceId, SeriesRow]) -> list[tuple[PieceId, SeriesRow | Stretch]]:
        """Return what is known of the series, in order, without what is empty."""
        parts = [(head.id, read.get(head.id) or head.stretch) for head in self._heads]
        known = [(piece, part) for piece, part in parts if part is not None]
        tail = (PieceId(self.key, _AFTER_ALL, 0), self._tail)
        return [found for found in [*known, tail] if isinstance(found[1], Stretch) or found[1].steps]

    def _is_within(self, head: Head) -> bool:
        return self._steps.first <= head.first_step and head.last_step <= self._steps.last

    def _is_orderly(self) -> bool:
        if self.key[1] != KIND or not all(head.is_ascending and head.stretch for head in self._heads):
            return False
        spans = [(head.first_step, head.last_step) for head in self._heads]
        if self._tail.steps:
            if not self._tail.is_ascending or not isfinite(sum(self._tail.values)):
                return False
            spans.append((self._tail.steps[0], self._tail.steps[-1]))
        return all(before[1] < after[0] for before, after in pairwise(spans))


_AFTER_ALL: Final = 2**31
"""A block of no number: what is not sealed."""
