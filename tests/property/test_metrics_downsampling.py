"""A plot of fewer points shows what a plot of all of them shows."""

import math
import random

from hypothesis import given
from hypothesis import strategies as st

from modelbox_projections.metrics.downsampling import POINTS_MIN, downsampled
from modelbox_projections.metrics.outline import Outline, PieceId
from modelbox_projections.metrics.points import Points
from modelbox_projections.metrics.sealing import Piece, block_of
from modelbox_projections.metrics.series import SeriesRow, Steps
from tests.property.metrics_model import head_of, same

finite = st.floats(allow_nan=False, allow_infinity=False)
any_double = finite | st.sampled_from([math.nan, math.inf, -math.inf])
counts = st.integers(0, 60)
LOSS = ("loss", "double")


def series_of(values: list[float], kind: str = "double") -> SeriesRow:
    """Return a series with a point a step, each told from the others by its wallclock."""
    return SeriesRow("loss", kind, list(range(len(values))), [float(number) for number in range(len(values))], values)


def spikes(values: list[float]) -> set[str]:
    """Return the values that a plot must not lose: the ends of all numbers, those of the finite ones, and NaN."""
    numbers = [value for value in values if not math.isnan(value)]
    there = [value for value in numbers if math.isfinite(value)]
    ends = {repr(end(some) + 0.0) for some in (numbers, there) if some for end in (min, max)}
    return ends | {repr(value) for value in values if math.isnan(value)}


@given(values=st.lists(any_double, max_size=200), points_max=counts)
def test_no_spike_and_no_gap_is_lost_and_the_bound_is_held(values: list[float], points_max: int) -> None:
    series = series_of(values)
    found = downsampled(series, points_max)
    assert len(found.steps) <= max(points_max, POINTS_MIN)
    assert found.steps == sorted(set(found.steps)), "the order is kept, and no point comes twice"
    assert found.wallclock_s == [float(step) for step in found.steps]
    assert [repr(value) for value in found.values] == [repr(values[step]) for step in found.steps]
    assert spikes(found.values) == spikes(values)
    assert found.steps[:1] == series.steps[:1]
    assert found.steps[-1:] == series.steps[-1:]


@given(values=st.lists(finite, min_size=POINTS_MIN + 1, max_size=300), points_max=st.integers(POINTS_MIN, 60))
def test_every_bucket_keeps_its_extremes(values: list[float], points_max: int) -> None:
    found = downsampled(series_of(values), points_max)
    if len(values) <= points_max:
        assert found.values == values
        return
    buckets, between = (points_max - 2) // 2, len(values) - 2
    for number in range(buckets):
        steps = range(1 + between * number // buckets, 1 + between * (number + 1) // buckets)
        kept = [values[step] for step in found.steps if step in steps]
        assert (min(kept), max(kept)) == (min(values[step] for step in steps), max(values[step] for step in steps))


@given(count=st.integers(0, 200), points_max=counts)
def test_points_that_are_no_numbers_are_spread_evenly(count: int, points_max: int) -> None:
    found = downsampled(SeriesRow("k", "string", list(range(count)), [0.0] * count, ["s"] * count), points_max)
    assert len(found.steps) == min(count, max(points_max, POINTS_MIN))
    gaps = {after - before for before, after in zip(found.steps, found.steps[1:], strict=False)}
    assert not gaps or max(gaps) - min(gaps) <= 1
    assert found.steps[-1:] == list(range(count))[-1:]


@given(
    counts=st.lists(st.integers(1, 12), min_size=1, max_size=30),
    tail=st.integers(0, 12),
    points_max=st.integers(1, 40),
    asked=st.tuples(st.integers(-1, 400), st.integers(-1, 400)),
    values=st.randoms(use_true_random=False),
)
def test_what_pieces_hold_stands_in_for_their_points(
    counts: list[int], tail: int, points_max: int, asked: tuple[int, int], values: random.Random
) -> None:
    """A series that is read by its outline looks like one that is read whole, and few pieces of a long one are read."""
    drawn = [values.choice([-0.0, 0.0, 1.0, values.random()]) for _ in range(sum(counts) + tail)]
    series, steps = series_of(drawn), Steps(min(asked), max(asked))
    pieces: dict[PieceId, Piece] = {}
    parts: dict[PieceId, SeriesRow] = {}
    first = 0
    for block, count in enumerate(counts):
        cut = slice(first, first + count)
        points = Points(series.steps[cut], series.wallclock_s[cut], series.values[cut])
        piece = PieceId(LOSS, block, 0)
        [pieces[piece]] = block_of({LOSS: points}).pieces
        parts[piece] = within(steps, series, cut)
        first += count
    heads = [head_of(place.block, place.number, piece) for place, piece in pieces.items()]
    heads = [head for head in heads if head.last_step >= steps.first and head.first_step <= steps.last]
    outline = Outline(LOSS, heads, within(steps, series, slice(first, None)), steps)

    read = {place: parts[place] for place in outline.to_measure()}
    assert len(read) <= 2
    more = outline.to_read(read, points_max)
    assert not set(more) & set(read)
    shown = outline.shown(read | {place: parts[place] for place in more}, points_max)

    whole = within(steps, series, slice(0, None))
    assert same([shown]) == same([downsampled(whole, points_max)])
    if len(whole.steps) > max(points_max, POINTS_MIN):
        assert len(more) <= max(points_max, POINTS_MIN) // 2 + 2


def within(steps: Steps, series: SeriesRow, cut: slice) -> SeriesRow:
    found = SeriesRow(series.key, series.kind, [], [], [])
    found.add_within(steps, series.steps[cut], series.wallclock_s[cut], series.values[cut])
    return found
