"""A log that an earlier version wrote opens, verifies and goes on, and so do processes of that version."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from modelbox_events import (
    IdempotencyKeyReusedError,
    Log,
    LogUnavailableError,
    lock_waits,
    migrate,
    new_id,
    verify,
)
from modelbox_events.lane import LOCK_TIMEOUT_MS
from modelbox_events.limits import READS_LEVEL
from modelbox_events.registry import REGISTRY
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_gateway.embedded.postgres import EmbeddedPostgres
from modelbox_gateway.members import Lease, Member, prepare_members
from tests.databases import dsn_of
from tests.integration.gateway.test_gateway_levels import OLDER
from tests.integration.log.former_version import former_process, migrate_as_before
from tests.integration.log_cases import append, assert_whole, read_all, stream

EVENTS = 4


@pytest.fixture
async def empty_dsn(postgres_server: EmbeddedPostgres) -> AsyncIterator[str]:
    """A database as those versions left it, with nothing recorded."""
    name = f"old_{uuid.uuid4().hex[:12]}"
    admin = await asyncpg.connect(postgres_server.dsn)
    await admin.execute(f"CREATE DATABASE {name}")
    old = dsn_of(postgres_server, name)
    connection = await asyncpg.connect(old)
    await migrate_as_before(connection)
    await connection.execute("SELECT modelbox.ensure_event_partitions(2, 10000000)")
    await connection.close()
    yield old
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@pytest.fixture
async def old_dsn(empty_dsn: str) -> str:
    """One with events that they appended."""
    connection = await asyncpg.connect(empty_dsn)
    for number in range(EVENTS):
        await append_as_before(connection, key=f"key {number}")
    await connection.close()
    return empty_dsn


async def append_as_before(connection: asyncpg.Connection, *, key: str) -> tuple[Any, ...]:
    """Append an event to a new stream by the call that those versions make."""
    to, event_id = stream(), new_id()
    data = REGISTRY.encode(MetadataUpdated(object_id=to.id, metadata={"from": "before"}))
    digest = await connection.fetchval(
        """SELECT sha256(record_send(ROW($1::text, $2::text, $3::uuid, NULL::timestamptz, 'anonymous'::text, 0::int2,
               NULL::uuid, NULL::uuid, NULL::bytea, ''::bytea, $4::uuid, 'MetadataUpdated'::text, 1::int2, 1::int2,
               $5::bytea, NULL::text, NULL::bytea, NULL::uuid, NULL::bytea)))""",
        to.namespace, to.type, to.id, event_id, data,
    )  # fmt: skip
    [row] = await connection.fetch(
        f"""SELECT outcome, detail, first_position, last_position, version, recorded_at
            FROM modelbox.append({", ".join(f"${n}" for n in range(1, 26))})""",
        [to.id], [to.type], [to.namespace], ["anonymous"], [key], ["anonymous"], [0], [None], [None], [None],
        [None], [b""], [1], [1], [1], [-3], [1], [0], [bytes(32)], [], [event_id], ["MetadataUpdated"], [1], [data],
        [digest],
    )  # fmt: skip
    return tuple(row)


async def append_as_last(connection: asyncpg.Connection, *, key: str, level: int) -> tuple[Any, ...]:
    """Append an event to a new stream by the call of the versions after those, at one format level."""
    to = stream()
    [row] = await connection.fetch(
        f"SELECT * FROM modelbox.append_batch({', '.join(f'${n}' for n in range(1, 32))})",
        2, level, [to.id], [to.type], [to.namespace], ["anonymous"], [key], ["anonymous"], [0], [None], [None], [None],
        [None], [b""], [1], [1], [1], [-3], [1], [0], [0], [bytes(32)], [], [], [], [1], [1], [new_id()],
        ["MetadataUpdated"], [1], [REGISTRY.encode(MetadataUpdated(object_id=to.id, metadata={"from": "before"}))],
    )  # fmt: skip
    return tuple(row)


@pytest.mark.parametrize("level", [1, 2])
async def test_processes_of_the_last_version_append_beside_this_one(old_dsn: str, level: int) -> None:
    """They go on with the function that they know; keys are known to both."""
    await migrate(old_dsn)
    log = await Log.open(old_dsn)
    await log.raise_format_level(level)
    last = await asyncpg.connect(old_dsn)

    for number in range(3):
        assert (await append_as_last(last, key=f"theirs {number}", level=level))[0] == 0
        await log.append(append(stream(), key=f"ours {number}"))

    assert (await append_as_last(last, key="theirs 0", level=level))[:4] == (1, 0, EVENTS + 1, EVENTS + 1)
    assert (await append_as_last(last, key="ours 0", level=level))[0] == 6  # known, and another request
    with pytest.raises(IdempotencyKeyReusedError):
        await log.append(append(stream(), key="theirs 1"))
    assert len(await assert_whole(log)) == EVENTS + 6
    await last.close()
    await log.close()


async def test_an_older_log_opens_verifies_and_goes_on(old_dsn: str) -> None:
    """Its events keep their digests; what comes is written so that an older process reads it, until none is left."""
    await migrate(old_dsn)
    log = await Log.open(old_dsn)
    assert (await verify(log.database)).to == EVENTS
    await log.append(append(stream()))
    assert [event.digest_version for event in await read_all(log)] == [1] * (EVENTS + 1)

    await log.raise_format_level(2)
    await log.append(append(stream()))  # tells this process of the new level
    await log.append(append(stream()))

    assert (await assert_whole(log))[-1].digest_version == 2
    await log.close()


async def test_an_empty_log_that_an_earlier_version_made_waits_for_its_processes(empty_dsn: str) -> None:
    """One of them may lead the relay, and would publish what it cannot read as if it could."""
    await migrate(empty_dsn)
    await prepare_members(empty_dsn)
    log = await Log.open(empty_dsn)
    owner = await asyncpg.connect(empty_dsn)
    await owner.execute(OLDER)
    lease = Lease(log, Member.here("127.0.0.1:1", "127.0.0.1:2"), level_wait_s=0)

    for _ in range(3):
        await lease.renew()
    assert (await log.read_head()).format_level < READS_LEVEL

    await owner.execute("DELETE FROM modelbox_gateway.members WHERE reads_level = 1")
    for _ in range(3):
        await lease.renew()
    assert (await log.read_head()).format_level == READS_LEVEL
    await owner.close()
    await log.close()


async def test_an_older_process_goes_on_after_the_upgrade(old_dsn: str) -> None:
    """It runs while the log is migrated, and calls what it called before; its keys are known to both."""
    older = await former_process(old_dsn)
    await migrate(old_dsn)
    log = await Log.open(old_dsn)

    assert (await append_as_before(older, key="after"))[0] == 0
    assert (await append_as_before(older, key="key 1"))[:4] == (1, 0, 2, 2)
    await log.append(append(stream()))
    assert (await older.fetchval("SELECT last_position FROM modelbox.idempotency WHERE key = 'after'")) == EVENTS + 1
    assert (await older.fetchval("SELECT position FROM modelbox.log_head WHERE id = 1")) == EVENTS + 2

    await assert_whole(log)
    await older.close()
    await log.close()


async def test_an_older_process_is_told_to_wait_by_a_log_that_it_cannot_read(old_dsn: str) -> None:
    """As something that may pass, not as its caller's fault."""
    older = await former_process(old_dsn)
    await migrate(old_dsn)
    log = await Log.open(old_dsn)
    await log.raise_format_level(2)

    with pytest.raises(asyncpg.PostgresError) as raised:
        await append_as_before(older, key="too late")

    assert (raised.value.sqlstate or "")[:2] == "55"  # one of the classes that it takes for "not now"
    await older.close()
    await log.close()


async def test_an_append_under_way_during_the_upgrade_is_sent_again_not_refused(
    old_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for the head, which the migration holds, and would go on with a text that is valid no more."""
    monkeypatch.setattr(lock_waits, "LOCK_TIMEOUT_S", 60.0)  # so that it holds the head until the append waits for it
    holder = await asyncpg.connect(old_dsn)
    await holder.execute("BEGIN; LOCK TABLE modelbox.streams IN ACCESS SHARE MODE")  # lets the migration come half-way
    looking = await asyncpg.connect(old_dsn)
    older = await asyncpg.connect(old_dsn, server_settings={"application_name": "modelbox append"})
    migrating = asyncio.create_task(migrate(old_dsn))
    await until_blocked(looking, "modelbox migrate")
    appending = asyncio.create_task(append_as_before(older, key="under way"))
    await until_blocked(looking, "modelbox append")

    await holder.execute("COMMIT")
    await migrating

    with pytest.raises((asyncpg.AdminShutdownError, asyncpg.ConnectionDoesNotExistError)):  # "not now", to that version
        await appending
    again = await asyncpg.connect(old_dsn, server_settings={"application_name": "modelbox append"})
    assert (await append_as_before(again, key="under way"))[0] == 0
    assert (await append_as_before(again, key="under way"))[0] == 1
    log = await Log.open(old_dsn)
    assert len(await assert_whole(log)) == EVENTS + 1
    await log.close()
    for connection in (holder, looking, again):
        await connection.close()


async def test_appends_go_on_while_the_upgrade_waits_for_a_reader(
    old_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup holds what the migration needs for as long as it runs; nobody who appends waits for that."""
    monkeypatch.setattr(lock_waits, "LOCK_PAUSE_S", 0.2)
    settings = {"application_name": "test backup"}
    reader, looking = await asyncpg.connect(old_dsn, server_settings=settings), await asyncpg.connect(old_dsn)
    await reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM modelbox.streams")
    older = await former_process(old_dsn)
    await older.execute(f"SET lock_timeout TO {LOCK_TIMEOUT_MS}")
    with capture_logs() as logged:
        migrating = asyncio.create_task(migrate(old_dsn))
        for number in range(3):
            await until_blocked(looking, "modelbox migrate")
            assert (await append_as_before(older, key=f"meanwhile {number}"))[0] == 0
        assert not migrating.done()
        # Before the backup ends: the migration may look for who kept it from its last lock when nobody does any more.
        waits = [line["held_by"] for line in logged if line["event"] == "migration_waits_for_lock"]

        await reader.execute("COMMIT")
        await migrating
    assert all(any("(test backup, idle in transaction" in holder for holder in holders) for holders in waits)
    assert waits

    log = await Log.open(old_dsn)
    assert len(await assert_whole(log)) == EVENTS + 3
    await log.close()
    for connection in (reader, looking, older):
        await connection.close()


async def test_an_upgrade_that_gets_no_lock_gives_up_and_says_who_held_it(
    old_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is left half done: the next one goes on."""
    monkeypatch.setattr(lock_waits, "LOCKS_WITHIN_S", 0.0)
    reader = await asyncpg.connect(old_dsn)
    await reader.execute("BEGIN; SELECT count(*) FROM modelbox.streams")

    with pytest.raises(LogUnavailableError, match=r"migration 7 of log got no lock; held by process .* a transaction"):
        await migrate(old_dsn)

    await reader.close()
    await migrate(old_dsn)
    log = await Log.open(old_dsn)
    assert len(await assert_whole(log)) == EVENTS
    await log.close()


async def until_blocked(connection: asyncpg.Connection, application: str, *, kind: str = "Lock") -> None:
    """Wait until a session of this name waits for a lock, or something of another kind."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = $2"
    async with asyncio.timeout(30):
        while not await connection.fetchval(query, application, kind):  # noqa: ASYNC110  # Postgres tells nobody
            await asyncio.sleep(0.02)
