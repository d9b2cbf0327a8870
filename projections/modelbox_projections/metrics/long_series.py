"""A plot of a series that is too long to be read at once, or a part of it.

Its pieces are read by their first step, some at a time, and each point goes on as soon as no later piece can have one
before it. So memory has what is shown, and the pieces whose steps overlap: many processes that log the same steps one
after the other, not all that they ever logged.

Must not know: SQL, the log.
"""

from bisect import bisect_left
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from itertools import accumulate, count
from typing import Any, Final

from modelbox_projections.metrics.downsampling import KEPT_OF_EACH, POINTS_MIN, Thinning
from modelbox_projections.metrics.outline import Outline, PieceId
from modelbox_projections.metrics.series import STEP_MAX, SeriesRow

PIECES_AT_ONCE: Final = 16
"""Pieces that are read before others of this process have a turn."""

Read = Callable[[Sequence[PieceId]], Awaitable[Mapping[PieceId, SeriesRow]]]
"""Reads pieces: those of their points that are asked for."""

_Logged = tuple[int, float, int, Any]
"""A point: step, wallclock, which of the series it is as logged, value."""


async def thinned(outline: Outline, max_points: int, read: Read) -> SeriesRow:
    """Return at most so many points of a series, as `downsampled` does of the whole."""
    points = await _count(outline, read)
    if points <= max(max_points, POINTS_MIN):
        whole = SeriesRow(*outline.key, [], [], [])
        async with aclosing(_in_order(outline, read)) as parts:
            async for part in parts:
                whole.add(part.steps, part.wallclock_s, part.values)
        return whole
    for kept_of_each in KEPT_OF_EACH:
        thinning = Thinning(*outline.key, count=points, points_max=max_points, kept_of_each=kept_of_each)
        async with aclosing(_in_order(outline, read)) as parts:
            async for part in parts:
                thinning.add(part)
        shown = thinning.shown()
        if shown is not None:
            return shown
    raise AssertionError("with the most of each bucket there are never too many")


async def _count(outline: Outline, read: Read) -> int:
    """Return how many points are asked for."""
    points, cut = outline.points_within(), outline.cut()
    for first in range(0, len(cut), PIECES_AT_ONCE):
        found = await read(cut[first : first + PIECES_AT_ONCE])
        points += sum(len(series.steps) for series in found.values())
    return points


async def _in_order(outline: Outline, read: Read) -> AsyncGenerator[SeriesRow, None]:
    """Yield the points that are asked for, by step, then wallclock, then as logged."""
    heads, tail = outline.heads, outline.tail
    logged_before = dict(
        zip((head.id for head in heads), accumulate((head.points for head in heads), initial=0), strict=False)
    )
    waiting = sorted(heads, key=lambda head: head.first_step)
    tail_first = min(tail.steps, default=None)
    held: list[_Logged] = []
    lowest = STEP_MAX
    for first in range(0, max(len(waiting), 1), PIECES_AT_ONCE):
        for piece, series in (await read([head.id for head in waiting[first : first + PIECES_AT_ONCE]])).items():
            held += _logged(series, logged_before[piece])
            lowest = min(lowest, min(series.steps, default=lowest))
        later = waiting[first + PIECES_AT_ONCE].first_step if first + PIECES_AT_ONCE < len(waiting) else None
        if tail_first is not None and (later is None or tail_first < later):
            held += _logged(tail, sum(head.points for head in heads))
            lowest, tail_first = min(lowest, tail_first), None
        # Where none can go yet, as of points that are all of one step, to sort those that are held would be in vain.
        if later is not None and lowest >= later:
            continue
        held.sort()
        end = len(held) if later is None else bisect_left(held, (later,))
        if end:
            steps, wallclock_s, _, values = map(list, zip(*held[:end], strict=True))
            del held[:end]
            lowest = held[0][0] if held else STEP_MAX
            yield SeriesRow(*outline.key, steps, wallclock_s, values)


def _logged(series: SeriesRow, before: int) -> list[_Logged]:
    return list(zip(series.steps, series.wallclock_s, count(before), series.values, strict=False))
