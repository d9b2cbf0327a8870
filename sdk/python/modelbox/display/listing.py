"""Lists of objects as tables, of text and of HTML.

Must not know: any kind of object.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from modelbox.display.page import Html, table
from modelbox.readable import joined

ROWS_MAX: Final = 60
"""Rows that are shown; the rest is counted."""

CELL_CHARS_MAX: Final = 40
"""Text of one cell, in characters."""

_HOLDERS: Final = {"metrics": "metric_summaries", "params": "params", "labels": "labels"}
_SUMMED: Final = ("min", "max", "latest")
_PARTS: Final = re.compile(r"\w+|`(?:[^`]|``)+`")

_COLUMNS: Final = (
    "name",
    "epoch",
    "step",
    "version",
    "status",
    "unique_tags",
    "namespace",
    "owner",
    "created_at",
    "id",
)
"""What is worth a column, of the objects that have it."""


def text_of(items: Sequence[Any]) -> str:
    """Return a list as text: a table of what has columns, else as any list."""
    columns, rows = _table_of(items)
    if not columns:
        return list.__repr__(items) if isinstance(items, list) else repr(items)
    return "\n".join([text_table(columns, rows), *_rest(items)])


def text_table(columns: Sequence[str], values: Iterable[Iterable[object]]) -> str:
    """Return rows under their columns, as text; long values are cut."""
    rows = [columns, *([_shown(value) for value in row] for row in values)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def html_of(items: Sequence[Any]) -> Html:
    """Return a list as HTML, as `text_of` does."""
    columns, rows = _table_of(items)
    if not columns:
        return table(("nothing",), ()) if not items else table(("",), [(repr(item),) for item in items[:ROWS_MAX]])
    return Html(table(columns, rows).text + "".join(f"<div>{line}</div>" for line in _rest(items)))


def _table_of(items: Sequence[Any]) -> tuple[Sequence[str], list[list[str]]]:
    """Return columns and rows, no columns where there is nothing to put into them."""
    first = items[0] if items else None
    columns = [name for name in _COLUMNS if hasattr(first, name) and not callable(getattr(first, name))]
    named = getattr(items, "named", ()) if columns else ()
    keyed = [name for name in named if any(_key_of(item, name) is not None for item in items)]
    rows = [
        [_shown(getattr(item, name, None)) for name in columns] + [_shown(_key_of(item, name)) for name in keyed]
        for item in items[:ROWS_MAX]
    ]
    return [*columns, *keyed], rows


def _key_of(item: Any, name: str) -> object:
    """Return the metric, hyperparameter or label of an object that a filter names so; None if it has none."""
    group, *parts = (part.replace("``", "`") for part in _PARTS.findall(name))
    key = ".".join(part.strip("`") for part in parts)
    held = getattr(item, _HOLDERS[group], None) or getattr(item, "metric_values", {})
    if key not in held and parts[-1] in _SUMMED:
        key = key.rpartition(".")[0]
        return getattr(held.get(key), parts[-1], None)
    found = held.get(key)
    return getattr(found, "latest", found)


def _rest(items: Sequence[Any]) -> list[str]:
    return [f"… and {len(items) - ROWS_MAX:,} more"] if len(items) > ROWS_MAX else []


def _shown(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"
        case float():
            return f"{value:.6g}"
        case tuple() | list():
            text = joined(value)
        case _:
            text = " ".join(str(value).split())
    return text if len(text) <= CELL_CHARS_MAX else f"{text[: CELL_CHARS_MAX - 1]}…"
