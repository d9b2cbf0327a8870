"""Reads metric series."""

import math
from collections.abc import Sequence
from itertools import islice
from operator import le, lt
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from modelbox_events import Database
from modelbox_projections.metrics import STATEMENTS

READ_TIMEOUT_S = 120.0
"""Series of many million points take longer than other reads may."""

_VALUES = {"double": "doubles", "string": "strings", "bytes": "blobs"}


class SeriesRow(msgspec.Struct, frozen=True):
    """One series: three columns with one entry a point, by step, then wallclock, then as logged.

    `kind` is "double", "string" or "bytes" and tells what `values` holds; wallclock is seconds since the epoch.
    """

    key: str
    kind: str
    steps: list[int]
    wallclock_s: list[float]
    values: list[Any]


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


class Metrics:
    """The view of metrics."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database

    async def of(self, object_id: UUID, keys: Sequence[str] = ()) -> list[SeriesRow]:
        """Return an object's series by key, only those of `keys` unless it is empty."""
        async with self._database.acquire() as connection:
            chunks = await connection.fetch(STATEMENTS["of"], object_id, list(keys), timeout=READ_TIMEOUT_S)
        found: dict[tuple[str, str], SeriesRow] = {}
        for chunk in chunks:
            _append(found, chunk)
        return [_ordered(series) for series in found.values()]

    async def summaries_of_many(self, object_ids: Sequence[UUID]) -> dict[UUID, list[MetricSummaryRow]]:
        """Return what the series of doubles of several objects come to, by key; each object is in the answer."""
        async with self._database.acquire() as connection:
            rows = await connection.fetch(STATEMENTS["summaries_of_many"], list(object_ids))
        found: dict[UUID, list[MetricSummaryRow]] = {object_id: [] for object_id in object_ids}
        for row in rows:
            found[row["object_id"]].append(_summary(row))
        return found


def _summary(row: asyncpg.Record) -> MetricSummaryRow:
    smallest, largest = row["min"], row["max"]
    if smallest is None:
        smallest = largest = math.nan
    return MetricSummaryRow(row["key"], row["latest"], row["latest_step"], smallest, largest, row["points"])


def _append(found: dict[tuple[str, str], SeriesRow], chunk: asyncpg.Record) -> None:
    key, kind = chunk["key"], chunk["kind"]
    series = found.get((key, kind))
    if series is None:
        series = found[key, kind] = SeriesRow(key, kind, [], [], [])
    series.steps.extend(chunk["steps"])
    series.wallclock_s.extend(chunk["wallclock_s"])
    series.values.extend(chunk[_VALUES[kind]])


def _ordered(series: SeriesRow) -> SeriesRow:
    """Return the series by step and wallclock; points are nearly always logged in that order already."""
    steps, wallclock_s = series.steps, series.wallclock_s
    if all(map(lt, steps, islice(steps, 1, None))):  # one point a step: wallclock decides nothing
        return series
    places = list(zip(steps, wallclock_s, strict=True))
    if all(map(le, places, islice(places, 1, None))):
        return series
    order = sorted(range(len(places)), key=places.__getitem__)
    return SeriesRow(
        series.key,
        series.kind,
        [steps[number] for number in order],
        [wallclock_s[number] for number in order],
        [series.values[number] for number in order],
    )
