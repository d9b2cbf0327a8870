"""Fewer points of a series, for a plot that shows the same spikes.

The points between the first and the last are cut into buckets of equal numbers, and of each bucket its smallest and
its largest stay: what a screen shows of a column of points is little more than these two. Of a bucket with values that
are not finite the smallest and the largest of the finite ones stay too, and the first NaN, so that neither an infinity
nor a gap hides a spike, or the other way round.

Must not know: SQL, the log.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile
from math import isfinite, isnan
from typing import Final, NamedTuple

from modelbox_projections.metrics.series import SeriesRow

POINTS_MIN: Final = 8
"""Fewer than these hold no bucket: first, last, and five of what is between."""

KIND: Final = "double"
"""The kind of values that have a smallest and a largest."""

_KEPT_OF_FINITE: Final = 2
_KEPT_OF_ANY: Final = 5

KEPT_OF_EACH: Final = range(_KEPT_OF_FINITE, _KEPT_OF_ANY + 1)
"""How many points stay of each bucket: the first of these with which they are not too many."""


class Point(NamedTuple):
    """A point of doubles."""

    step: int
    wallclock_s: float
    value: float


class Stretch(NamedTuple):
    """Points that follow each other in a series, all finite: the first of the smallest and of the largest are known."""

    points: int
    low: Point
    high: Point


def downsampled(series: SeriesRow, points_max: int) -> SeriesRow:
    """Return at most `points_max` points of an ordered series, in its order; `POINTS_MIN` at least may be returned.

    First and last point, and the smallest and largest value of the whole and of each bucket, are among them. Strings
    and bytes have no such values: of those the points that stay are spread evenly.
    """
    points_max = max(points_max, POINTS_MIN)
    count = len(series.steps)
    if count <= points_max:
        return series
    if series.kind != KIND:
        return series.chosen([number * (count - 1) // (points_max - 1) for number in range(points_max)])
    kept = _kept(series.values[1:-1], points_max - 2)
    return series.chosen([0, *(number + 1 for number in kept), count - 1])


def cut_stretches(counts: Sequence[int], points_max: int) -> list[int]:
    """Return which parts of a series, of so many points each, must be read: those that are not within one bucket."""
    edges = _edges(sum(counts), points_max)
    cut, first = [], 0
    for number, count in enumerate(counts):
        bucket = bisect_right(edges, first) - 1
        if not 0 <= bucket < len(edges) - 1 or edges[bucket + 1] < first + count:
            cut.append(number)
        first += count
    return cut


def downsampled_parts(key: str, parts: Sequence[SeriesRow | Stretch], points_max: int) -> SeriesRow:
    """Return what `downsampled` would of the whole series of finite doubles.

    Args:
        key: The series' key.
        parts: The series, one point a step, ascending; of those that `cut_stretches` names all points, at least one.
        points_max: At most so many; fewer than the series has.
    """
    points_max = max(points_max, POINTS_MIN)
    counts = [len(part.steps) if isinstance(part, SeriesRow) else part.points for part in parts]
    edges = _edges(sum(counts), points_max)
    buckets: list[list[Point]] = [[] for _ in edges]
    first = 0
    for part, count in zip(parts, counts, strict=True):
        if isinstance(part, SeriesRow):
            for number, start, end in _cut(edges, first, first + count):
                values = part.values[start - first : end - first]
                for value in (min(values), max(values)):
                    buckets[number].append(_point(part, start - first + values.index(value)))
        else:
            buckets[bisect_right(edges, first) - 1] += (part.low, part.high)
        first += count
    kept = [point for bucket in buckets if bucket for point in sorted({_lowest(bucket), _highest(bucket)})]
    read = [part for part in parts if isinstance(part, SeriesRow)]  # the first part and the last are among them
    shown = [_point(read[0], 0), *kept, _point(read[-1], -1)]
    return SeriesRow(
        key, KIND, [point.step for point in shown], [point.wallclock_s for point in shown], [p.value for p in shown]
    )


class Thinning:
    """Thins out a series that comes in parts, in order, as `downsampled` does of the whole."""

    def __init__(self, key: str, kind: str, *, count: int, points_max: int, kept_of_each: int) -> None:
        """Take no part yet.

        Args:
            key: The series' key.
            kind: The kind of its values.
            count: How many points the parts have together.
            points_max: At most so many are to stay; fewer than there are.
            kept_of_each: Of doubles so many stay of each bucket on average: `KEPT_OF_EACH` in turn.
        """
        self._points_max = max(points_max, POINTS_MIN)
        self._kept_of_each = kept_of_each
        self._shown = SeriesRow(key, kind, [], [], [])
        self._count = count
        self._seen = 0
        # Of doubles what may stay of each bucket, the first and the last point as buckets of their own.
        self._edges = [0, *_edges(count, points_max, kept_of_each), count]
        self._kept: list[list[Point]] = [[] for _ in self._edges]

    def add(self, part: SeriesRow) -> None:
        """Take the next part."""
        first, end = self._seen, self._seen + len(part.steps)
        self._seen = end
        if part.kind != KIND:
            wanted = range(-(-first * (self._points_max - 1) // (self._count - 1)), self._points_max)
            numbers = (number * (self._count - 1) // (self._points_max - 1) for number in wanted)
            shown = part.chosen([number - first for number in takewhile(end.__gt__, numbers)])
            self._shown.add(shown.steps, shown.wallclock_s, shown.values)
            return
        for bucket, start, stop in _cut(self._edges, first, end):
            ends = sorted(_ends(part.values[start - first : stop - first]))
            self._kept[bucket] += [_point(part, start - first + number) for number in ends]
            if len(self._kept[bucket]) > _KEPT_OF_ANY:
                self._kept[bucket] = _staying(self._kept[bucket])

    def shown(self) -> SeriesRow | None:
        """Return what stays of the parts, which were all; None if that is too much for so many a bucket."""
        points = [point for bucket in self._kept if bucket for point in _staying(bucket)]
        if len(points) > self._points_max and self._kept_of_each < _KEPT_OF_ANY:
            return None
        steps, wallclock_s = [point.step for point in points], [point.wallclock_s for point in points]
        self._shown.add(steps, wallclock_s, [point.value for point in points])
        return self._shown


def _staying(points: list[Point]) -> list[Point]:
    return [points[number] for number in sorted(_ends([point.value for point in points]))]


def _edges(count: int, points_max: int, kept_of_each: int = _KEPT_OF_FINITE) -> list[int]:
    """Return where buckets begin and end, between the first and the last of so many points; those of finite doubles."""
    points_max = max(points_max, POINTS_MIN)
    buckets = (points_max - 2) // kept_of_each
    return [1 + (count - 2) * number // buckets for number in range(buckets + 1)]


def _cut(edges: Sequence[int], first: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield the buckets that points `first` to before `end` meet, each with those of the points that are in it."""
    first, end = max(first, edges[0]), min(end, edges[-1])
    bucket = bisect_right(edges, first) - 1
    while first < end:
        until = min(end, edges[bucket + 1])
        yield bucket, first, until
        first, bucket = until, bucket + 1


def _point(series: SeriesRow, number: int) -> Point:
    return Point(series.steps[number], series.wallclock_s[number], series.values[number])


def _lowest(points: Sequence[Point]) -> Point:
    return min(points, key=lambda point: (point.value, point.step))


def _highest(points: Sequence[Point]) -> Point:
    return max(points, key=lambda point: (point.value, -point.step))


def _kept(values: Sequence[float], kept_max: int) -> list[int]:
    """Return the numbers of the points that stay; nearly always every bucket keeps two."""
    for kept_of_each in range(_KEPT_OF_FINITE, _KEPT_OF_ANY):
        kept = list(_extremes(values, kept_max // kept_of_each))
        if len(kept) <= kept_max:
            return kept
    return list(_extremes(values, kept_max // _KEPT_OF_ANY))


def _extremes(values: Sequence[float], buckets: int) -> Iterator[int]:
    """Yield the numbers of the points that stay, ascending, at least one of each bucket."""
    edges = [len(values) * number // buckets for number in range(buckets + 1)]
    for first, last in pairwise(edges):
        bucket = values[first:last]
        yield from sorted(first + number for number in _ends(bucket))


def _ends(bucket: Sequence[float]) -> set[int]:
    # A sum is finite only if every value is: one pass in C. If a sum of finite values overflows, the other case gives
    # the same.
    return _ends_of_finite(bucket) if isfinite(sum(bucket)) else _ends_of_any(bucket)


def _ends_of_finite(bucket: Sequence[float]) -> set[int]:
    return {bucket.index(min(bucket)), bucket.index(max(bucket))}


def _ends_of_any(bucket: Sequence[float]) -> set[int]:
    missing = [number for number, value in enumerate(bucket) if isnan(value)]
    there = [number for number, value in enumerate(bucket) if not isnan(value)]
    finite = [number for number in there if isfinite(bucket[number])]
    ends = {end(numbers, key=bucket.__getitem__) for numbers in (there, finite) if numbers for end in (min, max)}
    return {*missing[:1], *ends}
