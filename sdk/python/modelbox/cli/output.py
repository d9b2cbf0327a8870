"""What a command prints: tables for people, Markdown for their notes, JSON and CSV for programs.

Must not know: any command.
"""

import base64
import csv
import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import Any, Final

import click

from modelbox.cli.tables import (
    Column,
    fitted,
    markdown_lines,
    markdown_stream,
    one_line,
    stream_lines,
    table_lines,
    terminal_width,
)
from modelbox.readable import duration_text, joined

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LINES_AT_ONCE: Final = 1_000
_SCIENTIFIC_BELOW: Final = 1e-3
_SCIENTIFIC_FROM: Final = 1e9
_THOUSANDS_FROM: Final = 1_000
_DELETED_AT: Final = "deleted_at"

HEADINGS: Final = {"wallclock": "time", "wallclock_time": "time"}
"""What people read over a column; programs have its name."""

_encode: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode

Row = Mapping[str, Any]
"""One object: its fields in the order to print them."""


def print_rows(
    rows: Iterable[Row], *, columns: Sequence[str], output: str, what: str = "", keeps_empty: bool = False
) -> None:
    """Print objects: these columns as a table or in Markdown; all their fields as CSV, these first, or as a JSON array.

    Where some are deleted, a table says which. Without any object a table is one line that says so.

    Args:
        what: What there is none of, such as "runs"; without it an empty table has its headings.
        keeps_empty: These columns were asked for: CSV has no others, and a table also those that no row has.
    """
    if output == "json":
        print_lines(_json_lines(rows))
        return
    found = list(rows)
    if output == "csv":
        all_fields = () if keeps_empty else (name for row in found for name in row)
        print_lines(_csv_lines(found, list(dict.fromkeys((*columns, *all_fields)))))
        return
    if what and not found:
        click.echo(f"no {what}")
        return
    if _DELETED_AT not in columns and any(row.get(_DELETED_AT) for row in found):
        columns = [*columns, _DELETED_AT]
    cells = [_column(name, [row.get(name) for row in found]) for name in columns]
    _print_table([one for one in cells if keeps_empty or not found or any(one.cells)], output)


def print_stream(rows: Iterable[Row], *, columns: Sequence[str], widths: Sequence[int], output: str, what: str) -> None:
    """Print rows as they come, however many there are: a line each, also in JSON; see `print_rows`.

    Args:
        widths: How wide each column of a table is; below 0 its cells stand right.
    """
    if output == "json":
        print_lines(_json_lines(rows, indent=None))
        return
    if output == "csv":
        print_lines(_csv_lines(rows, columns))
        return
    coming = iter(rows)
    if (first := next(coming, None)) is None:
        click.echo(f"no {what}")
        return
    cells = ([one_line(shown(row[name])) for name in columns] for row in chain((first,), coming))
    names = [HEADINGS.get(name, name) for name in columns]
    print_lines(markdown_stream(names, cells) if output == "markdown" else stream_lines(names, widths, cells))


def print_object(row: Row, *, output: str) -> None:
    """Print one object: as JSON, or a line a field that is not empty, and of a field with parts a line a part."""
    if output == "json":
        click.echo(json_text(row, indent=2))
        return
    if output == "csv":
        fields = ({"field": name, "value": value} for name, value in _lines(row))
        print_lines(_csv_lines(fields, ("field", "value")))
        return
    lines = {name: text for name, value in _lines(row) if (text := shown(value))}
    if output == "markdown":
        cells = {"field": list(lines), "value": list(map(one_line, lines.values()))}
        print_lines(markdown_lines([Column(name, texts) for name, texts in cells.items()]))
        return
    width = max(map(len, lines), default=0)
    for name, text in lines.items():
        click.echo(f"{name:<{width}}  {text}")


def print_lines(lines: Iterable[str]) -> None:
    """Print lines as they come, many in one piece."""
    coming = iter(lines)
    while part := list(islice(coming, _LINES_AT_ONCE)):
        click.echo("\n".join(part))


def _print_table(columns: list[Column], output: str) -> None:
    if output == "markdown":
        print_lines(markdown_lines(columns))
        return
    left_out: list[str] = []
    # A pipe has no width: a program or a file gets each row whole, on one line.
    if (width := terminal_width()) is not None:
        columns, left_out = fitted(columns, width)
    print_lines(table_lines(columns))
    if left_out:
        click.echo(f"left out to fit the terminal: {', '.join(left_out)}; --output json has all", err=True)


def _column(name: str, values: Sequence[Any]) -> Column:
    given = [value for value in values if value is not None]
    is_number = bool(given) and all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in given)
    is_time = bool(given) and all(isinstance(one, (datetime, timedelta)) for one in given)
    texts = [one_line(shown(value)) for value in values]
    return Column(HEADINGS.get(name, name), texts, is_number=is_number, is_whole=is_time)


def _json_lines(rows: Iterable[Row], indent: int | None = 2) -> Iterator[str]:
    """Return the lines of a JSON array, row by row, so that a long one takes no memory."""
    before = ""
    for row in rows:
        yield f"{before}," if before else "["
        before = "  " + json_text(row, indent=indent).replace("\n", "\n  ")
    yield f"{before}\n]" if before else "[]"


def _csv_lines(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[str]:
    text = io.StringIO()
    # What stands in its line's end is what it puts in quotes.
    write = csv.writer(text, lineterminator="\r\n").writerow
    write(columns)
    for row in rows:
        yield _taken(text)
        write([_csv_cell(row.get(name)) for name in columns])
    yield _taken(text)


def _taken(text: io.StringIO) -> str:
    line = text.getvalue().removesuffix("\r\n")
    text.seek(0)
    text.truncate()
    return line


def _csv_cell(value: Any) -> Any:
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return value
        case list() | tuple() if all(isinstance(item, str) for item in value):
            return joined(value)
        case _:
            plain = _plain(value)
            return plain if isinstance(plain, str | float) else _encode(plain)


def _lines(row: Row) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping) and value and all(isinstance(part, Mapping) for part in value.values()):
            yield from ((f"{name}.{key}", part) for key, part in value.items())
        else:
            yield name, value


def json_text(value: Any, *, indent: int | None = None) -> str:
    """Return a value as JSON. NaN and the infinities are strings, as JSON has none; bytes are base64."""
    if indent is None:
        return _encode(_plain(value))
    return json.dumps(_plain(value), indent=indent, ensure_ascii=False, allow_nan=False)


def shown(value: Any) -> str:
    """Return a value as people read it, without anything that would move a terminal's cursor."""
    match value:
        case datetime() | timedelta():
            return _time_text(value)
        case bool():
            return "yes" if value else "no"
        case str():
            text = value
        case list() | tuple() if all(isinstance(item, str) for item in value):
            text = joined(value)
        case None:
            return ""
        case Mapping() if not value:
            return ""
        case bytes():
            return f"{len(value)} bytes"
        case int():
            return f"{value:,}"
        case float():
            return number(value)
        case _:
            text = json_text(value)
    return _CONTROL.sub("\ufffd", text)


def _time_text(value: datetime | timedelta) -> str:
    if isinstance(value, timedelta):
        return duration_text(value)
    # As filters and `--since` read it: what a table shows can be copied into one.
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
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


def number(value: float) -> str:
    """Return a number as people write it, to about six digits: 0.000123 as 1.23e-04, 12345.678 as 12,345.7."""
    size = abs(value)
    if not math.isfinite(value) or size == 0:
        return f"{value:g}"
    if not _SCIENTIFIC_BELOW <= size < _SCIENTIFIC_FROM:
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{exponent}"
    if size < _THOUSANDS_FROM:
        return f"{value:.6g}"
    text = f"{value:,.{max(0, 5 - int(math.log10(size)))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
