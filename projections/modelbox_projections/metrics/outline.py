"""A series of which only the outline was read: what each sealed piece holds, not its points.

Where that is enough, a plot of a long series is made of it, and few of its pieces are read.

Must not know: SQL, the log.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from math import isfinite
from typing import Final, NamedTuple

from modelbox_projections.metrics.downsampling import (
    KEPT_OF_EACH,
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
        self.heads = heads
        self.tail = tail
        self._steps = steps

    @property
    def points(self) -> int:
        """How many points there are, or more."""
        return sum(head.points for head in self.heads) + len(self.tail.steps)

    def points_of(self, pieces: Collection[PieceId]) -> int:
        """Return how many points these pieces have."""
        wanted = set(pieces)
        return sum(head.points for head in self.heads if head.id in wanted)

    def shown_at_least(self, max_points: int) -> int:
        """Return how many points will be shown at least, as far as the outline tells."""
        least = self.points_within()
        if self.points <= max(max_points, POINTS_MIN):
            return least
        return min(least, max_points // KEPT_OF_EACH[-1])  # one of each bucket

    def to_measure(self) -> list[PieceId]:
        """Return the pieces that must be read before it is known how many points there are: those that the range cuts.

        Of a series that is not one finite double a step, ascending, it is all pieces.
        """
        return self.cut() if self.is_orderly() else [head.id for head in self.heads]

    def cut(self) -> list[PieceId]:
        """Return the pieces of which only some points may be asked for."""
        return [head.id for head in self.heads if not self._is_within(head)]

    def points_within(self) -> int:
        """Return how many points are asked for that are not in such pieces."""
        return sum(head.points for head in self.heads if self._is_within(head)) + len(self.tail.steps)

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
        parts = [(head.id, read.get(head.id) or head.stretch) for head in self.heads]
        known = [(piece, part) for piece, part in parts if part is not None]
        tail = (PieceId(self.key, _AFTER_ALL, 0), self.tail)
        return [found for found in [*known, tail] if isinstance(found[1], Stretch) or found[1].steps]

    def _is_within(self, head: Head) -> bool:
        return self._steps.first <= head.first_step and head.last_step <= self._steps.last

    def is_orderly(self) -> bool:
        """Whether it is one finite double a step, ascending."""
        if self.key[1] != KIND or not all(head.is_ascending and head.stretch for head in self.heads):
            return False
        spans = [(head.first_step, head.last_step) for head in self.heads]
        if self.tail.steps:
            if not self.tail.is_ascending or not isfinite(sum(self.tail.values)):
                return False
            spans.append((self.tail.steps[0], self.tail.steps[-1]))
        return all(before[1] < after[0] for before, after in pairwise(spans))


_AFTER_ALL: Final = 2**31
"""A block of no number: what is not sealed."""
