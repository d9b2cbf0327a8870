"""Which JSON a metadata value may be."""

import json
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Value
from hypothesis import given
from hypothesis import strategies as st

from modelbox_gateway.errors import InvalidFieldError
from modelbox_gateway.rpc.messages.values import from_value, to_value
from modelbox_gateway.rules import json_values, limits

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=5),
    max_leaves=30,
)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "Infinity",
        "-Infinity",
        "1e400",
        "-1e400",
        "1" + "0" * 400,
        str(2**64),
        str(-(2**63) - 1),
        '{"a": 1, "a": 2}',
        '[{"b": {"a": 1, "a": 1}}]',
        '"\\ud800"',
        '{"\\udfff": 1}',
        '"\\u0000"',
        '{"a\\u0000": 1}',
        json.dumps(nested(31)),
        "[" * 100_000,
        "[" * 100_000 + "]" * 100_000,
        "",
        "{",
        "nul",
        "1 2",
        "'a'",
        '"' + "x" * limits.METADATA_VALUE_BYTES_MAX + '"',
    ],
    ids=lambda text: text[:20],
)
def test_json_text_that_breaks_a_rule_is_refused_naming_the_field(text: str) -> None:
    with pytest.raises(InvalidFieldError) as refused:
        json_values.parse("metadata['k']", text)

    assert refused.value.field == "metadata['k']"
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e308", 1e308),
        (str(2**64 - 1), 2**64 - 1),
        (str(-(2**63)), -(2**63)),
        ("9007199254740993", 2**53 + 1),
        ('"\\ud83d\\ude00"', "😀"),
        (json.dumps(nested(30)), nested(30)),
        ("null", None),
        (" [ ] ", []),
    ],
    ids=lambda value: str(value)[:20],
)
def test_json_text_is_read_exactly(text: str, value: object) -> None:
    assert json_values.parse("k", text)[0] == value


@given(JSON)
def test_a_value_goes_through_protobuf_unchanged(value: Any) -> None:
    """Whole numbers up to 2^53 come back as ints, all others as the floats they were."""
    back = from_value("k", Value.FromString(to_value(value).SerializeToString()))

    assert back == value
    assert json_values.check("k", back) > 0


@pytest.mark.parametrize("count", [0, 15, 16, 1000])
def test_columns_of_numbers_are_the_same_value_however_they_are_written(count: int) -> None:
    numbers = [n / 4 for n in range(count)]

    value = Value.FromString(to_value({"values": numbers}).SerializeToString())

    assert [member.number_value for member in value.struct_value.fields["values"].list_value.values] == numbers


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_json_has_not_is_refused(number: float) -> None:
    with pytest.raises(InvalidFieldError, match=r"^k: "):
        json_values.check("k", from_value("k", Value(number_value=number)))


def test_a_value_of_no_kind_is_refused() -> None:
    with pytest.raises(InvalidFieldError, match=r"^k: "):
        from_value("k", Value())
