"""Reads a metric series a page at a time, and its newest point.

Must not know: who asks for it.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from modelbox_events import Database
from modelbox_projections.metrics import STATEMENTS
from modelbox_projections.metrics.series import SeriesRow, Steps

READ_TIMEOUT_S: Final = 120.0
"""Series of many million points take longer than other reads may."""

_VALUE: Final = {"double": "double_value", "string": "string_value", "bytes": "bytes_value"}


class SeriesPlace(NamedTuple):
    """Where a page of a series begins: at this step, after so many of its points."""

    step: int
    after: int


class SeriesPage(NamedTuple):
    """A page of a key's points, a series for each kind of value, and where the next begins, None after the last."""

    series: list[SeriesRow]
    next: SeriesPlace | None


class MetricPages:
    """The view of metrics, in pieces."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database

    async def newest(self, object_id: UUID, keys: Sequence[str] = ()) -> list[SeriesRow]:
        """Return the point of the highest step of each series of doubles, only those of `keys` unless it is empty."""
        async with self._database.acquire() as connection:
            rows = await connection.fetch(STATEMENTS["newest"], object_id, list(keys))
        return [
            SeriesRow(row["key"], "double", [row["latest_step"]], [row["latest_wallclock_s"]], [row["latest"]])
            for row in rows
        ]

    async def page(
        self, object_id: UUID, key: str, *, steps: Steps, place: SeriesPlace | None, points_max: int, bytes_max: int
    ) -> SeriesPage:
        """Return a page of a key's points, by step, then wallclock.

        Points that come meanwhile at the step where two pages meet may shift those that follow there.

        Args:
            object_id: Whose they are.
            key: The series' key.
            steps: Only those of these steps.
            place: Where the page begins; None for the first.
            points_max: At most so many.
            bytes_max: Fewer, where their text and bytes come to so much.
        """
        first, after = place or SeriesPlace(steps.first, 0)
        async with self._database.acquire_long(timeout_s=READ_TIMEOUT_S) as connection:
            arguments = (object_id, key, first, steps.last, after, points_max + 1, bytes_max)
            rows = await connection.fetch(STATEMENTS["page"], *arguments)
        shown = rows[:points_max]
        by_kind: dict[str, SeriesRow] = {}
        for row in shown:
            series = by_kind.setdefault(row["kind"], SeriesRow(key, row["kind"], [], [], []))
            series.steps.append(row["step"])
            series.wallclock_s.append(row["wallclock_s"])
            series.values.append(row[_VALUE[row["kind"]]])
        is_last = not rows or len(shown) == rows[0]["found"]
        return SeriesPage(list(by_kind.values()), None if is_last else _after(shown, first, after))


def _after(shown: Sequence[Any], first: int, after: int) -> SeriesPlace:
    step = shown[-1]["step"]
    same = sum(row["step"] == step for row in shown)
    return SeriesPlace(step, same + (after if step == first else 0))
