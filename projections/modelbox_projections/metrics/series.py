"""A metric series in memory, and its order.

Must not know: SQL, the log.
"""

from collections.abc import Sequence
from itertools import islice
from operator import le, lt
from typing import Any, Final, NamedTuple

import msgspec

VALUE_COLUMNS: Final = {"double": "doubles", "string": "strings", "bytes": "blobs"}
"""The column of sealed values, by their kind."""

STEP_MAX: Final = 2**63 - 1
"""The last step there can be."""


class Steps(NamedTuple):
    """Steps from the first to the last; all there can be, unless given."""

    first: int = 0
    last: int = STEP_MAX


ALL_STEPS = Steps()


class SeriesRow(msgspec.Struct):
    """One series: three columns with one entry a point, by step, then wallclock, then as logged.

    `kind` is "double", "string" or "bytes" and tells what `values` holds; wallclock is seconds since the epoch.
    """

    key: str
    kind: str
    steps: list[int]
    wallclock_s: list[float]
    values: list[Any]
    is_ascending: bool = True

    def add(self, steps: list[int], wallclock_s: list[float], values: list[Any], *, is_ascending: bool = False) -> None:
        """Add points at the end, and note whether the steps still go up one by one: then nothing is left to order.

        Where `is_ascending` says so of the points that are added, that is not looked at again.
        """
        if self.is_ascending:
            follows = not self.steps or not steps or self.steps[-1] < steps[0]
            self.is_ascending = follows and (is_ascending or all(map(lt, steps, islice(steps, 1, None))))
        self.steps.extend(steps)
        self.wallclock_s.extend(wallclock_s)
        self.values.extend(values)

    def add_within(
        self,
        wanted: Steps,
        steps: list[int],
        wallclock_s: list[float],
        values: list[Any],
        *,
        is_ascending: bool = False,
    ) -> None:
        """Add those of the points whose steps are wanted."""
        if wanted == ALL_STEPS:
            self.add(steps, wallclock_s, values, is_ascending=is_ascending)
            return
        kept = [number for number, step in enumerate(steps) if wanted.first <= step <= wanted.last]
        if len(kept) < len(steps):
            steps, wallclock_s = [steps[number] for number in kept], [wallclock_s[number] for number in kept]
            values = [values[number] for number in kept]
        self.add(steps, wallclock_s, values, is_ascending=is_ascending)

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
    if series.is_ascending:  # one point a step: wallclock decides nothing
        return series
    places = list(zip(steps, wallclock_s, strict=True))
    if all(map(le, places, islice(places, 1, None))):
        return series
    return series.chosen(sorted(range(len(places)), key=places.__getitem__))
