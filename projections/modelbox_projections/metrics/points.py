"""Metric points as they were logged, and what points of doubles come to.

Must not know: SQL, the log.
"""

from collections.abc import Mapping
from math import isnan
from typing import Any, Final, Self

import msgspec

from modelbox_events.types.metrics import (
    BytesSeries,
    DoubleSeries,
    MetricsLogged,
    Series,
    StringSeries,
    doubles_from_json,
)

DOUBLE: Final = "double"


SeriesKey = tuple[str, str]
"""A series of an object: what it was logged under, and the kind of its values: "double", "string" or "bytes"."""


class Points:
    """Points of one series, in the order they were logged: three columns with one entry a point."""

    __slots__ = ("steps", "values", "wallclock_s")

    def __init__(self, steps: list[int], wallclock_s: list[float], values: list[Any]) -> None:
        self.steps = steps
        self.wallclock_s = wallclock_s
        self.values = values

    @classmethod
    def none(cls) -> Self:
        """Return no points, to be extended."""
        return cls([], [], [])

    def __len__(self) -> int:
        return len(self.steps)

    def extend(self, more: "Points") -> None:
        """Add points at the end."""
        self.steps += more.steps
        self.wallclock_s += more.wallclock_s
        self.values += more.values

    def log(self, series: Series) -> None:
        """Add points at the end that were logged together."""
        self.steps += series.steps
        self.wallclock_s += series.wallclock_s
        self.values += doubles_from_json(series.values) if isinstance(series, DoubleSeries) else series.values

    def cut(self, first: int, end: int) -> "Points":
        """Return the points from number `first` to before `end`."""
        return Points(self.steps[first:end], self.wallclock_s[first:end], self.values[first:end])


class Summary(msgspec.Struct, frozen=True):
    """What points of doubles come to: value, step and wallclock of the last, the smallest and the largest value.

    The last is that of the highest step, then wallclock, then as logged. NaN is neither smallest nor largest. Of values
    that are equal the first counts. All is None of no points, and of strings and bytes.
    """

    latest: float | None = None
    latest_step: int | None = None
    latest_wallclock_s: float | None = None
    min: float | None = None
    max: float | None = None

    def with_later(self, points: Points) -> "Summary":
        """Return what these points and later ones, doubles and at least one, come to together."""
        more = _summary_of(points)
        if self is NOTHING:
            return more
        is_later = (more.latest_step, more.latest_wallclock_s) >= (self.latest_step, self.latest_wallclock_s)
        last = more if is_later else self
        return Summary(
            last.latest,
            last.latest_step,
            last.latest_wallclock_s,
            more.min if self.min is None or (more.min is not None and more.min < self.min) else self.min,
            more.max if self.max is None or (more.max is not None and more.max > self.max) else self.max,
        )


NOTHING: Final = Summary()


def _summary_of(points: Points) -> Summary:
    values = points.values
    # A sum is a number only if every value is one; else those that are not are left out.
    numbers = [value for value in values if value == value] if isnan(sum(values)) else values  # noqa: PLR0124
    last = _last(points)
    smallest, largest = (min(numbers), max(numbers)) if numbers else (None, None)
    return Summary(values[last], points.steps[last], points.wallclock_s[last], smallest, largest)


def _last(points: Points) -> int:
    """Return the number of the last point by step, then wallclock, then as logged."""
    steps = points.steps
    top = max(steps)
    if steps[-1] == top and steps.count(top) == 1:
        return len(steps) - 1
    return max(zip(steps, points.wallclock_s, range(len(steps)), strict=True))[2]


def logged_series(data: MetricsLogged) -> list[Series]:
    """Return the series that have points."""
    return [series for series in data.series if series.steps]


def key_of(series: Series) -> SeriesKey:
    """Return which series it is."""
    return series.key, _KINDS[type(series)]


_KINDS: Final[Mapping[type[Series], str]] = {DoubleSeries: DOUBLE, StringSeries: "string", BytesSeries: "bytes"}
