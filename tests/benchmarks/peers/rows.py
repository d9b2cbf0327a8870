"""What is compared: each row an operation of `Peer`, how often it is measured, and how far ahead ModelBox should be."""

from dataclasses import dataclass
from typing import Final

from tests.benchmarks.peers.peer import LARGE_BYTES, LISTED, POINTS, RUNS, SERIES_POINTS

WARM_UPS: Final = 2
"""Calls of each operation that are not counted."""


@dataclass(frozen=True, slots=True)
class Row:
    """An operation as it is measured.

    Attributes:
        what: What is done.
        operation: The method of `Peer`.
        calls: How many calls a turn has; its median counts.
        aim: How many times as fast as MLflow ModelBox should be.
        rounds: How many turns each side has.
        writers: How many processes do it at the same time; 0 for the one that does all rows, and no rate.
        amount: How much one call moves of `unit`; 0 where a call's time is told.
        unit: Of a rate.
    """

    what: str
    operation: str
    calls: int = 20
    aim: float = 1.0
    rounds: int = 5
    writers: int = 0
    amount: float = 0.0
    unit: str = ""

    def text(self, seconds: float) -> str:
        """Write what was measured."""
        if self.amount:
            return f"{self.amount / seconds:,.0f} {self.unit}"
        return f"{seconds * 1000:,.1f} ms" if seconds < 1 else f"{seconds * 1000:,.0f} ms"


@dataclass(frozen=True, slots=True)
class Compared:
    """A row with the median turn of each side, in seconds a call."""

    row: Row
    ours_s: float
    theirs_s: float

    @property
    def ratio(self) -> float:
        """How many times as fast ModelBox is."""
        return self.theirs_s / self.ours_s

    @property
    def is_reached(self) -> bool:
        """Whether that is as much as it should be."""
        return self.ratio >= self.row.aim

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        """What the table says: what, of ModelBox, of MLflow, the ratio, what it should be."""
        row = self.row
        return (
            row.what,
            row.text(self.ours_s),
            row.text(self.theirs_s),
            f"{self.ratio:.1f} ×",
            f"≥ {row.aim:g} ×" + ("" if self.is_reached else ", not reached"),
        )

    @property
    def text(self) -> str:
        """One line that says all."""
        what, ours, theirs, ratio, aim = self.cells
        return f"{what}: ModelBox {ours}, MLflow {theirs}, {ratio} ({aim})"


_MIB: Final = LARGE_BYTES / 1024**2

ROWS: Final = (
    Row("log a metric and wait", "log_point"),
    Row(f"log {POINTS:,} points and wait", "log_points", calls=5),
    Row("8 writers, a metric a call", "log_point", writers=8, rounds=3, amount=1, unit="calls/s"),
    Row("32 writers, a metric a call", "log_point", writers=32, rounds=3, amount=1, unit="calls/s"),
    Row(f"8 writers, {POINTS:,} points a call", "log_points", writers=8, rounds=3, amount=POINTS, unit="points/s"),
    Row("create a run", "create_run"),
    Row("create a model", "create_model"),
    Row("create a model version", "create_version"),
    Row("get a run", "get_run"),
    Row(f"list {LISTED} runs", "list_some", calls=5),
    Row(f"search {LISTED} of {RUNS:,} runs", "search", calls=5, aim=8.0),
    Row(f"all {RUNS:,} runs", "list_all", calls=1, aim=15.0),
    Row(f"a series of {SERIES_POINTS:,} points", "read_series", calls=1),
    Row(f"upload {_MIB:.0f} MiB", "upload", calls=1, aim=2.0, amount=_MIB, unit="MiB/s"),
    Row(f"download {_MIB:.0f} MiB", "download", calls=1, aim=3.0, amount=_MIB, unit="MiB/s"),
)
