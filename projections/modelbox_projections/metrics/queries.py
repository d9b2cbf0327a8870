"""Reads metric series."""

import math
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from modelbox_projections.metrics import STATEMENTS
from modelbox_projections.metrics.downsampling import downsampled
from modelbox_projections.metrics.pages import READ_TIMEOUT_S, MetricPages
from modelbox_projections.metrics.series import ALL_STEPS, SeriesRow, Steps, ordered

CHUNKS_AT_ONCE: Final = 16
"""Chunks that are read before others of this process have a turn."""

_VALUES: Final = {"double": "doubles", "string": "strings", "bytes": "blobs"}


class MetricSummaryRow(msgspec.Struct, frozen=True):
    """What a series of doubles comes to.

    `latest` and `latest_step` are of the last point by step, then wallclock. `min` and `max` pass over NaN; they are
    NaN where there is nothing else.
    """

    key: str
    latest: float
    latest_step: int
    min: float
    max: float
    points: int


class Metrics(MetricPages):
    """The view of metrics."""

    async def of(
        self, object_id: UUID, keys: Sequence[str] = (), *, max_points: int = 0, steps: Steps = ALL_STEPS
    ) -> list[SeriesRow]:
        """Return an object's series by key, only those of `keys` unless it is empty, and only points of these steps.

        Of each series at most `max_points` points come back unless that is 0: those that show its course and its
        spikes, see `downsampled`.
        """
        found: list[SeriesRow] = []
        series: SeriesRow | None = None
        async with self._database.acquire_long(timeout_s=READ_TIMEOUT_S) as connection:
            # A few chunks at a time, and one series after the other: memory has what is returned, and one series more.
            arguments = (object_id, list(keys), steps.first, steps.last)
            async for chunk in connection.cursor(STATEMENTS["of"], *arguments, prefetch=CHUNKS_AT_ONCE):
                if series is None or (series.key, series.kind) != (chunk["key"], chunk["kind"]):
                    if series is not None:
                        found.append(_shown(series, max_points))
                    series = SeriesRow(chunk["key"], chunk["kind"], [], [], [])
                series.add_within(steps, chunk["steps"], chunk["wallclock_s"], chunk[_VALUES[chunk["kind"]]])
        if series is not None:
            found.append(_shown(series, max_points))
        return found

    async def count(self, object_id: UUID, keys: Sequence[str] = (), *, steps: Steps = ALL_STEPS) -> int:
        """Return how many points of these steps an object's series have, only those of `keys` unless it is empty."""
        if steps != ALL_STEPS:
            async with self._database.acquire_long(timeout_s=READ_TIMEOUT_S) as connection:
                return int(await connection.fetchval(STATEMENTS["count_range"], object_id, list(keys), *steps))
        async with self._database.acquire() as connection:
            return int(await connection.fetchval(STATEMENTS["count_points"], object_id, list(keys)))

    async def summaries_of_many(self, object_ids: Sequence[UUID]) -> dict[UUID, list[MetricSummaryRow]]:
        """Return what the series of doubles of several objects come to, by key; each object is in the answer."""
        async with self._database.acquire() as connection:
            rows = await connection.fetch(STATEMENTS["summaries_of_many"], list(object_ids))
        found: dict[UUID, list[MetricSummaryRow]] = {object_id: [] for object_id in object_ids}
        for row in rows:
            found[row["object_id"]].append(summary_of(row))
        return found


def summary_of(row: asyncpg.Record) -> MetricSummaryRow:
    """Return what a row of `metric_series` of doubles says."""
    smallest, largest = row["min"], row["max"]
    if smallest is None:
        smallest = largest = math.nan
    return MetricSummaryRow(row["key"], row["latest"], row["latest_step"], smallest, largest, row["points"])


def _shown(series: SeriesRow, max_points: int) -> SeriesRow:
    whole = ordered(series)
    return downsampled(whole, max_points) if max_points else whole
