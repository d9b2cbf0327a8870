"""Fewer points of a series, for a plot that shows the same spikes.

The points between the first and the last are cut into buckets of equal numbers, and of each bucket its smallest and
its largest stay: what a screen shows of a column of points is little more than these two. Of a bucket with values that
are not finite the smallest and the largest of the finite ones stay too, and the first NaN, so that neither an infinity
nor a gap hides a spike, or the other way round.

Must not know: where series come from, or who plots them.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import isfinite, isnan
from typing import Final

from modelbox_projections.metrics.series import SeriesRow

POINTS_MIN: Final = 8
"""Fewer than these hold no bucket: first, last, and five of what is between."""

_KEPT_OF_FINITE: Final = 2
_KEPT_OF_ANY: Final = 5


def downsampled(series: SeriesRow, points_max: int) -> SeriesRow:
    """Return at most `points_max` points of an ordered series, in its order; `POINTS_MIN` at least may be returned.

    First and last point, and the smallest and largest value of the whole and of each bucket, are among them. Strings
    and bytes have no such values: of those the points that stay are spread evenly.
    """
    points_max = max(points_max, POINTS_MIN)
    count = len(series.steps)
    if count <= points_max:
        return series
    if series.kind != "double":
        return series.chosen([number * (count - 1) // (points_max - 1) for number in range(points_max)])
    kept = _kept(series.values[1:-1], points_max - 2)
    return series.chosen([0, *(number + 1 for number in kept), count - 1])


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
        # A sum is finite only if every value is: one pass in C. If a sum of finite values overflows, the other case
        # gives the same.
        kept = _ends_of_finite(bucket) if isfinite(sum(bucket)) else _ends_of_any(bucket)
        yield from sorted(first + number for number in kept)


def _ends_of_finite(bucket: Sequence[float]) -> set[int]:
    return {bucket.index(min(bucket)), bucket.index(max(bucket))}


def _ends_of_any(bucket: Sequence[float]) -> set[int]:
    missing = [number for number, value in enumerate(bucket) if isnan(value)]
    there = [number for number, value in enumerate(bucket) if not isnan(value)]
    finite = [number for number in there if isfinite(bucket[number])]
    ends = {end(numbers, key=bucket.__getitem__) for numbers in (there, finite) if numbers for end in (min, max)}
    return {*missing[:1], *ends}
