"""Connections that go silent, as behind a firewall that forgot them: nobody waits for the kernel to give up."""

import asyncio
import socket
from collections.abc import AsyncIterator
from time import monotonic
from typing import Any

import asyncpg
import pytest

from modelbox_events import Log, LogUnavailableError, Position, migrate
from modelbox_events.append import RESEND_FOR_S, SLOW_LANE_S, Committer, resend_for_s
from modelbox_events.batch import Batch, Prepared
from modelbox_events.health import LOWEST_LEVEL
from modelbox_events.lane import ANSWER_TIMEOUT_S, Lane, answer_timeout_s
from modelbox_events.limits import BATCH_BYTES_MAX
from modelbox_events.session import SILENT_AFTER_S, UNHURRIED
from tests.integration.gateway_server import until
from tests.integration.log_cases import append, assert_whole, stream
from tests.integration.silent_proxy import SilentProxy

CALL_TIMEOUT_S = 10.0
"""A call of the SDK."""
GIVEN_UP_S_MAX = 1.2
"""Of a read that is given up after 0.5 s: less than with waiting whether its connection answers."""


@pytest.fixture
async def proxy(dsn: str) -> AsyncIterator[SilentProxy]:
    folder = dsn.split("host=")[1].split("&", maxsplit=1)[0]
    async with SilentProxy(folder + "/.s.PGSQL.5432") as proxy:
        yield proxy


@pytest.fixture
async def far(dsn: str, proxy: SilentProxy) -> AsyncIterator[Log]:
    """A log behind the proxy."""
    log = await Log.open(proxy.before(dsn))
    yield log
    await log.close()


def test_an_append_is_answered_before_its_callers_deadline_whatever_happens() -> None:
    assert RESEND_FOR_S + ANSWER_TIMEOUT_S < CALL_TIMEOUT_S
    for size in (0, BATCH_BYTES_MAX // 2, BATCH_BYTES_MAX):  # with more, it is alone
        assert resend_for_s(size) + answer_timeout_s(size) < CALL_TIMEOUT_S


async def test_an_append_on_a_silent_connection_is_sent_again_on_another(far: Log, proxy: SilentProxy) -> None:
    await far.append(append(stream()))
    proxy.silence_on(b"modelbox_silent_here")

    begun = monotonic()
    appended = await far.append(append(stream(), value="modelbox_silent_here"))

    assert monotonic() - begun < ANSWER_TIMEOUT_S + 2
    assert appended.first_position == 2
    assert len(await assert_whole(far)) == 2


async def test_a_batch_has_one_time_for_connecting_and_for_its_answer(
    far: Log, proxy: SilentProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the last batch that is sent would be answered after its callers' deadlines."""
    connect = far.database.connect_alone

    async def connect_slowly(*arguments: Any) -> asyncpg.Connection:
        connection = await connect(*arguments)
        await asyncio.sleep(ANSWER_TIMEOUT_S - 1)
        return connection

    monkeypatch.setattr(far.database, "connect_alone", connect_slowly)
    proxy.silence_on(b"modelbox_silent_here")
    request = Prepared(append(stream(), value="modelbox_silent_here"), far.registry)
    batch = Batch([request], far.registry, format_level=LOWEST_LEVEL)
    begun = monotonic()
    with pytest.raises(LogUnavailableError):
        await Lane(far.database).send(batch)
    assert monotonic() - begun < ANSWER_TIMEOUT_S + 1


async def test_a_short_queue_is_looked_at_again_where_the_batch_beside_it_has_just_become_slow(log: Log) -> None:
    """The moment may pass between the look at the clock and the wait."""
    committer = Committer(log.database, log.head, registry=log.registry)
    committer._free.pop()
    committer._begun_s = asyncio.get_running_loop().time() - SLOW_LANE_S
    await asyncio.wait_for(committer._wait_for_news(), CALL_TIMEOUT_S)


async def test_a_silent_connection_stalls_no_append_beside_it(far: Log, proxy: SilentProxy) -> None:
    await asyncio.gather(*(far.append(append(stream())) for _ in range(100)))
    proxy.silence_on(b"modelbox_silent_here")
    stalled = asyncio.create_task(far.append(append(stream(), value="modelbox_silent_here")))
    await until(lambda: not proxy.is_marked)

    begun = monotonic()
    for _ in range(5):
        await far.append(append(stream()))

    assert monotonic() - begun < ANSWER_TIMEOUT_S / 2
    assert not stalled.done()
    await stalled
    assert len(await assert_whole(far)) == 106


async def test_a_rehearsal_that_nobody_ends_does_not_hold_the_head(far: Log, proxy: SilentProxy, log: Log) -> None:
    """Its process may be stopped before it hears of the answer: Postgres ends it by itself, and nothing is recorded."""
    await far.append(append(stream()))
    failed = append(stream(), value="modelbox_stopped_here")
    far._committer._health.failed(LogUnavailableError("for the test"), failed)
    proxy.silence_on(b"modelbox_stopped_here", passed=True)
    rehearsing = asyncio.create_task(far.check())
    await until(lambda: not proxy.is_marked)

    for _ in range(3):
        await log.append(append(stream()))

    assert not rehearsing.done()
    with pytest.raises(LogUnavailableError):
        await rehearsing
    await until_well(far)
    assert len(await assert_whole(log)) == 4


async def until_well(log: Log) -> None:
    async with asyncio.timeout(CALL_TIMEOUT_S):
        while True:
            try:
                return await log.check()
            except LogUnavailableError:
                await asyncio.sleep(0.05)


async def test_reads_go_on_when_every_idle_connection_has_gone_silent(far: Log, proxy: SilentProxy) -> None:
    await asyncio.gather(*(far.read(Position(0)) for _ in range(8)))
    await far.append(append(stream()))
    proxy.silence()
    await asyncio.sleep(SILENT_AFTER_S + 0.1)

    begun = monotonic()
    events = await asyncio.gather(*(far.read(Position(0)) for _ in range(8)))

    assert monotonic() - begun < CALL_TIMEOUT_S / 2
    assert [len(page) for page in events] == [1] * 8


async def test_a_read_that_was_given_up_does_not_keep_its_connection(dsn: str, proxy: SilentProxy) -> None:
    """Given back as it was, it would wait for ever to be cancelled, and the pool would have one less.

    Nor does it keep who gave it up: a server may have an answer to give meanwhile.
    """
    log = await Log.open(proxy.before(dsn), pool_size=1)
    await log.read_head()
    proxy.silence()
    begun = monotonic()
    with pytest.raises((TimeoutError, LogUnavailableError)):
        await asyncio.wait_for(log.read_head(), 0.5)
    assert monotonic() - begun < GIVEN_UP_S_MAX

    async with asyncio.timeout(CALL_TIMEOUT_S / 2):
        assert (await log.read_head()).position == 0
    await log.close()


async def test_the_head_is_heard_of_again_after_its_connection_went_silent(
    far: Log, proxy: SilentProxy, log: Log
) -> None:
    # Once it has a connection: one that is only being opened is waited for longer.
    first = await log.append(append(stream()))
    await far.head.wait_beyond(Position(first.last_position - 1), timeout_s=CALL_TIMEOUT_S)
    proxy.silence()

    appended = await log.append(append(stream()))

    before = Position(appended.last_position - 1)
    assert await far.head.wait_beyond(before, timeout_s=CALL_TIMEOUT_S) == appended.last_position


async def test_the_kernel_is_asked_to_notice_a_lost_host(far: Log) -> None:
    session: Any = await far.database.connect_alone("test")
    end = session._transport.get_extra_info("socket")
    assert end.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    idle, count, interval, unconfirmed_ms = (
        end.getsockopt(socket.IPPROTO_TCP, option)
        for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPCNT, socket.TCP_KEEPINTVL, socket.TCP_USER_TIMEOUT)
    )
    assert idle + count * interval <= 30
    assert 0 < unconfirmed_ms <= 30_000
    session.terminate()


async def test_what_an_account_is_set_to_does_not_hold_for_our_sessions(dsn: str) -> None:
    """Its limits would stall views and end migrations; an isolation of its own would break the append."""
    owner = await asyncpg.connect(dsn)
    database = await owner.fetchval("SELECT current_database()")
    for setting in (
        "statement_timeout = '1s'",
        "lock_timeout = '1ms'",
        "idle_in_transaction_session_timeout = '1s'",
        "idle_session_timeout = '1s'",
        "default_transaction_isolation = 'serializable'",
    ):
        await owner.execute(f"ALTER DATABASE {database} SET {setting}")
    await owner.close()

    await migrate(dsn)
    log = await Log.open(dsn)
    await asyncio.gather(*(log.append(append(stream())) for _ in range(20)))
    async with log.database.acquire() as borrowed, borrowed.transaction():
        await borrowed.execute("SELECT pg_sleep(1.5)")  # the others are idle meanwhile
    async with log.database.acquire_long(timeout_s=300) as borrowed:
        assert await borrowed.fetchval("SHOW statement_timeout") == "5min"
    unhurried = await log.database.connect_alone("test", UNHURRIED)
    shown = [
        await unhurried.fetchval(f"SHOW {name}")
        for name in (
            "statement_timeout",
            "lock_timeout",
            "idle_in_transaction_session_timeout",
            "transaction_isolation",
        )
    ]
    assert shown == ["0", "5s", "10s", "read committed"]
    await unhurried.close()
    assert len(await assert_whole(log)) == 20
    await log.close()
