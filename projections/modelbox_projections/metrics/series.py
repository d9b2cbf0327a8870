"""A metric series in memory, and its order.

Must not know: where series come from, or who asks for them.
"""

from collections.abc import Sequence
from itertools import islice
from operator import le, lt
from typing import Any

import msgspec


class SeriesRow(msgspec.Struct, frozen=True):
    """One series: three columns with one entry a point, by step, then wallclock, then as logged.

    `kind` is "double", "string" or "bytes" and tells what `values` holds; wallclock is seconds since the epoch.
    """

    key: str
    kind: str
    steps: list[int]
    wallclock_s: list[float]
    values: list[Any]

    def chosen(self, numbers: Sequence[int]) -> "SeriesRow":
        """Return the series of the points with these numbers, in their order."""
        return SeriesRow(
            self.key,
            self.kind,
            [self.steps[number] for number in numbers],
            [self.wallclock_s[number] for number in numbers],
            [self.values[number] for number in numbers],
        )


def ordered(series: SeriesRow) -> SeriesRow:
    """Return the series by step and wallclock; points are nearly always logged in that order already."""
    steps, wallclock_s = series.steps, series.wallclock_s
    if all(map(lt, steps, islice(steps, 1, None))):  # one point a step: wallclock decides nothing
        return series
    places = list(zip(steps, wallclock_s, strict=True))
    if all(map(le, places, islice(places, 1, None))):
        return series
    return series.chosen(sorted(range(len(places)), key=places.__getitem__))
