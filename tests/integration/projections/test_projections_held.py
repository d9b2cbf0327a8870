"""A snapshot that somebody holds (a dump, a check, an analyst) does not slow folding down.

It keeps the old rows of all that changes in place. What is changed often is therefore found by a key that grows, past
none of them. Measured in blocks that Postgres touches: that says the same on a busy machine.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg
import pytest

from modelbox_events import ChangeEvent, Log, Position, StreamRef
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_events.types.objects import HyperparametersLogged
from modelbox_projections import PROJECTIONS, prepare
from modelbox_projections.fold import Fold, fold_together
from modelbox_projections.page import pages_of
from modelbox_projections.sessions import RUNNER
from modelbox_projections.state import active_of, load_states
from tests.integration.projections_support import append, create_model, model_created, model_ref, points

PAGES = 2_399
STEP = 200
BLOCKS_GROWTH_MAX = 1.5
"""With keys that do not grow, the last pages touched many times as many blocks as the first."""

_BLOCKS = """
SELECT sum(heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read)
FROM pg_statio_user_tables
WHERE schemaname = $1
"""


@contextlib.asynccontextmanager
async def held_snapshot(dsn: str) -> AsyncIterator[None]:
    """Hold a snapshot, as a dump does."""
    holder = await asyncpg.connect(dsn)
    async with holder.transaction(isolation="repeatable_read", readonly=True):
        await holder.fetch("SELECT count(*) FROM modelbox_views.projection_state")
        yield
    await holder.close()


class Folding:
    """Folds a log a page an event into one projection, the others' cursors along, and counts the blocks it touches."""

    def __init__(self, log: Log, connection: asyncpg.Connection, name: str) -> None:
        self._log = log
        self._connection = connection
        self._name = name
        self.position = Position(0)

    async def blocks(self) -> tuple[int, int]:
        """Fold the next events; returns how many blocks of cursors and of the projection's tables that touched."""
        before = await self._touched()
        states = [active_of(await load_states(self._connection), name) for name in PROJECTIONS]
        for event in await self._log.read(self.position, limit=STEP):
            (page,) = pages_of(self.position, [event], self._log.registry)
            (ours,) = (state for state in states if state.name == self._name)
            fold = Fold(self._connection, PROJECTIONS[self._name], ours)
            idle = [state for state in states if state is not ours]
            assert await fold_together(self._connection, [fold], page, idle=idle) is None
            states = [state.advanced(page) for state in states]
            self.position = page.last
        after = await self._touched()
        return after[0] - before[0], after[1] - before[1]

    async def _touched(self) -> tuple[int, int]:
        await self._connection.execute("SELECT pg_stat_force_next_flush()")
        cursors = await self._connection.fetchval(_BLOCKS, "modelbox_views")
        return int(cursors), int(await self._connection.fetchval(_BLOCKS, f"view_{self._name}_v1"))


def event_for(name: str, stream: StreamRef, number: int) -> tuple[StreamRef, ChangeEvent]:
    match name:
        case "metrics":
            return stream, points(stream.id, [0.5], first_step=number)
        case "metadata" | "models":
            return stream, MetadataUpdated(object_id=stream.id, metadata={"epoch": number})
        case "hyperparameters":
            return stream, HyperparametersLogged(object_id=stream.id, hyperparameters={"lr": number})
        case _:
            return model_ref(f"m{number}"), model_created(f"m{number}")


@pytest.mark.parametrize("name", ["metrics", "metadata", "hyperparameters", "namespaces", "models"])
async def test_folding_one_busy_object_stays_as_cheap_under_a_held_snapshot(dsn: str, log: Log, name: str) -> None:
    await prepare(dsn)
    stream = await create_model(log, "m")
    for first_of_step in range(0, PAGES, STEP):
        numbers = range(first_of_step, min(first_of_step + STEP, PAGES))
        await asyncio.gather(*(append(log, *event_for(name, stream, number)) for number in numbers))
    connection = await log.database.connect_alone("test", RUNNER)
    async with held_snapshot(dsn):
        folding = Folding(log, connection, name)
        await folding.blocks()
        first = last = await folding.blocks()
        while folding.position < log.head.position:
            last = await folding.blocks()
        (*_, state) = [state for state in await load_states(connection) if state.name == name]
        assert state.position == folding.position == log.head.position
    await connection.close()
    for touched_first, touched_last in zip(first, last, strict=True):
        assert touched_last <= BLOCKS_GROWTH_MAX * touched_first, (first, last)
