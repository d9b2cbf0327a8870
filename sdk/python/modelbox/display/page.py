"""HTML in pieces: text, tables, sections. Whatever is no `Html` is text and is escaped."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Final

from modelbox.readable import duration_text, joined

CELL_CHARS_MAX: Final = 200
"""Text of one cell, in characters; the rest is cut off."""

_STYLE: Final = (
    "font-family:system-ui,sans-serif;font-size:13px;line-height:1.4;max-width:100%;overflow-x:auto",
    "border-collapse:collapse;margin:4px 0;font-size:inherit",
    "text-align:left;padding:2px 12px 2px 0;vertical-align:top;white-space:pre-wrap",
)


@dataclass(frozen=True, slots=True)
class Html:
    """A piece of a page; a notebook shows it, `str` returns it."""

    text: str

    def _repr_html_(self) -> str:
        return self.text

    def __str__(self) -> str:
        return self.text


def cell(value: object) -> str:
    """Return a value as HTML: escaped, and shortened to what fits a cell."""
    match value:
        case Html():
            return value.text
        case None:
            return ""
        case datetime():
            text = f"{value:%Y-%m-%d %H:%M:%S}"
        case bool():
            text = "yes" if value else "no"
        case timedelta():
            text = duration_text(value)
        case float():
            text = f"{value:.6g}"
        case list() | tuple() | set() | frozenset():
            text = joined(value)
        case _:
            text = str(value)
    return escape(text if len(text) <= CELL_CHARS_MAX else f"{text[:CELL_CHARS_MAX]}…")


def table(columns: Sequence[object], rows: Iterable[Sequence[object]]) -> Html:
    """Return rows under their columns."""
    head = "".join(f'<th style="{_STYLE[2]}">{cell(column)}</th>' for column in columns)
    body = "".join(f"<tr>{''.join(_data(value) for value in row)}</tr>" for row in rows)
    return Html(f'<table style="{_STYLE[1]}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>')


def facts(values: Mapping[str, object]) -> Html:
    """Return names beside their values; what is empty is left out."""
    rows = (
        f'<tr><th style="{_STYLE[2]}">{cell(name)}</th>{_data(value)}</tr>'
        for name, value in values.items()
        if value not in (None, "", (), {})
    )
    return Html(f'<table style="{_STYLE[1]}"><tbody>{"".join(rows)}</tbody></table>')


def page(kind: str, name: str, *parts: Html | None) -> Html:
    """Return what is shown of one object: its kind and name, then the parts that there are."""
    body = "".join(part.text for part in parts if part is not None)
    return Html(f'<div style="{_STYLE[0]}"><div>{cell(kind)} <b>{cell(name)}</b></div>{body}</div>')


def document(title: str, content: Html) -> str:
    """Return a whole file of HTML with this content, which asks nothing of any server."""
    head = f'<meta charset="utf-8"><title>{escape(title)}</title>'
    return f"<!doctype html>\n<html><head>{head}</head><body>{content.text}</body></html>"


def section(title: str, content: Html | None, *, is_open: bool = True) -> Html | None:
    """Return content under a title that folds it; nothing where there is none."""
    if content is None:
        return None
    is_shown = " open" if is_open else ""
    return Html(f"<details{is_shown}><summary>{cell(title)}</summary>{content.text}</details>")


def side_by_side(pieces: Iterable[Html]) -> Html | None:
    """Return pieces in rows as wide as the page; nothing where there are none."""
    text = "".join(piece.text for piece in pieces)
    return Html(f'<div style="display:flex;flex-wrap:wrap;gap:12px">{text}</div>') if text else None


def _data(value: object) -> str:
    return f'<td style="{_STYLE[2]}">{cell(value)}</td>'
