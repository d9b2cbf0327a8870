"""A series that is read a few pieces at a time is thinned out as if it were read whole."""

import asyncio
import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelbox_projections.metrics.downsampling import POINTS_MIN, Thinning, downsampled
from modelbox_projections.metrics.long_series import PIECES_AT_ONCE, thinned
from modelbox_projections.metrics.outline import Outline, PieceId
from modelbox_projections.metrics.points import Points, SeriesKey
from modelbox_projections.metrics.sealing import block_of
from modelbox_projections.metrics.series import ALL_STEPS, SeriesRow, Steps, ordered
from tests.property.metrics_model import head_of, same

ODD = [math.nan, math.inf, -math.inf, -0.0, 0.0, 1e308]


class Stored:
    """A series as it is stored: pieces, and points after them."""

    def __init__(self, key: SeriesKey, logged: SeriesRow, counts: Sequence[int], steps: Steps) -> None:
        self.largest = self.reads = 0
        self._pieces: dict[PieceId, SeriesRow] = {}
        heads = []
        first = 0
        for block, count in enumerate(counts):
            part = logged.chosen(range(first, first + count))
            [piece] = block_of({key: Points(part.steps, part.wallclock_s, part.values)}).pieces
            head = head_of(block, 0, piece)
            if head.last_step >= steps.first and head.first_step <= steps.last:
                heads.append(head)
                self._pieces[head.id] = within(steps, part)
            first += count
        self.outline = Outline(key, heads, within(steps, logged.chosen(range(first, len(logged.steps)))), steps)

    async def read(self, pieces: Sequence[PieceId]) -> Mapping[PieceId, SeriesRow]:
        self.largest = max(self.largest, len(pieces))
        self.reads += len(pieces)
        return {piece: self._pieces[piece] for piece in reversed(pieces)}


def within(steps: Steps, series: SeriesRow) -> SeriesRow:
    found = SeriesRow(series.key, series.kind, [], [], [])
    found.add_within(steps, series.steps, series.wallclock_s, series.values)
    return found


def drawn_series(key: SeriesKey, count: int, draw: random.Random) -> SeriesRow:
    """Return points of some processes that log the same steps, or of none that goes on where it was."""
    processes, far = draw.choice([1, 1, 2, 5, 10_000]), draw.choice([1, 3, 400])
    is_odd = draw.random() < 0.5
    steps = [max(0, number // processes - draw.randrange(far)) for number in range(count)]
    values: list[Any] = [draw.choice(ODD) if is_odd and draw.random() < 0.3 else draw.random() for _ in steps]
    if key[1] == "string":
        values = list(map(str, values))
    return SeriesRow(*key, steps, [float(draw.randrange(3)) for _ in steps], values)


@given(
    counts=st.lists(st.integers(1, 9), max_size=60),
    tail=st.integers(0, 12),
    kind=st.sampled_from(["double", "double", "string"]),
    asked=st.none() | st.tuples(st.integers(-1, 300), st.integers(-1, 300)),
    draw=st.randoms(use_true_random=False),
)
def test_a_series_that_is_read_in_parts_looks_like_one_that_is_read_whole(
    counts: list[int], tail: int, kind: str, asked: tuple[int, int] | None, draw: random.Random
) -> None:
    key, points_max = ("loss", kind), draw.randrange(1, 60)
    steps = ALL_STEPS if asked is None else Steps(min(asked), max(asked))
    logged = drawn_series(key, sum(counts) + tail, draw)
    stored = Stored(key, logged, counts, steps)

    found = asyncio.run(thinned(stored.outline, points_max, stored.read))

    whole = downsampled(ordered(within(steps, logged)), points_max)
    assert same([found]) == same([whole])
    assert stored.largest <= PIECES_AT_ONCE
    assert stored.outline.shown_at_least(points_max) <= max(len(whole.steps), POINTS_MIN)


def test_memory_has_only_the_pieces_that_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes log the same steps, a piece of one after a piece of the other."""
    count = 200
    steps = [number // 20 * 10 + number % 10 for number in range(10 * count)]
    logged = SeriesRow("loss", "double", steps, [float(step) for step in steps], [float(step) for step in steps])
    stored = Stored(("loss", "double"), logged, [10] * count, ALL_STEPS)
    most = 0
    added = 0
    add = Thinning.add

    def adding(thinning: Thinning, part: SeriesRow) -> None:
        nonlocal added, most
        most = max(most, 10 * stored.reads - added)
        added += len(part.steps)
        add(thinning, part)

    monkeypatch.setattr(Thinning, "add", adding)
    found = asyncio.run(thinned(stored.outline, 50, stored.read))

    assert (len(found.steps), added) == (50, 10 * count)
    assert most <= 10 * (PIECES_AT_ONCE + 2)
