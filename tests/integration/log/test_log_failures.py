"""The log when Postgres, the network or the clock fails: nothing acknowledged is lost, nothing is recorded twice."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import pytest

from modelbox_events import Log, LogOverloadedError, LogUnavailableError, PartitionMissingError, Position, migrate
from modelbox_events.append import RESEND_FOR_S
from modelbox_events.lane import LOCK_TIMEOUT_MS
from modelbox_events.limits import QUEUE_REQUESTS_MAX
from modelbox_events.upkeep import EVENT_PARTITION_ROWS
from modelbox_gateway.embedded.postgres import EmbeddedPostgres
from tests.conftest import open_folder
from tests.integration.log.cutting_proxy import CuttingProxy
from tests.integration.log_cases import append, assert_whole, stream

KILLS = 4


@pytest.fixture
async def own_postgres() -> AsyncIterator[EmbeddedPostgres]:
    """A Postgres of the test's own, to be killed."""
    with open_folder() as folder:
        server = EmbeddedPostgres(folder)
        await server.start()
        await migrate(server.dsn)
        yield server
        await server.stop()


async def test_killing_postgres_loses_no_acknowledged_append(own_postgres: EmbeddedPostgres) -> None:
    """SIGKILL the postmaster and all its children, several times, while clients append and retry with their keys."""
    log = await Log.open(own_postgres.dsn)
    acknowledged: dict[str, int] = {}
    stop = asyncio.Event()

    async def client(number: int) -> None:
        to = stream()
        count = 0
        while not stop.is_set():
            key = f"{number}-{count}"
            try:
                appended = await log.append(append(to, key=key))
            except LogUnavailableError:
                continue  # the same key again
            acknowledged[key] = appended.last_position
            count += 1

    clients = [asyncio.create_task(client(number)) for number in range(10)]
    for _ in range(KILLS):
        await asyncio.sleep(0.7)
        _kill_group(own_postgres.pid)
        await own_postgres.start()
    before = len(acknowledged)
    await _until(lambda: len(acknowledged) > before)
    stop.set()
    await asyncio.gather(*clients)

    events = await assert_whole(log)
    assert len(acknowledged) == len(events)
    assert sorted(acknowledged.values()) == [event.position for event in events]
    await log.close()


@pytest.mark.parametrize("cut", ["before the call", "within the arguments", "after the commit"])
async def test_a_cut_connection_never_records_twice(dsn: str, cut: str) -> None:
    socket = dsn.split("host=")[1].split("&", maxsplit=1)[0] + "/.s.PGSQL.5432"
    async with CuttingProxy(socket) as proxy:
        log = await Log.open(dsn.replace(dsn.split("host=")[1].split("&", maxsplit=1)[0], proxy.folder))
        to = stream()
        await log.append(append(to))
        if cut == "before the call":
            proxy.cut_all()
        else:
            proxy.cut_on(b"modelbox_cut_here", after_reply=cut == "after the commit")

        appended = await log.append(append(to, value="modelbox_cut_here"))

        assert proxy.cuts == 1
        assert appended.version == 2
        assert len(await assert_whole(log)) == 2
        await log.close()


async def test_a_rolled_back_batch_leaves_no_gap(log: Log, dsn: str) -> None:
    await log.append(append(stream()))
    connection = await asyncpg.connect(dsn)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("UPDATE modelbox.log_head SET position = position + 100")
    await transaction.rollback()
    await connection.close()

    assert (await log.append(append(stream()))).first_position == 2
    await assert_whole(log)


async def test_idle_transactions_of_others_delay_nothing(log: Log, dsn: str, postgres_server: EmbeddedPostgres) -> None:
    """Neither one in this database nor one in another; a scheme that waits for the oldest transaction would stall."""
    idle = [await asyncpg.connect(dsn), await asyncpg.connect(postgres_server.dsn)]
    for connection in idle:
        await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        await connection.execute("SELECT txid_current()")

    async with asyncio.timeout(5):
        for _ in range(20):
            appended = await log.append(append(stream()))
            assert (await log.read(Position(appended.last_position - 1)))[0].position == appended.last_position

    for connection in idle:
        await connection.close()


async def test_a_held_head_is_reported_within_the_limit_and_recovers(log: Log, dsn: str) -> None:
    operator = await asyncpg.connect(dsn)
    await operator.execute("BEGIN")
    await operator.execute("SELECT * FROM modelbox.log_head FOR UPDATE")

    async with asyncio.timeout(RESEND_FOR_S + 2 * LOCK_TIMEOUT_MS / 1000 + 2):
        with pytest.raises(LogUnavailableError, match="55P03"):
            await log.append(append(stream()))

    await operator.execute("ROLLBACK")
    await operator.close()
    assert (await log.append(append(stream()))).first_position == 1


async def test_without_a_partition_appends_are_refused_until_there_is_one(log: Log, dsn: str) -> None:
    await log.append(append(stream()))
    owner = await asyncpg.connect(dsn)
    beyond = 3 * EVENT_PARTITION_ROWS
    await owner.execute("UPDATE modelbox.log_head SET position = $1", beyond)

    with pytest.raises(PartitionMissingError):
        await log.append(append(stream()))

    await owner.execute("SELECT modelbox.ensure_event_partitions(2, $1)", EVENT_PARTITION_ROWS)
    assert (await log.append(append(stream()))).first_position == beyond + 1
    await owner.close()


async def test_a_clock_set_back_does_not_turn_recorded_time_back(log: Log, dsn: str) -> None:
    """As after a step back of one hour: the head was written an hour ahead of the clock."""
    connection = await asyncpg.connect(dsn)
    ahead = await connection.fetchval(
        "UPDATE modelbox.log_head SET recorded_at = clock_timestamp() + interval '1 hour' RETURNING recorded_at"
    )
    await connection.close()

    first, second = await log.append(append(stream())), await log.append(append(stream()))

    assert first.recorded_at == second.recorded_at == ahead
    await assert_whole(log)


async def test_more_appends_than_may_wait_are_refused_with_a_delay(log: Log) -> None:
    tasks = [asyncio.create_task(log.append(append(stream()))) for _ in range(QUEUE_REQUESTS_MAX + 200)]

    results = await asyncio.gather(*tasks, return_exceptions=True)

    refused = [result for result in results if isinstance(result, LogOverloadedError)]
    assert 0 < len(refused) <= 200
    assert all(error.retry_after_s > 0 for error in refused)
    assert len(await assert_whole(log)) == len(tasks) - len(refused)


async def test_appends_whose_callers_gave_up_do_not_wait_any_more(log: Log, dsn: str) -> None:
    """While Postgres stands still they would keep all others out."""
    operator = await asyncpg.connect(dsn)
    await operator.execute("BEGIN")
    await operator.execute("SELECT * FROM modelbox.log_head FOR UPDATE")
    tasks = [asyncio.create_task(log.append(append(stream()))) for _ in range(QUEUE_REQUESTS_MAX)]
    await _until(lambda: log.waiting > QUEUE_REQUESTS_MAX / 2)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    assert log.waiting == 0

    await operator.execute("ROLLBACK")
    await operator.close()
    assert not (await log.append(append(stream()))).duplicate


async def test_closing_records_what_waits(dsn: str) -> None:
    log = await Log.open(dsn)
    tasks = [asyncio.create_task(log.append(append(stream()))) for _ in range(50)]
    await asyncio.sleep(0)

    await log.close()

    assert sorted(appended.first_position for appended in await asyncio.gather(*tasks)) == list(range(1, 51))
    with pytest.raises(LogUnavailableError, match="shutting down"):
        await log.append(append(stream()))


async def test_a_commit_of_another_process_moves_the_head(log: Log, dsn: str) -> None:
    other = await Log.open(dsn)

    appended = await other.append(append(stream()))

    assert await log.head.wait_beyond(Position(appended.last_position - 1), timeout_s=5) == appended.last_position
    await other.close()


def _kill_group(postmaster: int) -> None:
    """SIGKILL a postmaster and its children, as a crash of the machine would."""
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    for pid in (postmaster, *map(int, children)):
        os.kill(pid, signal.SIGKILL)


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  # what it waits for happens in other tasks and processes
            await asyncio.sleep(0.02)
