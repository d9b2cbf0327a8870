"""Lists show themselves as tables: as text where they are printed, as HTML in a notebook."""

from dataclasses import dataclass
from datetime import UTC, datetime

from modelbox.display.listing import ROWS_MAX
from modelbox.enums import RunStatus
from modelbox.listed import Listed


@dataclass
class Thing:
    name: str
    status: RunStatus
    created_at: datetime

    def version(self) -> str:
        return "a method is no column"


def things(count: int) -> Listed[Thing]:
    at = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)
    return Listed(Thing(f"<b>{number}</b>", RunStatus.FINISHED, at) for number in range(count))


def test_a_list_prints_a_row_an_object_under_what_it_has() -> None:
    head, first, second = repr(things(2)).splitlines()
    assert head.split() == ["name", "status", "created_at"]
    assert first == "<b>0</b>  FINISHED  2024-02-29 12:00:00Z"
    assert second.startswith("<b>1</b>  FINISHED")
    assert repr(things(0)) == "[]"
    assert repr(Listed(["plain", 1])) == "['plain', 1]"


def test_a_long_list_is_cut_and_says_so() -> None:
    assert repr(things(ROWS_MAX + 1234)).splitlines()[-1] == "… and 1,234 more"
    assert "… and 1,234 more" in things(ROWS_MAX + 1234)._repr_html_()


def test_what_a_notebook_shows_of_a_list_is_escaped() -> None:
    shown = things(1)._repr_html_()
    assert "&lt;b&gt;0&lt;/b&gt;" in shown
    assert "FINISHED" in shown
    assert "method" not in shown
