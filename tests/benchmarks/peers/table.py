"""How a comparison is told: a table on the terminal, the same in a page of the docs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from tests.benchmarks.machine import Machine
from tests.benchmarks.peers.rows import Compared

BEGIN: Final = "<!-- measured by `make bench-peers`: begin -->"
END: Final = "<!-- measured by `make bench-peers`: end -->"
_HEADS: Final = ("what", "ModelBox", "MLflow", "times as fast", "aim")


def show(compared: Sequence[Compared], machine: Machine, peer: str) -> None:
    """Print the table, where it was measured, and how it came out."""
    table = Table(title=f"ModelBox beside MLflow {peer}", title_justify="left")
    for head in _HEADS:
        table.add_column(head, justify="left" if head == "what" else "right")
    for one in compared:
        table.add_row(*one.cells)
    console = Console(width=140)
    console.print(table)
    console.print(machine.text)
    console.print(_outcome(compared))


def write(page: Path, compared: Sequence[Compared], machine: Machine, peer: str) -> None:
    """Put the table between the page's marks, in the place of the last one."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, mark, after = rest.partition(END)
    assert mark, f"{page} has no marks {BEGIN} and {END}"
    lines = [
        BEGIN,
        "",
        f"{machine.text} MLflow {peer}.",
        "",
        _line(_HEADS),
        _line(["---", *["---:"] * (len(_HEADS) - 1)]),
        *(_line(one.cells) for one in compared),
        "",
        _outcome(compared),
        "",
        END,
    ]
    page.write_text(before + "\n".join(lines) + after, encoding="utf-8")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _outcome(compared: Sequence[Compared]) -> str:
    ahead = sum(one.ratio > 1 for one in compared)
    reached = sum(one.is_reached for one in compared)
    return f"ModelBox is ahead in {ahead} of {len(compared)} rows, as far as it should be in {reached}."
