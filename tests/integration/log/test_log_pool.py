"""The pool of sessions: what is borrowed comes back, whoever waits is served, and nothing that failed is lent again."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from modelbox_events import LogUnavailableError, database, pool
from modelbox_events.database import Database
from modelbox_events.pool import Pool
from modelbox_events.session import Session


@pytest.fixture
async def two(dsn: str) -> AsyncIterator[Database]:
    opened = await Database.connect(dsn, pool_size=2)
    yield opened
    await opened.close()


async def sessions(dsn: str) -> int:
    owner = await asyncpg.connect(dsn)
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()"
    count = await owner.fetchval(query, database.POOL)
    await owner.close()
    return int(count)


async def test_the_session_that_was_used_last_is_lent_again(two: Database, dsn: str) -> None:
    async with two.acquire() as first:
        pass
    async with two.acquire() as again, two.acquire() as other:
        assert again is first
        assert other is not first
    assert await sessions(dsn) == 2


async def test_who_waits_first_is_served_first(two: Database) -> None:
    served: list[int] = []

    async def use(number: int) -> None:
        async with two.acquire():
            served.append(number)

    async with two.acquire(), two.acquire():
        waiting = [asyncio.create_task(use(number)) for number in range(5)]
        await asyncio.sleep(0)
        waiting[1].cancel()
        await asyncio.sleep(0)
        assert not served
    await asyncio.gather(*waiting, return_exceptions=True)
    assert served == [0, 2, 3, 4]


async def test_a_place_is_free_again_whatever_became_of_its_user(two: Database) -> None:
    for _ in range(3):
        with pytest.raises(LogUnavailableError):
            async with two.acquire() as connection:
                await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05), two.acquire() as connection:
                await connection.execute("SELECT pg_sleep(60)")
        with pytest.raises(ZeroDivisionError):
            async with two.acquire():
                raise ZeroDivisionError
    async with two.acquire() as first, two.acquire() as second:
        assert await first.fetchval("SELECT 1") == await second.fetchval("SELECT 1") == 1


async def test_a_session_left_in_a_transaction_is_not_lent_again(two: Database) -> None:
    async with two.acquire() as left:
        await left.transaction().start()
    async with two.acquire() as next_one:
        assert next_one is not left
        assert not next_one.is_in_transaction()


async def test_sessions_that_nobody_needs_are_ended_but_for_one(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "IDLE_S", 0.1)
    opened = await Database.connect(dsn, pool_size=3)
    async with opened.acquire(), opened.acquire(), opened.acquire():
        assert await sessions(dsn) == 3

    async with asyncio.timeout(10):
        while await sessions(dsn) > 1:  # noqa: ASYNC110  # only Postgres knows
            await asyncio.sleep(0.05)
    async with opened.acquire() as kept:
        assert await kept.fetchval("SELECT 1") == 1
    await opened.close()


async def test_a_session_used_often_gives_its_place_to_another(two: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "USES_MAX", 3)
    used = []
    for _ in range(6):
        async with two.acquire() as connection:
            used.append(connection)
    assert len(set(used)) > 1


async def test_a_closed_pool_lends_nothing_and_waits_for_what_is_in_use(dsn: str) -> None:
    opened = await Database.connect(dsn, pool_size=2)
    async with opened.acquire() as used:
        closing = asyncio.create_task(opened.close())
        await asyncio.sleep(0)
        with pytest.raises(LogUnavailableError):
            async with opened.acquire():
                pass
        assert await used.fetchval("SELECT 1") == 1
        assert not closing.done()
    await closing
    assert used.is_closed()


async def test_a_session_that_says_nothing_is_ended_after_a_second(
    two: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the driver itself would wait, as older ones do for a statement that is still being cancelled."""

    async def never(*_: object, **__: object) -> str:
        await asyncio.Event().wait()
        return ""

    async with two.acquire() as silent:
        with monkeypatch.context() as patched:
            patched.setattr(asyncpg.Connection, "execute", never)
            async with asyncio.timeout(10):
                assert not await silent.answers()
    assert silent.is_closed()


async def test_a_closed_pool_lends_nothing_that_it_has_left(two: Database) -> None:
    async with two.acquire():
        async with two.acquire():
            pass
        closing = asyncio.create_task(two.close())
        await asyncio.sleep(0)
        with pytest.raises(LogUnavailableError):
            async with two.acquire():
                pass
    await closing


async def test_a_session_that_is_opened_while_the_pool_is_closed_is_ended(two: Database) -> None:
    """The pool does not wait for it, so nobody else would."""
    begun, go_on = asyncio.Event(), asyncio.Event()
    opened = []

    async def open_slowly() -> Session:
        begun.set()
        await go_on.wait()
        opened.append(await two.connect_alone("late"))
        return opened[0]

    slow = Pool(open_slowly, size=1)
    borrowing = asyncio.create_task(slow.borrow())
    await begun.wait()
    await slow.close()
    go_on.set()

    with pytest.raises(LogUnavailableError):
        await borrowing
    assert opened[0].is_closed()


async def test_a_session_whose_transaction_did_not_begin_is_not_lent_again(
    two: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Postgres cancels a BEGIN that nobody waits for; to the driver all that follows would be a part of it."""
    execute = asyncpg.Connection.execute

    async def cancelled(self: Session, query: str, *args: object, **options: Any) -> str:
        if query.startswith("BEGIN"):
            raise asyncpg.QueryCanceledError("canceling statement due to user request")
        return await execute(self, query, *args, **options)

    with monkeypatch.context() as patched:
        patched.setattr(asyncpg.Connection, "execute", cancelled)
        with pytest.raises(LogUnavailableError):
            async with two.acquire() as left, left.transaction():
                pass

    async with two.acquire() as connection, connection.transaction():
        assert await connection.fetchval("SELECT 1") == 1
