"""Folds the points of metric series into chunks.

A series is what one object logged under one key with one kind of value. Its points keep the order in which they were
logged; point n stands in chunk n // `METRIC_CHUNK_POINTS`, so the chunks follow from the log alone.

Must not know: who asks for the points, or in which order they want them.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from math import isnan
from typing import Any, ClassVar, Final
from uuid import UUID

import asyncpg

from modelbox_events import ChangeEvent
from modelbox_events.types.checkpoint import CheckpointCreated
from modelbox_events.types.metrics import (
    BytesSeries,
    Double,
    DoubleSeries,
    MetricsLogged,
    Series,
    StringSeries,
    doubles_from_json,
)
from modelbox_events.types.model_version import ModelVersionCreated
from modelbox_projections.limits import METRIC_CHUNK_POINTS
from modelbox_projections.metrics import STATEMENTS
from modelbox_projections.projection import DecodedEvent, Projection, names_of

SeriesId = tuple[UUID, str, str]
"""Object, key, kind."""

KINDS = ("double", "string", "bytes")
"""The kinds of values, in the order of the value columns of a chunk."""


Summary = tuple[float | None, int | None, float | None, float | None, float | None]
"""Value, step and wallclock of the last point, smallest and largest value; of doubles alone."""

_NOTHING: Final = (None, None, None, None, None)


class Points:
    """Points that events bring to one series, in the order they were logged."""

    __slots__ = ("first_at", "last_at", "steps", "values", "wallclock_s")

    def __init__(self, at: datetime) -> None:
        self.first_at = at
        self.last_at = at
        self.steps: list[int] = []
        self.wallclock_s: list[float] = []
        self.values: list[Any] = []

    def summary(self) -> Summary:
        """Return what points of doubles, at least one, come to. Of values that are equal the first is kept."""
        values = self.values
        # A sum is a number only if every value is one; else those that are not are left out.
        numbers = [value for value in values if value == value] if isnan(sum(values)) else values  # noqa: PLR0124
        last = self._last()
        smallest, largest = (min(numbers), max(numbers)) if numbers else (None, None)
        return values[last], self.steps[last], self.wallclock_s[last], smallest, largest

    def _last(self) -> int:
        """Return the number of the last point by step, then wallclock, then as logged."""
        steps = self.steps
        top = max(steps)
        if steps[-1] == top and steps.count(top) == 1:
            return len(steps) - 1
        return max(zip(steps, self.wallclock_s, range(len(steps)), strict=True))[2]


def fold(events: Sequence[DecodedEvent]) -> dict[SeriesId, Points]:
    """Return the points that the events bring to each series."""
    found: dict[SeriesId, Points] = {}
    for event in events:
        at = event.recorded.recorded_at
        for object_id, series in _series_of(event.data, at):
            if not series.steps:  # it would leave a row, or a time, behind that no reader could explain
                continue
            kind, values = _kind_and_values(series)
            series_id = (object_id, series.key, kind)
            points = found.get(series_id)
            if points is None:
                points = found[series_id] = Points(at)
            points.last_at = at
            points.steps += series.steps
            points.wallclock_s += series.wallclock_s
            points.values += values
    return found


def _series_of(data: ChangeEvent, at: datetime) -> Iterator[tuple[UUID, Series]]:
    """Yield the series that an event brings, and the object of each."""
    match data:
        case MetricsLogged():
            for series in data.series:
                yield data.object_id, series
        case CheckpointCreated():
            step = data.step if data.epoch is None else data.epoch
            yield from _single_points(data.checkpoint_id, data.metrics, step or 0, at)
        case ModelVersionCreated():
            yield from _single_points(data.model_version_id, data.metrics, data.step, at)
        case _:
            return


def _single_points(
    object_id: UUID, metrics: Mapping[str, Double], step: int, at: datetime
) -> Iterator[tuple[UUID, Series]]:
    """Yield a point of each of these metrics."""
    for key, value in metrics.items():
        yield object_id, DoubleSeries(key=key, steps=[step], wallclock_s=[at.timestamp()], values=[value])


def _kind_and_values(series: Series) -> tuple[str, Sequence[Any]]:
    match series:
        case DoubleSeries():
            return "double", doubles_from_json(series.values)
        case StringSeries():
            return "string", series.values
        case BytesSeries():
            return "bytes", series.values


def pieces_of(held: int, added: int) -> Iterator[tuple[int, int, int]]:
    """Cut points that come to a series which holds `held` of them at the borders of chunks.

    Yields:
        Chunk number, first and last point that goes there, counted from 1 among those that come.
    """
    first = 0
    while first < added:
        chunk_no, filled = divmod(held + first, METRIC_CHUNK_POINTS)
        last = min(added, first + METRIC_CHUNK_POINTS - filled)
        yield chunk_no, first + 1, last
        first = last


class MissingChunkError(Exception):
    """The tables were changed by somebody else: chunks do not hold the points that their series count."""

    def __init__(self, pieces: int) -> None:
        super().__init__(f"{pieces} chunks do not hold the points that their series count; rebuild the projection")


class MetricsProjection(Projection):
    """The points of every metric series, in chunks, and as a row a point in SQL view `metric_points`."""

    name: ClassVar = "metrics"
    code_version: ClassVar = 3
    event_types: ClassVar = names_of(MetricsLogged, CheckpointCreated, ModelVersionCreated)
    tables: ClassVar = ("metric_series", "metric_chunks")
    relations: ClassVar = ("metric_series", "metric_chunks", "metric_points")
    statements: ClassVar = STATEMENTS

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        """Write what these events change: two statements, and one more for each further kind of values."""
        found = fold(events)
        if not found:
            return
        counts = [_count(series_id, points) for series_id, points in found.items()]
        rows = await connection.fetch(STATEMENTS["count"], *zip(*counts, strict=True))
        held = {(row["object_id"], row["key"], row["kind"]): row["points"] for row in rows}
        for number, kind in enumerate(KINDS):
            batch = _Batch()
            for key, points in found.items():
                if key[2] == kind:
                    batch.add(key, points, held[key] - len(points.steps))
            await batch.write(connection, kind, value_column=number)


def _count(series_id: SeriesId, points: Points) -> tuple[Any, ...]:
    """Return what statement `count` takes of points."""
    summary = points.summary() if series_id[2] == "double" else _NOTHING
    return (*series_id, len(points.steps), points.first_at, points.last_at, *summary)


class _Batch:
    """Points of several series of one kind, one after another, and the pieces that go to chunks."""

    def __init__(self) -> None:
        self._pieces: list[tuple[UUID, str, int, int, int, int]] = []
        self._steps: list[int] = []
        self._wallclock_s: list[float] = []
        self._values: list[Any] = []

    def add(self, series_id: SeriesId, points: Points, held: int) -> None:
        object_id, key, _ = series_id
        before = len(self._steps)
        for chunk_no, first, last in pieces_of(held, len(points.steps)):
            filled = (held + first - 1) % METRIC_CHUNK_POINTS
            self._pieces.append((object_id, key, chunk_no, filled, before + first, before + last))
        self._steps += points.steps
        self._wallclock_s += points.wallclock_s
        self._values += points.values

    async def write(self, connection: asyncpg.Connection, kind: str, *, value_column: int) -> None:
        if not self._pieces:
            return
        values: list[list[Any] | None] = [None, None, None]
        values[value_column] = self._values
        pieces = zip(*self._pieces, strict=True)
        arguments = (*pieces, self._steps, self._wallclock_s, *values, kind)
        placed = await connection.fetchval(STATEMENTS["append"], *arguments)
        if placed != len(self._pieces):
            raise MissingChunkError(len(self._pieces) - placed)
