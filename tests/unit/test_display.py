"""What is shown in a notebook is escaped, bounded and well formed."""

import math
from collections.abc import Sequence
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelbox.display.page import CELL_CHARS_MAX, facts, page, section, table
from modelbox.display.plot import HEIGHT, WIDTH, line_plot
from modelbox.values import MetricScalar, MetricValue

EVIL = "<script>alert('x')</script>&\"'"


def _points(values: Sequence[MetricScalar]) -> list[MetricValue]:
    return [MetricValue(step, 0.0, value) for step, value in enumerate(values)]


def test_everything_that_is_text_is_escaped() -> None:
    shown = page(EVIL, EVIL, facts({EVIL: EVIL}), table([EVIL], [[EVIL], [[EVIL]]]), section(EVIL, facts({"a": EVIL})))
    plot = line_plot(EVIL, _points([1.0, 2.0]))
    assert plot is not None
    for html in (shown.text, plot.text):
        assert "<script" not in html
        assert "&lt;script&gt;" in html


def test_long_text_is_cut_off() -> None:
    assert len(facts({"a": "x" * 100_000}).text) < CELL_CHARS_MAX + 500


def test_what_is_empty_is_left_out() -> None:
    assert "owner" not in facts({"owner": "", "name": "a"}).text
    assert section("metrics", None) is None


def test_a_gap_breaks_the_line() -> None:
    plot = line_plot("loss", _points([1.0, 2.0, math.nan, 3.0, math.inf, 4.0, 5.0]))
    assert plot is not None
    assert plot.text.count("stroke-linejoin") == 2
    assert plot.text.count("<circle") == 1


@pytest.mark.parametrize("values", [[], [math.nan], ["text"], [b"bytes"]])
def test_a_series_without_numbers_is_not_drawn(values: list[MetricScalar]) -> None:
    assert line_plot("x", _points(values)) is None


@given(st.lists(st.floats() | st.text(max_size=3), max_size=30), st.text())
def test_any_series_is_drawn_as_well_formed_svg_within_its_frame(values: list[MetricScalar], title: str) -> None:
    plot = line_plot("".join(c for c in title if c.isprintable()), _points(values))
    if plot is None:
        return
    svg = ET.fromstring(plot.text)  # noqa: S314  # our own
    for path in svg.iter("{http://www.w3.org/2000/svg}path"):
        if path.get("stroke-linejoin"):
            places = [place.split() for place in path.attrib["d"].replace("M", "L").split("L")[1:]]
            assert all(0 <= float(x) <= WIDTH and 0 <= float(y) <= HEIGHT for x, y in places)
