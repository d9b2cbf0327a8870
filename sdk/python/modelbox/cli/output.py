"""What a command prints: tables for people, JSON for programs.

Must not know: any command.
"""

import base64
import json
import math
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import click

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_WIDE: Final = 10_000

Row = Mapping[str, Any]
"""One object: its fields in the order to print them."""


def print_rows(rows: Iterable[Row], *, columns: Sequence[str], output: str) -> None:
    """Print objects: as a table of these columns, or all their fields as one JSON array."""
    if output == "json":
        click.echo(json_text(list(rows), indent=2))
        return
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(shown(row[column])) for column in columns))
    _print_rich(table)


def print_object(row: Row, *, output: str) -> None:
    """Print one object: as JSON, or a line a field that is not empty, and of a field with parts a line a part."""
    if output == "json":
        click.echo(json_text(row, indent=2))
        return
    lines = {name: text for name, value in _lines(row) if (text := shown(value))}
    width = max(map(len, lines), default=0)
    for name, text in lines.items():
        click.echo(f"{name:<{width}}  {text}")


def _lines(row: Row) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping) and value and all(isinstance(part, Mapping) for part in value.values()):
            yield from ((f"{name}.{key}", part) for key, part in value.items())
        else:
            yield name, value


def json_text(value: Any, *, indent: int | None = None) -> str:
    """Return a value as JSON. NaN and the infinities are strings, as JSON has none; bytes are base64."""
    return json.dumps(_plain(value), indent=indent, ensure_ascii=False, allow_nan=False)


def shown(value: Any) -> str:
    """Return a value as people read it, without anything that would move a terminal's cursor."""
    match value:
        case datetime():
            # As filters and `--since` read it: what a table shows can be copied into one.
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        case bool():
            return "yes" if value else "no"
        case str():
            text = value
        case list() | tuple() if all(isinstance(item, str) for item in value):
            text = ", ".join(value)
        case None:
            return ""
        case Mapping() if not value:
            return ""
        case bytes():
            return f"{len(value)} bytes"
        case int() | float():
            return str(value)
        case _:
            text = json_text(value)
    return _CONTROL.sub("\ufffd", text)


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case float() if not math.isfinite(value):
            return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
        case bytes():
            return base64.b64encode(value).decode()
        case Mapping():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value


def _print_rich(table: Any) -> None:
    from rich.console import Console

    # A pipe has no width: a program or a file gets each row on one line.
    Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False).print(table)
