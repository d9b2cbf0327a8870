"""The log's format rises only when every process that lives reads the next, and who cannot read it says so."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from modelbox_events import Log, LogUnavailableError
from modelbox_events.errors import NewerVersionError
from modelbox_events.limits import READS_LEVEL
from modelbox_gateway.members import Lease, Member, Members, prepare_members
from tests.integration.log_cases import append, assert_whole, stream

OLDER = """INSERT INTO modelbox_gateway.members (id, host_name, rpc_addr, http_addr, renewed_at)
           VALUES (gen_random_uuid(), 'elsewhere', '127.0.0.1:9', '127.0.0.1:9', clock_timestamp())"""
"""How a process of the first version, which knows no levels, takes its lease."""


@pytest.fixture
async def admin(log: Log) -> AsyncIterator[asyncpg.Connection]:
    """The owner of a log at level 1."""
    await prepare_members(log.database.dsn)
    connection = await asyncpg.connect(log.database.dsn)
    await connection.execute("UPDATE modelbox.log_head SET format_level = 1")
    log.head.format_level = 1
    yield connection
    await connection.close()


async def _level(admin: asyncpg.Connection) -> int:
    return int(await admin.fetchval("SELECT format_level FROM modelbox.log_head"))


async def test_the_level_rises_once_all_that_live_read_it(log: Log, admin: asyncpg.Connection) -> None:
    """A process of an older version holds it back for as long as its lease lives."""
    lease = Lease(log, Member.here("127.0.0.1:1", "127.0.0.1:2"), level_wait_s=0)
    await admin.execute(OLDER)
    for _ in range(3):
        await lease.renew()
    assert await _level(admin) == 1

    await admin.execute(
        "UPDATE modelbox_gateway.members SET renewed_at = renewed_at - interval '1 hour' WHERE reads_level = 1"
    )
    for _ in range(3):
        await lease.renew()

    assert await _level(admin) == READS_LEVEL


async def test_the_level_waits_until_every_lease_was_renewed(log: Log, admin: asyncpg.Connection) -> None:
    """The table of leases may just have been emptied by a crash of Postgres."""
    lease = Lease(log, Member.here("127.0.0.1:1", "127.0.0.1:2"))
    for _ in range(3):
        await lease.renew()

    assert await _level(admin) == 1


async def test_a_process_that_takes_no_calls_holds_the_level_back_and_is_not_listed(
    log: Log, admin: asyncpg.Connection
) -> None:
    projections = Lease(log, Member.here("", "127.0.0.1:2"), level_wait_s=0)
    await projections.renew()
    await admin.execute("UPDATE modelbox_gateway.members SET reads_level = 1")
    gateway = Lease(log, Member.here("127.0.0.1:1", "127.0.0.1:3"), level_wait_s=0)
    for _ in range(3):
        await gateway.renew()

    assert await _level(admin) == 1
    assert [member.rpc_addr for member in await Members(log.database).list()] == ["127.0.0.1:1"]


async def test_a_log_of_a_newer_format_is_a_reason_to_wait_not_the_callers_fault(
    log: Log, admin: asyncpg.Connection
) -> None:
    """Nothing is written; once the process is replaced, or the level was wrong, the same call succeeds."""
    request = append(stream(), key="k")
    await admin.execute("UPDATE modelbox.log_head SET format_level = $1", READS_LEVEL + 1)

    with pytest.raises(NewerVersionError):
        await log.check()
    with pytest.raises(NewerVersionError) as raised:
        await log.append(request)

    assert isinstance(raised.value, LogUnavailableError)
    await admin.execute("UPDATE modelbox.log_head SET format_level = $1", READS_LEVEL)
    assert (await log.append(request)).first_position == 1
    await assert_whole(log)
