"""Values on a command line: what reads back as it was written is JSON, any other is text."""

from typing import Any

import click
import pytest

from modelbox.cli.values import read_value, read_values


@pytest.mark.parametrize(
    "text, value",
    [
        ("5", 5), ("-3", -3), ("0.1", 0.1), ("1e-3", 0.001), ("1.5E+20", 1.5e20), ("1e-05", 1e-5), ("true", True),
        ("null", None), ("[1, 2.5]", [1, 2.5]), ('{"a": [true]}', {"a": [True]}), ('"1.10"', "1.10"), ("", ""),
        ("12e4567", "12e4567"), ("1234e56", "1234e56"), ("1e5", "1e5"), ("1.10", "1.10"), ("007", "007"), ("-0", "-0"),
        ("NaN", "NaN"), ("Infinity", "Infinity"), ("1e-400", "1e-400"), ("0.10000000000000000001",) * 2,
        (str(2**70), str(2**70)), ("9" * 10_000, "9" * 10_000), ("[1.10]", "[1.10]"), ('{"a": 1, "a": 2}',) * 2,
        ("[" * 100_000,) * 2, ("adam", "adam"),
    ],
    ids=lambda given: str(given)[:30],
)  # fmt: skip
def test_a_value_is_json_where_it_reads_back_as_it_was_written(text: str, value: Any) -> None:
    read = read_value(text)
    assert (read, type(read)) == (value, type(value))


def test_json_can_be_asked_for() -> None:
    assert read_values(("v:=1.10", "w=1.10", "x:=[1.10]"), what="metadata") == {"v": 1.1, "w": "1.10", "x": [1.1]}


@pytest.mark.parametrize("pairs, message", [(("v:=one",), "is not JSON"), (("v:=1", "v=2"), "stands twice")])
def test_what_is_asked_for_as_json_must_be_it(pairs: tuple[str, ...], message: str) -> None:
    with pytest.raises(click.UsageError, match=message):
        read_values(pairs, what="metadata")
