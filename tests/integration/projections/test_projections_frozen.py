"""A process that is frozen (SIGSTOP), or whose host is gone, holds up neither views nor readers for more than seconds.

What it finds when it wakes is no longer its own: it writes nothing, and stands by.
"""

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Sequence

import asyncpg
import pytest
import structlog

from modelbox_events import Log
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_projections import PROJECTIONS, Cursors, DecodedEvent, catalog_of, prepare, rebuild
from tests.integration.projections.projections_freezing import FREEZE, freezing
from tests.integration.projections_support import (
    WAIT_S,
    KeyCounts,
    append,
    assert_rows_are_what_the_log_gives,
    counted,
    create_model,
    model_ref,
    running,
    until,
    with_key_counts,
)

TAKEN_OVER_S = 15.0
"""About 4 s on an idle machine: 3 s without a sign of life, and the look of the standby twice a second."""
LONG_READ_S = 3.0
"""A swap is tried some times meanwhile: it waits for 0.1 s, pauses for 1 s, and waits longer."""


class SlowCounts(KeyCounts):
    """Counts keys, in a statement that takes its time."""

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        await connection.execute("SELECT pg_sleep(5)")
        await super().fold(connection, events)


def written(*keys: str) -> MetadataUpdated:
    return MetadataUpdated(object_id=model_ref("m").id, metadata=dict.fromkeys(keys, 1))


async def test_another_process_takes_over_from_a_leader_frozen_inside_a_transaction(dsn: str, log: Log) -> None:
    _, catalog = with_key_counts()
    await prepare(dsn, catalog=catalog)
    stream = await create_model(log, "m")
    async with freezing(dsn, "lead", leads=True) as leader, running(log, catalog) as standby:
        await append(log, stream, written("a"))
        last = await append(log, stream, written(FREEZE))
        await leader.is_frozen()
        began = time.monotonic()
        await standby.cursors.wait(list(catalog), last.token, timeout_s=WAIT_S)
        took_s = time.monotonic() - began
        assert standby.leading
        assert await counted(log) == {"a": 1, FREEZE: 1}
        leader.go_on()
        for _ in range(20):
            last = await append(log, stream, written("a"))
            await standby.cursors.wait(list(catalog), last.token, timeout_s=WAIT_S)
            await asyncio.sleep(0.05)
        assert await counted(log) == {"a": 21, FREEZE: 1}
        assert standby.leading
    assert took_s < TAKEN_OVER_S
    await assert_rows_are_what_the_log_gives(log, catalog)


@pytest.mark.parametrize("times", [2, pytest.param(8, marks=pytest.mark.matrix)])
async def test_views_survive_leaders_frozen_at_any_moment(dsn: str, log: Log, times: int) -> None:
    """Two processes are frozen in turn while events keep coming; each wakes when the other leads."""
    _, catalog = with_key_counts()
    await prepare(dsn, catalog=catalog)
    stream = await create_model(log, "m")
    cursors = Cursors(log)
    async with freezing(dsn, "lead", leads=True) as first, freezing(dsn, "lead") as second:
        frozen, awake = first, second
        for number in range(times):
            for _ in range(20 + number):
                await append(log, stream, written("a"))
            frozen.stop()
            last = await append(log, stream, written("a"))
            await cursors.wait(list(catalog), last.token, timeout_s=WAIT_S)
            frozen.go_on()
            frozen, awake = awake, frozen
        last = await append(log, stream, written("a"))
        await cursors.wait(list(catalog), last.token, timeout_s=WAIT_S)
    assert await counted(log) == {"a": log.head.position - 1}
    await assert_rows_are_what_the_log_gives(log, catalog)


async def test_a_slow_leader_that_lives_is_never_ended(dsn: str, log: Log) -> None:
    """One statement of its fold takes longer than a leader may be silent."""
    _, catalog = with_key_counts()
    await prepare(dsn, catalog=catalog)
    stream = await create_model(log, "m")
    async with running(log, catalog_of(SlowCounts(), *PROJECTIONS.values())) as leader:
        await until(lambda: leader.leading)
        async with running(log, catalog) as standby:
            last = await append(log, stream, written("slow"))
            await standby.cursors.wait(list(catalog), last.token, timeout_s=WAIT_S)
            assert leader.leading
            assert not standby.leading
    assert await counted(log) == {"slow": 1}


async def test_of_two_that_stand_by_one_takes_over(dsn: str, log: Log) -> None:
    _, catalog = with_key_counts()
    await prepare(dsn, catalog=catalog)
    stream = await create_model(log, "m")
    async with (
        freezing(dsn, "lead", leads=True) as leader,
        running(log, catalog) as one,
        running(log, catalog) as other,
    ):
        leader.stop()
        for _ in range(29):
            await append(log, stream, written("a"))
        last = await append(log, stream, written("a"))
        await one.cursors.wait(list(catalog), last.token, timeout_s=WAIT_S)
        assert one.leading is not other.leading
    assert await counted(log) == {"a": 30}


@contextlib.asynccontextmanager
async def ordinary_account(dsn: str) -> AsyncIterator[str]:
    """Create an account that is no superuser; yields the dsn with it."""
    admin = await asyncpg.connect(dsn)
    account = f"ordinary_{uuid.uuid4().hex[:8]}"
    role = await admin.fetchval("SELECT 'modelbox_service_' || oid FROM pg_database WHERE datname = current_database()")
    await admin.execute(f"CREATE ROLE {account} LOGIN IN ROLE {role}")
    yield dsn.replace("postgres@", f"{account}@")
    await admin.execute(f"DROP ROLE {account}")
    await admin.close()


@pytest.mark.parametrize("same", [True, False], ids=["same account", "other account"])
async def test_an_ordinary_account_ends_a_frozen_leader_of_its_own(dsn: str, log: Log, same: bool) -> None:
    """That of another account it may not end: Postgres does so itself, later, and what the account lacks is logged."""
    _, catalog = with_key_counts()
    await prepare(dsn, catalog=catalog)
    stream = await create_model(log, "m")
    async with ordinary_account(dsn) as ordinary:
        ordinary_log = await Log.open(ordinary)
        leading_dsn = ordinary if same else dsn
        async with freezing(leading_dsn, "lead", leads=True) as leader, running(ordinary_log, catalog) as standby:
            with structlog.testing.capture_logs() as logged:
                last = await append(log, stream, written(FREEZE))
                await leader.is_frozen()
                await standby.cursors.wait(list(catalog), last.token, timeout_s=WAIT_S)
            assert standby.leading
        await ordinary_log.close()
    told = [entry["remedy"] for entry in logged if entry["event"] == "projections_leader_is_frozen"]
    assert bool(told) is not same
    assert all("pg_signal_backend" in remedy for remedy in told)
    assert await counted(log) == {FREEZE: 1}


async def test_a_frozen_swap_holds_readers_up_for_seconds_only(dsn: str, log: Log) -> None:
    _, catalog = with_key_counts()
    await prepare(dsn, catalog=catalog)
    stream = await create_model(log, "m")
    last = await append(log, stream, written("a"))
    async with running(log, catalog) as runner:
        await runner.cursors.wait(list(catalog), last.token, timeout_s=WAIT_S)
        async with freezing(dsn, "swap") as swapping:
            await swapping.is_frozen()
            began = time.monotonic()
            others = await append(log, stream, written("a"))
            await runner.cursors.wait(list(PROJECTIONS), others.token, timeout_s=WAIT_S)
            others_took_s = time.monotonic() - began
            assert await counted(log)
            await runner.cursors.wait(["key_counts"], others.token, timeout_s=WAIT_S)
            took_s = time.monotonic() - began
            swapping.go_on()
            await swapping.ended()
        assert others_took_s < 2.0, "views that are not swapped go on at once"
        assert took_s < TAKEN_OVER_S
        assert await counted(log) == {"a": 2}
        await rebuild(log, "key_counts", catalog=catalog)
        assert await counted(log) == {"a": 2}
    await assert_rows_are_what_the_log_gives(log, catalog)


async def test_a_long_read_delays_a_swap_and_nothing_else(dsn: str, log: Log) -> None:
    """Readers, folds and reads of one's own writes go on while a rebuild waits for a read to end."""
    _, catalog = with_key_counts()
    await prepare(dsn, catalog=catalog)
    stream = await create_model(log, "m")
    reader = await asyncpg.connect(dsn)
    async with running(log, catalog) as runner:
        last = await append(log, stream, written("a"))
        await runner.cursors.wait(list(catalog), last.token, timeout_s=WAIT_S)
        async with reader.transaction():
            await reader.fetch("SELECT * FROM modelbox_views.key_counts")
            rebuilding = asyncio.create_task(rebuild(log, "key_counts", catalog=catalog))
            slowest_s = 0.0
            began = time.monotonic()
            while time.monotonic() - began < LONG_READ_S:
                last = await append(log, stream, written("a"))
                asked = time.monotonic()
                await runner.cursors.wait(list(catalog), last.token, timeout_s=WAIT_S)
                assert (await counted(log))["a"] == last.last_position - 1
                slowest_s = max(slowest_s, time.monotonic() - asked)
            assert not rebuilding.done()
        async with asyncio.timeout(WAIT_S):
            await rebuilding
        last = await append(log, stream, written("a"))
        await runner.cursors.wait(list(catalog), last.token, timeout_s=WAIT_S)
        assert (await counted(log))["a"] == last.last_position - 1
    await reader.close()
    assert slowest_s < 4.0
    await assert_rows_are_what_the_log_gives(log, catalog)
