"""Reads metric series: what is sealed, and what is in the log alone."""

import asyncio
import math
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from operator import attrgetter
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from modelbox_events import Database
from modelbox_events.database import AnyConnection
from modelbox_projections.errors import TooManyPointsError
from modelbox_projections.limits import LONG_READS_MAX
from modelbox_projections.metrics import STATEMENTS
from modelbox_projections.metrics.downsampling import Point, Stretch
from modelbox_projections.metrics.long_series import PIECES_AT_ONCE, thinned
from modelbox_projections.metrics.outline import Head, Outline, PieceId
from modelbox_projections.metrics.pages import MetricPages
from modelbox_projections.metrics.points import SeriesKey
from modelbox_projections.metrics.series import ALL_STEPS, VALUE_COLUMNS, SeriesRow, Steps, ordered
from modelbox_projections.metrics.snapshot import snapshot, unsealed
from modelbox_projections.turns import Turn, Turns

HEADS_AT_ONCE: Final = 256
"""Heads of pieces that are read before others of this process have a turn."""

POINTS_AT_ONCE: Final = 65_536
"""Points of several series that are read together to be thinned out, or of a long one."""

SHOWN_MAX: Final = 2**31
"""Points in an answer, where its reader has no bound of its own."""

_Axis = tuple[list[int], list[float]]


class _Read(NamedTuple):
    """A piece of a series that was read, and where it is among the others."""

    place: tuple[int, int]
    steps: list[int]
    wallclock_s: list[float]
    values: list[Any]
    is_ascending: bool


class MetricSummaryRow(msgspec.Struct, frozen=True, gc=False):
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

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        super().__init__(database)
        self._turns = Turns(LONG_READS_MAX)

    async def of(
        self,
        object_id: UUID,
        keys: Sequence[str] = (),
        *,
        max_points: int = 0,
        steps: Steps = ALL_STEPS,
        shown_max: int = SHOWN_MAX,
    ) -> list[SeriesRow]:
        """Return an object's series by key, only those of `keys` unless it is empty, and only points of these steps.

        Of each series at most `max_points` points come back unless that is 0: those that show its course and its
        spikes, see `downsampled`. For these memory has what is returned, and a few series more or a part of a long one.

        Raises:
            TooManyPointsError: With `max_points` there would be more than `shown_max` points in all.
            ReadsBusyError: There are many points, and others read as many all the time.
        """
        if not max_points:
            return await self._turns.run(partial(self._whole, object_id, keys, steps))
        return await self._turns.run(
            partial(self._thinned, object_id, keys, steps, max_points=max_points, shown_max=shown_max)
        )

    async def _whole(self, object_id: UUID, keys: Sequence[str], steps: Steps, turn: Turn) -> list[SeriesRow]:
        async with snapshot(self._database) as connection:
            tail = await unsealed(connection, object_id, keys, steps)
            return await _whole_series(_Pieces(connection, object_id, steps, turn), keys, tail)

    async def _thinned(
        self, object_id: UUID, keys: Sequence[str], steps: Steps, turn: Turn, *, max_points: int, shown_max: int
    ) -> list[SeriesRow]:
        found: list[SeriesRow] = []
        shown = 0
        async with snapshot(self._database) as connection:
            tail = await unsealed(connection, object_id, keys, steps)
            pieces = _Pieces(connection, object_id, steps, turn)
            outlines = _outlines(connection, object_id, keys, steps, tail)
            async with aclosing(outlines), aclosing(_groups(outlines)) as groups:
                async for group in groups:
                    _refuse_more(shown + sum(outline.shown_at_least(max_points) for outline in group), shown_max)
                    more = [series for series in await pieces.shown(group, max_points) if series.steps]
                    shown += sum(len(series.steps) for series in more)
                    _refuse_more(shown, shown_max)
                    found += more
        return found

    async def count(self, object_id: UUID, keys: Sequence[str] = (), *, steps: Steps = ALL_STEPS) -> int:
        """Return how many points of these steps an object's series have, only those of `keys` unless it is empty."""
        if steps == ALL_STEPS:
            async with self._database.acquire() as connection:
                return int(await connection.fetchval(STATEMENTS["count_points"], object_id, list(keys)))
        async with snapshot(self._database) as connection:
            tail = await unsealed(connection, object_id, keys, steps)
            sealed = await connection.fetchval(STATEMENTS["count_range"], object_id, list(keys), *steps)
        return int(sealed) + sum(len(series.steps) for series in tail.values())

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


def _refuse_more(points: int, maximum: int) -> None:
    if points > maximum:
        raise TooManyPointsError(maximum)


async def _whole_series(stored: "_Pieces", keys: Sequence[str], tail: Mapping[SeriesKey, SeriesRow]) -> list[SeriesRow]:
    """Return whole series. Pieces come by block, so that those with the same axis are read together with it."""
    pieces: dict[SeriesKey, list[_Read]] = {key: [] for key in tail}
    async for key, read in stored.all(keys):
        pieces.setdefault(key, []).append(read)
    found = []
    for key in sorted(pieces):
        series = SeriesRow(*key, [], [], [])
        for read in sorted(pieces.pop(key), key=attrgetter("place")):
            series.add_within(stored.steps, read.steps, read.wallclock_s, read.values, is_ascending=read.is_ascending)
        if (more := tail.get(key)) is not None:
            series.add(more.steps, more.wallclock_s, more.values)
        if series.steps:
            found.append(ordered(series))
        await asyncio.sleep(0)  # others have a turn
    return found


async def _outlines(
    connection: AnyConnection,
    object_id: UUID,
    keys: Sequence[str],
    steps: Steps,
    tail: Mapping[SeriesKey, SeriesRow],
) -> AsyncGenerator[Outline, None]:
    """Yield the outlines of series by key; a series of many keys has pieces of few points, and so very many."""
    only_logged = deque(sorted(tail))
    async with aclosing(_heads(connection, object_id, keys, steps)) as found:
        async for key, heads in found:
            while only_logged and only_logged[0] < key:
                yield Outline(other := only_logged.popleft(), [], tail[other], steps)
            if only_logged and only_logged[0] == key:
                only_logged.popleft()
            yield Outline(key, heads, tail.get(key, SeriesRow(*key, [], [], [])), steps)
    for key in only_logged:
        yield Outline(key, [], tail[key], steps)


async def _heads(
    connection: AnyConnection, object_id: UUID, keys: Sequence[str], steps: Steps
) -> AsyncGenerator[tuple[SeriesKey, list[Head]], None]:
    """Yield the sealed series by key, each with the heads of its pieces."""
    heads: list[Head] = []
    cursor = connection.cursor(STATEMENTS["heads"], object_id, list(keys), *steps, prefetch=HEADS_AT_ONCE)
    async for row in cursor:
        head = _head_of(row)
        if heads and heads[0].id.series != head.id.series:
            yield heads[0].id.series, heads
            heads = []
        heads.append(head)
    if heads:
        yield heads[0].id.series, heads


def _head_of(row: asyncpg.Record) -> Head:
    low = Point(row["low_step"], row["low_wallclock_s"], row["low"])
    high = Point(row["high_step"], row["high_wallclock_s"], row["high"])
    stretch = None if row["low"] is None else Stretch(row["points"], low, high)
    piece = PieceId((row["key"], row["kind"]), row["block"], row["piece"])
    return Head(piece, row["points"], row["first_step"], row["last_step"], row["is_ascending"], stretch)


class _Pieces:
    """Reads sealed pieces of an object's series."""

    def __init__(self, connection: AnyConnection, object_id: UUID, steps: Steps, turn: Turn) -> None:
        self.steps = steps
        self._connection = connection
        self._object_id = object_id
        self._turn = turn

    async def all(self, keys: Sequence[str]) -> AsyncGenerator[tuple[SeriesKey, _Read], None]:
        """Yield all pieces of these keys, of all unless there are some, by block and axis."""
        axis: _Axis = ([], [])
        arguments = (self._object_id, list(keys), *self.steps)
        async for row in self._connection.cursor(STATEMENTS["whole"], *arguments, prefetch=PIECES_AT_ONCE):
            if row["steps"] is not None:
                axis = (row["steps"], row["wallclock_s"])
            await self._turn.read(len(axis[0]))
            key = (row["key"], row["kind"])
            place = (row["block"], row["piece"])
            yield key, _Read(place, *axis, row[VALUE_COLUMNS[key[1]]], row["is_ascending"])

    async def shown(self, outlines: Sequence[Outline], max_points: int) -> list[SeriesRow]:
        """Return at most so many points of each series; of their pieces only those are read that must be."""
        is_long = sum(outline.points for outline in outlines) > POINTS_AT_ONCE  # then it is one
        if is_long and not outlines[0].is_orderly():
            return [await thinned(outlines[0], max_points, self._read)]
        read = await self._read([piece for outline in outlines for piece in outline.to_measure()])
        more = [piece for outline in outlines for piece in outline.to_read(read, max_points)]
        if is_long and outlines[0].points_of(more) > POINTS_AT_ONCE:
            return [await thinned(outlines[0], max_points, self._read)]
        read |= await self._read(more)
        return [outline.shown(read, max_points) for outline in outlines]

    async def _read(self, pieces: Sequence[PieceId]) -> dict[PieceId, SeriesRow]:
        found: dict[PieceId, SeriesRow] = {}
        if not pieces:
            return found
        columns = map(list, zip(*((*piece.series, piece.block, piece.number) for piece in pieces), strict=True))
        cursor = self._connection.cursor(STATEMENTS["pieces"], self._object_id, *columns, prefetch=PIECES_AT_ONCE)
        async for row in cursor:
            key = (row["key"], row["kind"])
            series = found[PieceId(key, row["block"], row["piece"])] = SeriesRow(*key, [], [], [])
            values = row[VALUE_COLUMNS[key[1]]]
            await self._turn.read(len(values))
            series.add_within(self.steps, row["steps"], row["wallclock_s"], values, is_ascending=row["is_ascending"])
        return found


async def _groups(outlines: AsyncIterable[Outline]) -> AsyncGenerator[list[Outline], None]:
    """Group series that are read together: short ones, or one that is long."""
    group: list[Outline] = []
    points = 0
    async for outline in outlines:
        if group and points + outline.points > POINTS_AT_ONCE:
            yield group
            group, points = [], 0
        group.append(outline)
        points += outline.points
    if group:
        yield group
