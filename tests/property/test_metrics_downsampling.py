"""A plot of fewer points shows what a plot of all of them shows."""

import math

from hypothesis import given
from hypothesis import strategies as st

from modelbox_projections.metrics.downsampling import POINTS_MIN, downsampled
from modelbox_projections.metrics.series import SeriesRow

finite = st.floats(allow_nan=False, allow_infinity=False)
any_double = finite | st.sampled_from([math.nan, math.inf, -math.inf])
counts = st.integers(0, 60)


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
