"""A log set back under a running process: a standby that was behind took over, or an older backup was restored."""

import asyncio
import subprocess
from pathlib import Path

import asyncpg
import pytest

from modelbox_events import Log, LogForkedError, LogRewoundError, Position, Token, migrate, new_id
from modelbox_gateway.embedded.postgres import EmbeddedPostgres
from modelbox_projections import PROJECTIONS, list_states, prepare
from tests.conftest import open_folder
from tests.integration.gateway_server import until
from tests.integration.log_cases import append, assert_whole, stream
from tests.integration.projections_support import WAIT_S, running
from tests.integration.set_back import Restorable

REPLACED = pytest.mark.parametrize("replaced", [0, 4], ids=["shorter", "shorter, then longer"])
"""How many events stand after the loss where two were lost."""


async def record(log: Log, events: int) -> Position:
    recorded = [await log.append(append(stream())) for _ in range(events)]
    return recorded[-1].last_position


async def recorded_before(dsn: str, events: int) -> None:
    log = await Log.open(dsn)
    await record(log, events)
    await log.close()


@REPLACED
async def test_a_head_that_is_set_back_says_so(dsn: str, replaced: int) -> None:
    """By its position, or by the hash where others have taken the positions that were lost."""
    await recorded_before(dsn, 3)
    async with Restorable.keep(dsn) as kept:
        log = await Log.open(dsn)
        await record(log, 2)
        await log.read_head()
        await kept.record(replaced)
        waiting = asyncio.create_task(log.head.wait_beyond(Position(5), timeout_s=60))

        await kept.restore()
        await until(lambda: log.head.rewinds == 1)
        assert await waiting == log.head.position == 3 + replaced
        assert await record(log, 1) == 4 + replaced
        await assert_whole(log)
        await log.close()


async def test_a_head_that_only_lost_its_connection_is_not_set_back(log: Log, dsn: str) -> None:
    await record(log, 3)
    admin = await asyncpg.connect(dsn)
    for _ in range(3):
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await record(log, 3)
    await admin.close()
    await log.read_head()

    await asyncio.sleep(1.0)  # long enough for several looks

    assert (log.head.rewinds, log.head.position) == (0, 12)


@REPLACED
async def test_views_follow_a_log_that_was_set_back(dsn: str, replaced: int) -> None:
    """The runner of a living process folds what is recorded afterwards, and does not spin on what is lost."""
    await recorded_before(dsn, 3)
    await prepare(dsn)
    async with Restorable.keep(dsn) as kept:
        log = await Log.open(dsn)
        async with running(log) as runner:
            await runner.cursors.wait(list(PROJECTIONS), await record(log, 2), timeout_s=WAIT_S)
            await log.read_head()
            await kept.record(replaced)
            await kept.restore()
            await until(lambda: log.head.rewinds == 1)
            assert runner.cursors.position("models") <= 3 + replaced

            last = await record(log, 1)
            await until(lambda: runner.cursors.position("models") >= last)
            assert {state.position for state in await list_states(log)} == {last}
            assert await _reads_a_second(log) < 200
        await log.close()


async def test_a_view_of_another_log_is_emptied_while_the_runner_runs(dsn: str) -> None:
    """Not only at its start: the page that follows on a view must be the one that the view was folded up to."""
    await prepare(dsn)
    log = await Log.open(dsn)
    async with running(log) as runner:
        await runner.cursors.wait(list(PROJECTIONS), await record(log, 3), timeout_s=WAIT_S)
        admin = await asyncpg.connect(dsn)
        await admin.execute("UPDATE modelbox_views.projection_state SET hash = sha256('other') WHERE name = 'models'")
        await admin.close()
        await until(lambda: len({state.hash for state in runner.cursors.states}) == 2)  # it has looked at the views

        last = await record(log, 1)
        await until(lambda: runner.cursors.position("models") >= last)
        states = {state.name: state for state in await list_states(log)}
        assert (states["models"].generation, states["metadata"].generation) == (2, 1)
    await log.close()


@REPLACED
async def test_a_token_with_its_hash_is_told_from_one_of_the_log_as_it_was(dsn: str, replaced: int) -> None:
    await recorded_before(dsn, 3)
    async with Restorable.keep(dsn) as kept:
        before = await Log.open(dsn)
        old = await before.chain_hashes.hashed(Token(before.log_id, Position(3)))
        lost = await before.chain_hashes.hashed(Token(before.log_id, await record(before, 2)))
        assert await before.chain_hashes.check(lost) == 5
        await before.close()
        await kept.record(replaced)
        await kept.restore()
        log = await Log.open(dsn)

        assert await log.chain_hashes.check(old) == 3
        assert await log.chain_hashes.check(lost.without_hash()) == 5
        for _ in range(2):
            with pytest.raises(LogRewoundError):
                await log.chain_hashes.check(lost)
        with pytest.raises(LogForkedError):
            await log.chain_hashes.check(Token(new_id(), Position(1), old.hash))
        await log.close()


async def test_a_token_is_checked_without_a_read_once_its_place_is_known(log: Log) -> None:
    token = await log.chain_hashes.hashed(Token(log.log_id, await record(log, 1)))
    await log.database.close()  # whoever reads now fails

    assert await log.chain_hashes.check(token) == 1


async def test_a_promoted_older_copy_of_the_data_folder_is_noticed() -> None:
    """The real thing: the cluster's files of an earlier moment, under the same socket, with the process living on."""
    with open_folder() as folder:
        server = EmbeddedPostgres(folder)
        await server.start()
        await migrate(server.dsn)
        await recorded_before(server.dsn, 3)
        await server.stop()
        _copy(folder / "data", folder / "older")
        await server.start()
        log = await Log.open(server.dsn)
        await record(log, 5)
        await log.read_head()

        await server.stop()
        (folder / "data").rename(folder / "newer")
        (folder / "older").rename(folder / "data")
        await server.start()

        await until(lambda: log.head.rewinds == 1)
        assert log.head.position == 3
        assert await record(log, 1) == 4
        await log.close()
        await server.stop()


def _copy(folder: Path, to: Path) -> None:
    subprocess.run(["cp", "-a", str(folder), str(to)], check=True)


async def _reads_a_second(log: Log) -> float:
    async def transactions() -> int:
        async with log.database.acquire() as connection:
            await connection.execute("SELECT pg_stat_clear_snapshot()")
            return int(
                await connection.fetchval("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
            )

    before, since = await transactions(), asyncio.get_running_loop().time()
    await asyncio.sleep(2.5)  # Postgres counts a second late
    return (await transactions() - before) / (asyncio.get_running_loop().time() - since)
