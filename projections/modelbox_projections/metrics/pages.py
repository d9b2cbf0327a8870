"""Reads a metric series a page at a time, and its newest point."""

from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Any, NamedTuple
from uuid import UUID

from modelbox_events import Database
from modelbox_projections.limits import PAGES_AT_ONCE
from modelbox_projections.metrics import STATEMENTS
from modelbox_projections.metrics.points import DOUBLE
from modelbox_projections.metrics.series import VALUE_COLUMNS, SeriesRow, Steps
from modelbox_projections.metrics.snapshot import snapshot, unsealed
from modelbox_projections.turns import Turns


class SeriesStart(NamedTuple):
    """Where a page of a series begins: at this step, after so many of its points."""

    step: int
    after: int


class SeriesPage(NamedTuple):
    """A page of a key's points, a series for each kind of value, and where the next begins, None after the last."""

    series: list[SeriesRow]
    next: SeriesStart | None


class MetricPages:
    """The view of metrics, in pieces."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database
        self._page_turns = Turns(PAGES_AT_ONCE)

    async def newest(self, object_id: UUID, keys: Sequence[str] = ()) -> list[SeriesRow]:
        """Return the point of the highest step of each series of doubles, only those of `keys` unless it is empty."""
        async with self._database.acquire() as connection:
            rows = await connection.fetch(STATEMENTS["newest"], object_id, list(keys))
        return [
            SeriesRow(row["key"], DOUBLE, [row["latest_step"]], [row["latest_wallclock_s"]], [row["latest"]])
            for row in rows
        ]

    async def page(
        self, object_id: UUID, key: str, *, steps: Steps, start: SeriesStart | None, points_max: int, bytes_max: int
    ) -> SeriesPage:
        """Return a page of a key's points, by step, then wallclock.

        Points that come meanwhile at the step where two pages meet may shift those that follow there.

        Args:
            object_id: Whose they are.
            key: The series' key.
            steps: Only those of these steps.
            start: Where the page begins; None for the first.
            points_max: At most so many.
            bytes_max: Fewer, where their text and bytes come to so much.

        Raises:
            ReadsBusyError: As many pages as may be were read all the time.
        """
        first, after = start or SeriesStart(steps.first, 0)
        async with self._page_turns.taken(), snapshot(self._database) as connection:
            tail = await unsealed(connection, object_id, [key], Steps(first, steps.last))
            arguments = (object_id, key, first, steps.last, after, points_max, bytes_max)
            rows = await connection.fetch(STATEMENTS["page"], *arguments, *_columns(tail.values()))
        shown = [
            SeriesRow(key, row["kind"], row["steps"], row["wallclock_s"], row[VALUE_COLUMNS[row["kind"]]])
            for row in rows
        ]
        is_last = not rows or sum(len(series.steps) for series in shown) == rows[0]["found"]
        return SeriesPage(shown, None if is_last else _after(shown, first, after))


def _columns(tail: Iterable[SeriesRow]) -> list[list[Any]]:
    """Return the points of series of all kinds as statement `page` takes them."""
    kinds: list[str] = []
    steps: list[int] = []
    wallclock_s: list[float] = []
    values: dict[str, list[Any]] = {kind: [] for kind in VALUE_COLUMNS}
    for series in tail:
        count = len(series.steps)
        kinds += [series.kind] * count
        steps += series.steps
        wallclock_s += series.wallclock_s
        for kind, column in values.items():
            column.extend(series.values if kind == series.kind else [None] * count)
    return [kinds, steps, wallclock_s, *values.values()]


def _after(shown: Sequence[SeriesRow], first: int, after: int) -> SeriesStart:
    step = max(series.steps[-1] for series in shown)
    same = sum(1 for series in shown for _ in takewhile(lambda found: found == step, reversed(series.steps)))
    return SeriesStart(step, same + (after if step == first else 0))
