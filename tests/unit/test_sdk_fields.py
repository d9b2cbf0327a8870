"""Arguments of the SDK: what is taken, what is refused and by which name."""

import math
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from modelbox.errors import InvalidFieldError
from modelbox.fields import check_metric_key, check_metric_value, check_step, check_wallclock
from modelbox.limits import STEP_MAX, VALUE_BYTES_MAX, VALUE_DEPTH_MAX
from modelbox.metadata import decode_metadata, encode_metadata


class Tensor:
    """What torch's scalars and others have: `item`, which gives Python's own number."""

    def __init__(self, values: list[float]) -> None:
        self.values = values

    def item(self) -> float:
        if len(self.values) != 1:
            raise RuntimeError("a Tensor with several elements cannot be converted to Scalar")
        return self.values[0]

    def tolist(self) -> list[float]:
        return self.values


@pytest.mark.parametrize(
    "step, expected",
    [
        (0, 0),
        (STEP_MAX, STEP_MAX),
        (3.0, 3),
        (np.int32(3), 3),
        (np.float64(3), 3),
        (np.float32(3), 3),
        (Tensor([3]), 3),
    ],
)
def test_steps_are_whole_numbers_of_any_library(step: object, expected: int) -> None:
    checked = check_step(step)
    assert checked == expected
    assert type(checked) is int


@pytest.mark.parametrize(
    "step", [-1, -1.0, 0.5, math.nan, math.inf, STEP_MAX + 1, 10**400, "3", None, [3], Tensor([1, 2])]
)
def test_a_bad_step_names_itself(step: object) -> None:
    with pytest.raises(InvalidFieldError, match=r"^step: .{1,120}$"):
        check_step(step)


@pytest.mark.parametrize(
    "value, expected",
    [
        (1, 1.0),
        (True, 1.0),
        (0.1, 0.1),
        (np.float16(0.5), 0.5),
        (np.float64(0.1), 0.1),
        (np.bool_(True), 1.0),
        (np.array(2.5), 2.5),
        (np.array([[2.5]]), 2.5),
        (Tensor([0.25]), 0.25),
        (Fraction(1, 2), 0.5),
        (Decimal("0.5"), 0.5),
        (math.inf, math.inf),
    ],
)
def test_numbers_of_any_library_become_floats(value: object, expected: float) -> None:
    checked = check_metric_value("loss", value)
    assert checked == expected
    assert type(checked) is float


@pytest.mark.parametrize(
    "value, expected",
    [("a", "a"), (np.str_("a"), "a"), (b"a", b"a"), (bytearray(b"a"), b"a"), (memoryview(b"a"), b"a")],
)
def test_text_and_bytes_stay_what_they_are(value: object, expected: str | bytes) -> None:
    checked = check_metric_value("loss", value)
    assert checked == expected
    assert type(checked) is type(expected)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [1.0],
        {},
        object(),
        1j,
        10**400,
        np.array([1.0, 2.0]),
        Tensor([1, 2]),
        Tensor([]),
        "\0",
        "\udfff",
        "x" * (VALUE_BYTES_MAX + 1),
        "\x01" * (VALUE_BYTES_MAX // 5),
        b"x" * VALUE_BYTES_MAX,
    ],
    ids=lambda value: repr(value)[:17],  # no further: an address would differ from process to process
)
def test_a_bad_value_names_its_key(value: object) -> None:
    with pytest.raises(InvalidFieldError, match=r"^metrics\['loss'\]: .{1,150}$"):
        check_metric_value("loss", value)


@pytest.mark.parametrize("key", ["", "x" * 256, "a\nb", "a\u2028b", " a", "a ", "\ud800", 7, None, b"a"], ids=repr)
def test_a_bad_key_is_refused_by_name(key: object) -> None:
    with pytest.raises(InvalidFieldError, match=r"^metrics\["):
        check_metric_key(key)


def test_wallclock_is_seconds_or_an_aware_datetime() -> None:
    assert check_wallclock(datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)) == 1.5
    assert check_wallclock(np.float32(2)) == 2.0
    for bad in (-1, math.nan, math.inf, 1e12, "now", datetime(2030, 1, 1)):  # noqa: DTZ001  # a naive one is the case
        with pytest.raises(InvalidFieldError, match=r"^wallclock: "):
            check_wallclock(bad)


@pytest.mark.parametrize(
    "value, expected",
    [
        ({"a": (1, 2.5, None, True)}, {"a": [1, 2.5, None, True]}),
        ({1: "one"}, {"1": "one"}),
        (np.arange(3), [0, 1, 2]),
        ({"lr": np.float32(0.5)}, {"lr": 0.5}),
        (Tensor([1.5, 2.5]), [1.5, 2.5]),
        (2**64 - 1, 2**64 - 1),
        (-(2**63), -(2**63)),
        ("ünï 😀", "ünï 😀"),
        (np.str_("a"), "a"),
    ],
)
def test_metadata_comes_back_as_json_holds_it(value: object, expected: object) -> None:
    assert decode_metadata(encode_metadata({"k": value})) == {"k": expected}


def test_metadata_is_as_deep_as_allowed_and_no_deeper() -> None:
    value: Any = 1
    for _ in range(VALUE_DEPTH_MAX):
        value = [value]
    assert decode_metadata(encode_metadata({"k": value})) == {"k": value}
    with pytest.raises(InvalidFieldError, match=r"^metadata\['k'\].*deep"):
        encode_metadata({"k": [value]})


def test_an_object_that_holds_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(InvalidFieldError, match="deep"):
        encode_metadata({"k": value})


@pytest.mark.parametrize(
    "value, place",
    [
        ({"a": {1: 0, "1": 0}}, "metadata['k']['a']"),
        ({"a": {True: 0}}, "metadata['k']['a']"),
        ([0, {"b": {2}}], "metadata['k'][1]['b']"),
        ({"a": -math.inf}, "metadata['k']['a']"),
        ([-(2**63) - 1], "metadata['k'][0]"),
        ({"\ud800": 1}, "metadata['k']"),
        (b"bytes", "metadata['k']"),
    ],
    ids=repr,
)
def test_what_json_cannot_hold_is_refused_at_its_place(value: object, place: str) -> None:
    with pytest.raises(InvalidFieldError) as refused:
        encode_metadata({"k": value})
    assert refused.value.field == place
