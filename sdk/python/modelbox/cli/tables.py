"""Tables of text: as wide as they are in a pipe, fitted to a terminal, or in Markdown.

Must not know: any command.
"""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise, takewhile
from typing import Final

GAP: Final = "  "
"""What stands between two columns."""

CELL_WIDTH_MIN: Final = 10
"""A column is not made narrower than this; where that is not enough, the last columns are left out."""

SHORT_ID_CHARS_MIN: Final = 8
"""A shortened id has at least so many characters."""

_ELLIPSIS: Final = "\u2026"
_BREAKS: Final = re.compile(r"[\t\n]+")
_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ID_CHARS: Final = 36


@dataclass(frozen=True)
class Column:
    """A column: its heading and cells, each one line of text. Numbers stand right; they and `is_whole` are not cut."""

    name: str
    cells: Sequence[str]
    is_number: bool = False
    is_whole: bool = False

    @cached_property
    def width(self) -> int:
        """The width of its widest cell."""
        return max(map(width_of, (self.name, *self.cells)))

    @cached_property
    def width_min(self) -> int:
        """The width that it needs at least: half a number or time would be another one."""
        needed = max(map(width_of, self.cells), default=0) if self.is_number or self.is_whole else 0
        return min(self.width, max(CELL_WIDTH_MIN, needed))


def terminal_width() -> int | None:
    """Return how wide the terminal is that is written to; None if it is none."""
    if not sys.stdout.isatty():
        return None
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except OSError:
        return None


def one_line(text: str) -> str:
    """Return a text without the breaks that would tear a table's row."""
    return _BREAKS.sub(" ", text)


def table_lines(columns: Sequence[Column]) -> Iterator[str]:
    """Return the lines of a table: headings, a rule, a line a row."""
    widths = [column.width for column in columns]
    yield _line(columns, widths, [column.name for column in columns])
    yield GAP.join("-" * width for width in widths)
    for cells in zip(*(column.cells for column in columns), strict=True):
        yield _line(columns, widths, cells)


def stream_lines(columns: Sequence[str], widths: Sequence[int], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Return the lines of a table whose rows are not known yet; a cell that is too wide pushes those behind it.

    Args:
        widths: How wide each column is; below 0 its cells stand right.
    """
    aligned = [
        f"{{:{'>' if width < 0 else '<'}{max(abs(width), len(name))}}}"
        for name, width in zip(columns, widths, strict=True)
    ]
    line = GAP.join(aligned).format
    yield line(*columns).rstrip()
    yield GAP.join("-" * max(abs(width), len(name)) for name, width in zip(columns, widths, strict=True))
    for cells in rows:
        yield line(*cells).rstrip()


def markdown_lines(columns: Sequence[Column]) -> Iterator[str]:
    """Return the lines of a table in Markdown."""
    numbers = [column.is_number for column in columns]
    cells = zip(*(column.cells for column in columns), strict=True)
    return markdown_stream([column.name for column in columns], cells, numbers=numbers)


def markdown_stream(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[bool] = ()
) -> Iterator[str]:
    """Return the lines of a table in Markdown whose rows are not known yet."""
    yield _markdown(columns)
    yield _markdown("---:" if is_number else "---" for is_number in numbers or (False,) * len(columns))
    yield from map(_markdown, rows)


def fitted(columns: Sequence[Column], width: int) -> tuple[list[Column], list[str]]:
    """Return the columns that a terminal has room for, shortened where they must be, and the names of those left out.

    Ids are shortened first, to what tells them apart; then the widest columns; then the last ones are left out.
    """
    kept = list(columns)
    if _total(kept) > width:
        kept = [_with_short_ids(column) for column in kept]
    left_out: list[str] = []
    # What remains when every column is as narrow as it may be decides how many there can be.
    while len(kept) > 1 and sum(one.width_min for one in kept) + _gaps(kept) > width:
        left_out.insert(0, kept.pop().name)
    widths = [column.width for column in kept]
    while (over := sum(widths) + _gaps(kept) - width) > 0:
        can_shrink = [at for at, one in enumerate(kept) if widths[at] > one.width_min]
        if not can_shrink:
            break
        widest = max(can_shrink, key=lambda at: widths[at])
        second = max((widths[at] for at in can_shrink if widths[at] < widths[widest]), default=0)
        widths[widest] -= max(1, min(over, widths[widest] - max(second, kept[widest].width_min)))
    return [_cut(column, at) for column, at in zip(kept, widths, strict=True)], left_out


def short_id(known: Iterable[str]) -> int:
    """Return how many characters tell these ids apart, two more than needed, so that they do so for some time."""
    ids = sorted(set(known))
    shared = max((_shared(first, second) for first, second in pairwise(ids)), default=0)
    return min(_ID_CHARS, max(SHORT_ID_CHARS_MIN, shared + 3))


def width_of(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _with_short_ids(column: Column) -> Column:
    ids = [cell for cell in column.cells if cell]
    if not ids or not all(map(_ID.fullmatch, ids)):
        return column
    chars = short_id(ids)
    return replace(column, cells=[cell[:chars].rstrip("-") for cell in column.cells])


def _shared(first: str, second: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))


def _cut(column: Column, width: int) -> Column:
    if column.width <= width:
        return column
    return replace(
        column, name=_shortened(column.name, width), cells=[_shortened(cell, width) for cell in column.cells]
    )


def _shortened(text: str, width: int) -> str:
    if width_of(text) <= width:
        return text
    shorter = text[:width]
    while width_of(shorter) >= width:
        shorter = shorter[:-1]
    return shorter + _ELLIPSIS


def _total(columns: Sequence[Column]) -> int:
    return sum(column.width for column in columns) + _gaps(columns)


def _gaps(columns: Sequence[Column]) -> int:
    return len(GAP) * (len(columns) - 1)


def _line(columns: Sequence[Column], widths: Sequence[int], cells: Sequence[str]) -> str:
    padded = (
        " " * (width - width_of(cell)) + cell if column.is_number else cell + " " * (width - width_of(cell))
        for column, width, cell in zip(columns, widths, cells, strict=True)
    )
    return GAP.join(padded).rstrip()


def _markdown(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("\\", "\\\\").replace("|", "\\|") for cell in cells) + " |"
