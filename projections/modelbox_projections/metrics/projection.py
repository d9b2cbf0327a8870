"""Folds the points of metric series: counts them, and seals them in blocks.

Most points stay in the log until there are enough of an object's; see sealing.py. Nothing of them is kept in memory:
what is to be sealed and came before the page is read from the log again.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final
from uuid import UUID

import asyncpg

from modelbox_events import Position
from modelbox_projections.limits import METRICS_REST_S, TAIL_POINTS_MAX
from modelbox_projections.metrics import STATEMENTS
from modelbox_projections.metrics.brought import BRINGING, Brought, brought_by
from modelbox_projections.metrics.points import Points, SeriesKey, key_of
from modelbox_projections.metrics.sealing import Piece, block_of
from modelbox_projections.metrics.states import ObjectState
from modelbox_projections.metrics.tail import read_tail
from modelbox_projections.projection import DecodedEvent, Projection, write_rows

_COLUMNS: Final = ("double", "string", "bytes")
"""The kinds of values, in the order of the columns of a piece."""


class MetricsProjection(Projection):
    """What every metric series comes to, and its sealed points; these as a row a point in SQL view `metric_points`."""

    name: ClassVar = "metrics"
    code_version: ClassVar = 4
    event_types: ClassVar = BRINGING
    tables: ClassVar = ("metric_series", "metric_objects", "metric_axes", "metric_pieces")
    relations: ClassVar = (*tables, "metric_points", "metric_chunks")
    statements: ClassVar = STATEMENTS
    rest_s: ClassVar = METRICS_REST_S

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        """Write what these events change: two reads and two writes, and some more for each block that is sealed."""
        found = brought_by(events)
        if not found:
            return
        objects = await _load(connection, found)
        sealing = _Sealing(connection)
        for object_id, brought in found.items():
            for event in brought:
                if objects[object_id].add(event):
                    await sealing.seal(objects[object_id], event.position)
        await sealing.write()
        await _write(connection, [held for held in objects.values() if held.is_changed])


async def _load(connection: asyncpg.Connection, found: Mapping[UUID, Sequence[Brought]]) -> dict[UUID, ObjectState]:
    """Return where the objects stand, and those of their series that events concern."""
    objects = {object_id: ObjectState(object_id) for object_id in found}
    for row in await connection.fetch(STATEMENTS["objects"], list(objects)):
        objects[row["object_id"]].load(row)
    keys = {
        object_id: {key_of(series) for event in brought for series in event.series}
        for object_id, brought in found.items()
    }
    wanted = [(object_id, *key) for object_id, held in keys.items() for key in held]
    await _load_series(connection, objects, wanted)
    return objects


async def _load_series(
    connection: asyncpg.Connection, objects: Mapping[UUID, ObjectState], wanted: Sequence[tuple[UUID, str, str]]
) -> None:
    if wanted:
        for number, *row in await connection.fetch(STATEMENTS["series"], *zip(*wanted, strict=True)):
            object_id, *key = wanted[number - 1]
            objects[object_id].load_series((key[0], key[1]), row)


class _Sealing:
    """Seals blocks of a page, and writes several of them together: to write one costs as much as to write some."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._axes: list[tuple[Any, ...]] = []
        self._pieces: list[tuple[Any, ...]] = []
        self._points = 0

    async def seal(self, held: ObjectState, position: Position) -> None:
        """Make all that is unsealed of an object its next block."""
        points = await self._unsealed(held)
        block = block_of(points)
        self._axes += [(held.object_id, held.blocks, axis.number, axis.steps, axis.wallclock_s) for axis in block.axes]
        self._pieces += [_piece_row(held, position, piece, len(points[piece.series])) for piece in block.pieces]
        self._points += sum(map(len, points.values()))
        held.begin_block(position)
        if self._points >= TAIL_POINTS_MAX:
            await self.write()

    async def write(self) -> None:
        """Write what is sealed by now."""
        if self._pieces:
            await self._connection.executemany(STATEMENTS["add_axis"], self._axes)
            await self._connection.executemany(STATEMENTS["add_piece"], self._pieces)
        self._axes, self._pieces, self._points = [], [], 0

    async def _unsealed(self, held: ObjectState) -> dict[SeriesKey, Points]:
        """Return all points of an object that are not sealed: those before the page from the log, then the page's."""
        of_page = held.settle()
        if not held.has_tail:
            return of_page
        points = await read_tail(
            self._connection,
            held.object_id,
            sealed_version=held.sealed_version,
            sealed_position=held.sealed_position,
            to_version=held.logged_version,
        )
        others = [(held.object_id, *key) for key in points if key not in held.series]
        await _load_series(self._connection, {held.object_id: held}, others)
        for key, more in of_page.items():
            points.setdefault(key, Points.none()).extend(more)
        return points


def _piece_row(held: ObjectState, position: Position, piece: Piece, in_block: int) -> tuple[Any, ...]:
    """Return what statement `add_piece` takes; the block holds so many points of the series."""
    series = held.series[piece.series]
    summary = series.summary
    values: list[list[Any] | None] = [None, None, None]
    values[_COLUMNS.index(piece.series[1])] = piece.values
    return (
        held.object_id, *piece.series, held.blocks, piece.number, piece.axis, piece.points,
        series.points - in_block + piece.points_before, piece.first_step, piece.last_step, piece.is_ascending,
        *piece.low, *piece.high, held.last_version, position, summary.latest, summary.latest_step,
        summary.latest_wallclock_s, summary.min, summary.max, *values,
    )  # fmt: skip


async def _write(connection: asyncpg.Connection, changed: Sequence[ObjectState]) -> None:
    for held in changed:
        held.settle()
    series = [state.row(held.object_id) for held in changed for state in held.series.values() if state.is_changed]
    await write_rows(connection, STATEMENTS["write_series"], series)
    await write_rows(connection, STATEMENTS["write_objects"], [held.row() for held in changed])
