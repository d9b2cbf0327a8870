"""Facts, tables and series as HTML, section by section.

What an object was read with is shown as it is; its sections ask the server. One that is away is said so, instead of an
error in the middle of a notebook.

Must not know: any kind of object.
"""

from collections.abc import Callable

from modelbox.display.page import Html, facts, page, section, side_by_side, table
from modelbox.display.plot import line_plot
from modelbox.errors import ModelBoxError
from modelbox.shown import Content, Facts, Page, Series, Table


def html_of(shown: Page) -> Html:
    """Return what is shown of an object, with the sections that are not empty."""
    parts = _asked(lambda: [section(one.title, drawn(one.content), is_open=one.is_open) for one in shown.sections()])
    return page(shown.kind, shown.name, _whole(shown.content), *parts)


def drawn(content: Content) -> Html | None:
    """Return content as HTML, nothing where it is empty."""
    match content:
        case Facts(values):
            return _whole(content) if values else None
        case Table(rows=rows):
            return _whole(content) if rows else None
        case Series():
            return _whole(content)


def _whole(content: Content) -> Html | None:
    match content:
        case Facts(values):
            return facts(values)
        case Table(columns, rows):
            return table(columns, rows)
        case Series(points):
            drawn_lines = (line_plot(key, series) for key, series in points.items())
            return side_by_side(plot for plot in drawn_lines if plot is not None)


def _asked(ask: Callable[[], list[Html | None]]) -> list[Html | None]:
    try:
        return ask()
    except ModelBoxError as error:
        return [facts({"not shown": f"the rest: {error}"})]
