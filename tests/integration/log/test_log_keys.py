"""Idempotency keys: kept as long as promised, whatever clocks say; forgotten a portion at a time."""

import asyncio

import asyncpg
import pytest

from modelbox_events import Log, LogUnavailableError
from modelbox_events.upkeep import INTERVAL_S, KEYS_KEPT_S, forget_keys
from tests.integration.log_cases import append, assert_whole, stream


@pytest.fixture
async def owner(dsn: str) -> asyncpg.Connection:
    """A connection of the tables' owner."""
    return await asyncpg.connect(dsn)


async def _pass(owner: asyncpg.Connection, log: Log, *, clock: str, times: int = 1) -> list[bool]:
    """Let the database's clock show so much more since the last upkeep, as often."""
    forgotten = []
    for _ in range(times):
        await owner.execute("UPDATE modelbox.keys_clock SET ticked_at = ticked_at - $1::text::interval", clock)
        forgotten.append(await forget_keys(log.database))
    return forgotten


async def test_a_clock_that_jumps_forgets_no_key(log: Log, owner: asyncpg.Connection) -> None:
    """Days ahead, and back again: a jump counts for one interval of upkeep at most."""
    request = append(stream(), key="k")
    first = await log.append(request)

    assert await _pass(owner, log, clock="30 days", times=20) == [False] * 20
    assert await _pass(owner, log, clock="-30 days", times=3) == [False] * 3

    assert (await log.append(request)).first_position == first.first_position
    ran = await owner.fetchval("SELECT ran_s FROM modelbox.keys_clock")
    assert ran <= 20 * INTERVAL_S
    await owner.close()


async def test_a_key_is_kept_for_its_time_and_then_forgotten(log: Log, owner: asyncpg.Connection) -> None:
    """A portion begins when the one before it is full; a key goes when its portion's turn comes again."""
    request, later = append(stream(), key="k"), append(stream(), key="later")
    await log.append(request)
    nearly = "UPDATE modelbox.keys_clock SET ran_s = $1"

    await owner.execute(nearly, KEYS_KEPT_S - INTERVAL_S / 2)
    assert await _pass(owner, log, clock="1 minute") == [True]
    await log.append(later)
    assert (await log.append(request)).duplicate

    await owner.execute(nearly, KEYS_KEPT_S - INTERVAL_S / 2)
    assert await _pass(owner, log, clock="1 minute") == [True]
    assert not (await log.append(request)).duplicate
    assert (await log.append(later)).duplicate
    await assert_whole(log)
    await owner.close()


async def test_processes_count_time_together(log: Log, owner: asyncpg.Connection) -> None:
    """Ten of them that do their upkeep at once count one interval."""
    await owner.execute("UPDATE modelbox.keys_clock SET ticked_at = ticked_at - interval '1 minute'")

    await asyncio.gather(*(forget_keys(log.database) for _ in range(10)))

    assert await owner.fetchval("SELECT ran_s FROM modelbox.keys_clock") <= INTERVAL_S
    await owner.close()


async def test_a_long_reader_of_the_keys_delays_forgetting_and_no_append(log: Log, owner: asyncpg.Connection) -> None:
    """A backup holds its locks for as long as it takes; the portion is emptied after it."""
    await log.append(append(stream(), key="k"))
    await owner.execute("UPDATE modelbox.keys_clock SET ran_s = $1", KEYS_KEPT_S)
    await owner.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    await owner.fetch("SELECT * FROM modelbox.idempotency")

    with pytest.raises(LogUnavailableError, match="could not obtain lock"):
        await _pass_other(log)
    await log.append(append(stream()))

    await owner.execute("COMMIT")
    assert await _pass(owner, log, clock="1 minute") == [True]
    await owner.close()


async def _pass_other(log: Log) -> None:
    other = await asyncpg.connect(log.database.dsn)
    await other.execute("UPDATE modelbox.keys_clock SET ticked_at = ticked_at - interval '1 minute'")
    await other.close()
    await forget_keys(log.database)
