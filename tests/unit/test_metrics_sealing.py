"""When points are sealed, and how a sealed block shares what its series have in common."""

import math

import pytest

from modelbox_projections.limits import PIECE_POINTS, TAIL_POINTS_MAX, TAIL_TEXT_MAX, TAIL_VERSIONS_MAX
from modelbox_projections.metrics.points import Points
from modelbox_projections.metrics.sealing import Extreme, block_of, is_full

LOSS, ACC, NOTE = ("loss", "double"), ("acc", "double"), ("note", "string")


def points(steps: list[int], values: list[object], wallclock_s: list[float] | None = None) -> Points:
    return Points(steps, [float(step) for step in steps] if wallclock_s is None else wallclock_s, values)


@pytest.mark.parametrize(
    "held, ends",
    [
        ({"points": PIECE_POINTS - 1, "series": 1}, False),
        ({"points": PIECE_POINTS, "series": 1}, True),
        ({"points": 10 * PIECE_POINTS - 1, "series": 10}, False),
        ({"points": 10 * PIECE_POINTS, "series": 10}, True),
        ({"points": TAIL_POINTS_MAX, "series": 1_000_000}, True),
        ({"points": 1, "series": 1, "text_size": TAIL_TEXT_MAX}, True),
        ({"points": 1, "series": 1, "versions": TAIL_VERSIONS_MAX}, True),
    ],
)
def test_a_block_ends_with_enough_points_a_series_or_what_a_reader_may_take_from_the_log(
    held: dict[str, int], ends: bool
) -> None:
    assert is_full(**{"text_size": 0, "versions": 1, **held}) == ends


def test_series_that_were_logged_together_share_their_axis() -> None:
    steps = [3, 4, 5]
    block = block_of(
        {
            LOSS: points(steps, [0.5, -1.0, 2.0]),
            ACC: points(steps, [1.0, 1.0, 1.0]),
            NOTE: points(steps, ["a", "b", "c"], [3.0, 4.0, 5.5]),
        }
    )
    assert [(axis.number, axis.steps) for axis in block.axes] == [(0, steps), (1, steps)]
    acc, loss, note = block.pieces
    assert [(piece.series, piece.axis) for piece in block.pieces] == [(ACC, 0), (LOSS, 0), (NOTE, 1)]
    assert (loss.low, loss.high) == (Extreme(-1.0, 4, 4.0), Extreme(2.0, 5, 5.0))
    assert (acc.low, acc.high) == (Extreme(1.0, 3, 3.0), Extreme(1.0, 3, 3.0))
    assert (note.low, note.high) == (Extreme(), Extreme())


def test_an_axis_is_shared_to_the_last_bit() -> None:
    block = block_of({LOSS: points([1], [1.0], [0.0]), ACC: points([1], [1.0], [-0.0])})
    assert [math.copysign(1.0, axis.wallclock_s[0]) for axis in block.axes] == [-1.0, 1.0]


def test_a_long_series_is_cut_into_pieces_that_are_nearly_alike() -> None:
    count = 3 * PIECE_POINTS + 500
    steps = list(range(count))
    block = block_of({LOSS: points(steps, [float(step) for step in steps]), ACC: points(steps, [math.inf] * count)})
    assert len(block.axes) == 3
    assert [piece.axis for piece in block.pieces] == [0, 1, 2, 0, 1, 2]
    loss = [piece for piece in block.pieces if piece.series == LOSS]
    assert [piece.number for piece in loss] == [0, 1, 2]
    assert [value for piece in loss for value in piece.values] == steps
    assert [piece.points_before for piece in loss] == [piece.first_step for piece in loss]
    assert {piece.points for piece in loss} <= {count // 3, count // 3 + 1}
    assert all(piece.low == Extreme() for piece in block.pieces if piece.series == ACC)


def test_a_piece_tells_whether_its_steps_ascend_one_by_one() -> None:
    block = block_of({LOSS: points([1, 2, 2], [1.0, 1.0, 1.0]), ACC: points([5, 1, 9], [1.0, 1.0, 1.0])})
    acc, loss = block.pieces
    assert (loss.is_ascending, loss.first_step, loss.last_step) == (False, 1, 2)
    assert (acc.is_ascending, acc.first_step, acc.last_step) == (False, 1, 9)
