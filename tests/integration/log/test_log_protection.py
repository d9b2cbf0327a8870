"""What nobody may do to the log, and how it is noticed when someone did."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from modelbox_events import Log, LogCorruptedError, Position, UnsafeDatabaseError, verify
from modelbox_events.hashing import chain_hash, content_hash, genesis_hash
from tests.integration.log_cases import append, assert_whole, read_all, stream

CHANGES = ["UPDATE modelbox.events SET data = data", "DELETE FROM modelbox.events", "TRUNCATE modelbox.events"]


@pytest.fixture
async def owner(log: Log, dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the tables' owner, who is superuser besides; the log has five events."""
    await log.append(append(stream(), events=5))
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


def on_partition(statement: str) -> str:
    """Aim a statement at the partition that holds the events."""
    return statement.replace("modelbox.events", "modelbox.events_000000000000001")


@pytest.mark.parametrize("statement", [*CHANGES, *map(on_partition, CHANGES)])
async def test_the_service_may_not_change_events(log: Log, owner: asyncpg.Connection, statement: str) -> None:
    await owner.execute(f"SET ROLE {log.database.role}")

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
        await owner.execute(statement)

    assert len(await assert_whole(log)) == 5


@pytest.mark.parametrize("replica", [False, True])
@pytest.mark.parametrize("statement", [*CHANGES, *map(on_partition, CHANGES)])
async def test_the_owner_may_not_change_events(
    log: Log, owner: asyncpg.Connection, statement: str, *, replica: bool
) -> None:
    """Not even where a session has switched ordinary triggers off."""
    if replica:
        await owner.execute("SET session_replication_role = replica")

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await owner.execute(statement)

    assert len(await assert_whole(log)) == 5


@pytest.mark.parametrize(
    "tampering",
    [
        "SET data = set_byte(data, 3, get_byte(data, 3) # 1)",
        "SET meta = 'x'",
        "SET type = 'ModelCreated'",
        "SET actor = 'somebody'",
        "SET recorded_at = recorded_at + interval '1 microsecond'",
        "SET version = version + 100",
        "SET namespace = 'other'",
        "SET content_hash = set_byte(content_hash, 0, get_byte(content_hash, 0) # 1)",
        "SET hash = set_byte(hash, 0, get_byte(hash, 0) # 1)",
    ],
)
async def test_a_changed_column_is_found(log: Log, owner: asyncpg.Connection, tampering: str) -> None:
    await _disarm(owner)
    await owner.execute(f"UPDATE modelbox.events {tampering} WHERE position = 3")

    assert await _first_bad(log) == 3


async def test_swapped_rows_are_found(log: Log, owner: asyncpg.Connection) -> None:
    await _disarm(owner)
    for source, target in ((2, 1000), (4, 2), (1000, 4)):
        await owner.execute("UPDATE modelbox.events SET position = $2 WHERE position = $1", source, target)

    assert await _first_bad(log) == 2


@pytest.mark.parametrize("position", [1, 3, 5])
async def test_a_removed_row_is_found(log: Log, owner: asyncpg.Connection, position: int) -> None:
    """Also the last one: the head says where the log ends."""
    await _disarm(owner)
    await owner.execute("DELETE FROM modelbox.events WHERE position = $1", position)

    assert await _first_bad(log) == position


async def test_a_rewritten_head_is_found(log: Log, owner: asyncpg.Connection) -> None:
    await owner.execute("UPDATE modelbox.log_head SET hash = sha256('other')")

    assert await _first_bad(log) == 5


async def test_a_range_can_be_verified_alone(log: Log, owner: asyncpg.Connection) -> None:
    await _disarm(owner)
    await owner.execute("UPDATE modelbox.events SET actor = 'somebody' WHERE position = 2")

    verified = await verify(log.database, after=Position(2), to=Position(4))

    assert (verified.after, verified.to, verified.events) == (2, 4, 2)
    with pytest.raises(LogCorruptedError):
        await verify(log.database, to=Position(4))


async def test_python_and_postgres_compute_the_same_hashes(log: Log) -> None:
    await log.append(append(stream(), events=3, value="ü"))

    previous = genesis_hash(log.genesis)
    for event in await read_all(log):
        assert event.content_hash == content_hash(event)
        previous = chain_hash(previous, event.position, event.content_hash)
        assert event.hash == previous


@pytest.mark.parametrize("value", ["off"])
async def test_a_database_that_may_lose_commits_is_refused(dsn: str, value: str) -> None:
    connection = await asyncpg.connect(dsn)
    name = await connection.fetchval("SELECT current_database()")
    await connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = {value}")
    await connection.close()

    with pytest.raises(UnsafeDatabaseError, match="synchronous_commit=on"):
        await Log.open(dsn)

    log = await Log.open(dsn, allow_unsafe=True)
    await log.close()


async def _disarm(owner: asyncpg.Connection) -> None:
    """Do what only a superuser can: switch the guards off."""
    for table in ("modelbox.events", "modelbox.events_000000000000001"):
        await owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")


async def _first_bad(log: Log) -> int:
    with pytest.raises(LogCorruptedError) as raised:
        await verify(log.database)
    return raised.value.position
