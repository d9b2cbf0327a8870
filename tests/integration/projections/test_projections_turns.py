"""Long reads take turns, and leave connections to all other calls while they wait."""

import asyncio

import asyncpg
import pytest

from modelbox_events import Log
from modelbox_events.log import POOL_SIZE
from modelbox_projections import ReadsBusyError, Scope, prepare, turns
from modelbox_projections.limits import PAGES_AT_ONCE, SEARCHES_AT_ONCE
from modelbox_projections.metrics import pages, queries
from modelbox_projections.metrics.points import SeriesKey
from modelbox_projections.metrics.queries import Metrics
from modelbox_projections.metrics.series import ALL_STEPS, SeriesRow
from modelbox_projections.search.queries import Search
from modelbox_projections.turns import Turn, Turns
from tests.integration.projections_support import WAIT_S, append, create_model, points, settled, until

SHORT_S = 1.0
LONG = 3_000
READERS = 2 * POOL_SIZE


@pytest.fixture(autouse=True)
def long_from_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LONG_READ_POINTS", LONG)
    monkeypatch.setattr(queries, "LONG_READS_MAX", 1)


async def busy(held: Turns) -> tuple[asyncio.Event, asyncio.Task[None]]:
    """Have a long read that goes on until the event is set."""
    done, begun = asyncio.Event(), asyncio.Event()

    async def read(turn: Turn) -> None:
        await turn.read(LONG + 1)
        begun.set()
        await done.wait()

    task = asyncio.create_task(held.run(read))
    await begun.wait()
    return done, task


@pytest.mark.parametrize("max_points", [0, 20])
async def test_long_reads_that_wait_hold_no_connection(
    dsn: str, log: Log, monkeypatch: pytest.MonkeyPatch, max_points: int
) -> None:
    await prepare(dsn)
    stream = await create_model(log, "m")
    for first in (2500, 0):  # not in the order of steps: all of it is read, also for a plot
        await append(log, stream, points(stream.id, [float(first)] * 2500, first_step=first))
    await append(log, stream, points(stream.id, [1.0], key="short"))
    metrics = (await settled(log)).of(Metrics)
    [expected] = await metrics.of(stream.id, ["loss"], max_points=max_points)
    done, other = await busy(metrics._turns)

    waiting: list[Turn] = []
    wait = Turn.wait

    async def waits(turn: Turn) -> None:
        waiting.append(turn)
        await wait(turn)

    monkeypatch.setattr(Turn, "wait", waits)
    readers = [asyncio.create_task(metrics.of(stream.id, ["loss"], max_points=max_points)) for _ in range(READERS)]
    await until(lambda: len(waiting) == READERS)
    async with asyncio.timeout(SHORT_S):
        [short] = await metrics.of(stream.id, ["short"], max_points=max_points)
    assert short.values == [1.0]
    assert not any(reader.done() for reader in readers)

    done.set()
    await other
    assert [found for [found] in await asyncio.gather(*readers)] == [expected] * READERS


async def test_a_long_read_that_gets_no_turn_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LONG_READ_WAIT_S", 0.05)
    held = Turns(1)
    done, other = await busy(held)

    async def read(turn: Turn) -> str:
        await turn.read(LONG)
        await turn.read(1)
        return "read"

    with pytest.raises(ReadsBusyError):
        await held.run(read)
    done.set()
    await other
    assert await held.run(read) == "read"
    assert await held.run(read) == "read", "a turn is given back"


async def test_a_short_read_waits_for_nobody() -> None:
    held = Turns(1)
    done, other = await busy(held)

    async def read(turn: Turn) -> str:
        await turn.read(LONG)
        return "read"

    assert await held.run(read) == "read"
    done.set()
    await other


async def test_pages_leave_connections_to_others(dsn: str, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    await prepare(dsn)
    stream = await create_model(log, "m")
    await append(log, stream, points(stream.id, [1.0, 2.0]))
    metrics = (await settled(log)).of(Metrics)
    are_read, held = asyncio.Event(), 0

    async def reading(*_: object) -> dict[SeriesKey, SeriesRow]:
        nonlocal held
        held += 1
        await are_read.wait()
        return {}

    monkeypatch.setattr(pages, "unsealed", reading)
    readers = [
        asyncio.create_task(
            metrics.page(stream.id, "loss", steps=ALL_STEPS, start=None, points_max=10, bytes_max=2**20)
        )
        for _ in range(READERS)
    ]
    await until(lambda: held == PAGES_AT_ONCE)
    async with asyncio.timeout(SHORT_S):
        assert await metrics.count(stream.id) == 2
    assert held == PAGES_AT_ONCE

    are_read.set()
    assert len(await asyncio.gather(*readers)) == READERS


async def test_searches_leave_connections_to_others(dsn: str, log: Log) -> None:
    await prepare(dsn)
    stream = await create_model(log, "m")
    await append(log, stream, points(stream.id, [1.0, 2.0]))
    views = await settled(log)
    connection = await asyncpg.connect(dsn)
    async with connection.transaction():
        await connection.execute("LOCK TABLE modelbox_views.models IN ACCESS EXCLUSIVE MODE")
        searches = [
            asyncio.create_task(views.of(Search).page("model", Scope(), limit=10)) for _ in range(2 * POOL_SIZE)
        ]
        await until_waiting(connection, SEARCHES_AT_ONCE)
        async with asyncio.timeout(SHORT_S):
            assert await views.of(Metrics).count(stream.id) == 2
    await connection.close()
    assert [[one.id for one in found] for found in await asyncio.gather(*searches)] == [[stream.id]] * 2 * POOL_SIZE


async def until_waiting(connection: asyncpg.Connection, sessions: int) -> None:
    """Wait until so many sessions wait for a lock, and see that they are no more."""
    here = "(SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())"
    waiting = f"SELECT count(*) FROM pg_catalog.pg_locks WHERE NOT granted AND database = {here}"
    async with asyncio.timeout(WAIT_S):
        while await connection.fetchval(waiting) < sessions:  # noqa: ASYNC110  # Postgres sets no event
            await asyncio.sleep(0.01)
    assert await connection.fetchval(waiting) == sessions
