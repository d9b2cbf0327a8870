"""One state of the view of metrics, and of the log that holds the rest of it."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Final
from uuid import UUID

from modelbox_events import Database
from modelbox_events.database import AnyConnection
from modelbox_projections.metrics import STATEMENTS
from modelbox_projections.metrics.points import Points, SeriesKey
from modelbox_projections.metrics.series import SeriesRow, Steps
from modelbox_projections.metrics.tail import read_tail

READ_TIMEOUT_S: Final = 120.0
"""Series of many million points take longer than other reads may."""

# The lock comes before the snapshot, which the first query takes: a rebuilt generation that takes over has done so
# before, or does so after all is read.
_BEGIN: Final = f"""
SET LOCAL statement_timeout TO {round(READ_TIMEOUT_S * 1000)};
LOCK TABLE modelbox_views.metric_objects IN ACCESS SHARE MODE
"""


@contextlib.asynccontextmanager
async def snapshot(database: Database) -> AsyncIterator[AnyConnection]:
    """Borrow a connection on which every statement sees the same state of the view and of the log."""
    async with (
        database.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        await connection.execute(_BEGIN)
        yield connection


async def unsealed(
    connection: AnyConnection, object_id: UUID, keys: Sequence[str], steps: Steps
) -> dict[SeriesKey, SeriesRow]:
    """Return the points that an object has in the log alone, up to where the view is, each series as logged.

    Args:
        connection: Of a `snapshot`.
        object_id: Whose they are.
        keys: Only series of these keys, unless it is empty.
        steps: Only points of these steps.
    """
    place = await connection.fetchrow(STATEMENTS["tail_place"], object_id)
    if place is None:
        return {}
    tail = await read_tail(
        connection,
        object_id,
        sealed_version=place["sealed_version"],
        sealed_position=place["sealed_position"],
        to_version=place["last_version"],
    )
    wanted = {key: _within(key, points, steps) for key, points in tail.items() if not keys or key[0] in keys}
    return {key: series for key, series in wanted.items() if series.steps}


def _within(key: SeriesKey, points: Points, steps: Steps) -> SeriesRow:
    series = SeriesRow(*key, [], [], [])
    series.add_within(steps, points.steps, points.wallclock_s, points.values)
    return series
