"""How much some records come to."""

from dataclasses import dataclass
from typing import Self

from modelbox.journal.frames import FRAME_BYTES
from modelbox.journal.record import Record


@dataclass(slots=True)
class Tally:
    """How much some records come to: how many, those that are calls, the metric points in the others, their bytes."""

    records: int = 0
    calls: int = 0
    points: int = 0
    bytes: int = 0

    def add(self, record: Record, times: int = 1) -> None:
        """Count a record in; out with -1 times."""
        self.records += times
        self.calls += 0 if record.points else times
        self.points += times * record.points
        self.bytes += times * (FRAME_BYTES + record.body_bytes)

    def add_all(self, other: Self, times: int = 1) -> None:
        """Count all of another tally in; out with -1 times."""
        self.records += times * other.records
        self.calls += times * other.calls
        self.points += times * other.points
        self.bytes += times * other.bytes
