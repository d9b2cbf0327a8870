"""When the points of an object are sealed, and what a sealed block of them looks like.

Both follow from the object's stream alone, never from pages, time or memory: every process makes the same of it.

Must not know: SQL, the log.
"""

from array import array
from collections.abc import Iterator, Mapping
from itertools import islice, pairwise
from math import isfinite
from operator import lt
from typing import Any, Final, NamedTuple

from modelbox_projections.limits import PIECE_POINTS, TAIL_POINTS_MAX, TAIL_TEXT_MAX, TAIL_VERSIONS_MAX
from modelbox_projections.metrics.points import DOUBLE, Points, SeriesKey


def is_full(*, points: int, series: int, text_size: int, versions: int) -> bool:
    """Tell whether an event that leaves so much unsealed ends a block.

    Usually that is when each series has `PIECE_POINTS` on average. The other bounds keep small what a reader takes from
    the log.

    Args:
        points: Points that are in the log alone.
        series: Of so many series.
        text_size: Characters and bytes of strings and bytes among them.
        versions: Events in the object's stream since the last block.
    """
    return (
        points >= min(PIECE_POINTS * series, TAIL_POINTS_MAX)
        or text_size >= TAIL_TEXT_MAX
        or versions >= TAIL_VERSIONS_MAX
    )


class Axis(NamedTuple):
    """Steps and wallclocks, numbered within a block."""

    number: int
    steps: list[int]
    wallclock_s: list[float]


class Extreme(NamedTuple):
    """A point of doubles that is the smallest or the largest of a piece; nothing where not all are finite."""

    value: float | None = None
    step: int | None = None
    wallclock_s: float | None = None


class Piece(NamedTuple):
    """A piece of a series in a block. `points_before` counts the points of the series in the block before it."""

    series: SeriesKey
    number: int
    axis: int
    points_before: int
    points: int
    first_step: int
    last_step: int
    is_ascending: bool
    low: Extreme
    high: Extreme
    values: list[Any]


class Block(NamedTuple):
    """What is sealed at once."""

    axes: list[Axis]
    pieces: list[Piece]


def block_of(series: Mapping[SeriesKey, Points]) -> Block:
    """Return these points, at least one a series, as a block; series with the same steps and wallclocks share them."""
    axes: dict[tuple[bytes, bytes], Axis] = {}
    pieces: list[Piece] = []
    for key in sorted(series):
        for number, (first, points) in enumerate(_pieces(series[key])):
            # As bytes, for 0.0 equals -0.0.
            place = array("q", points.steps).tobytes(), array("d", points.wallclock_s).tobytes()
            axis = axes.setdefault(place, Axis(len(axes), points.steps, points.wallclock_s))
            pieces.append(_piece(key, number, axis.number, first, points))
    return Block(list(axes.values()), pieces)


def _pieces(points: Points) -> Iterator[tuple[int, Points]]:
    """Yield the pieces of points, nearly alike in length, and the number of the first point of each."""
    count = len(points)
    number = max(1, count // PIECE_POINTS)
    if number == 1:
        yield 0, points
        return
    for first, end in pairwise(count * piece // number for piece in range(number + 1)):
        yield first, points.cut(first, end)


def _piece(series: SeriesKey, number: int, axis: int, points_before: int, points: Points) -> Piece:
    steps, values = points.steps, points.values
    is_ascending = all(map(lt, steps, islice(steps, 1, None)))
    low = high = _NONE
    # A sum is finite only if every value is; if finite ones overflow it, nothing is lost but speed.
    if series[1] == DOUBLE and isfinite(sum(values)):
        low, high = (_extreme(points, values.index(value)) for value in (min(values), max(values)))
    first_step, last_step = (steps[0], steps[-1]) if is_ascending else (min(steps), max(steps))
    return Piece(
        series, number, axis, points_before, len(steps), first_step, last_step, is_ascending, low, high, values
    )


def _extreme(points: Points, number: int) -> Extreme:
    return Extreme(points.values[number], points.steps[number], points.wallclock_s[number])


_NONE: Final = Extreme()
