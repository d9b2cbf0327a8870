"""Relays and servers that are killed, stopped and started: the feed is the log all the same."""

import asyncio
import signal
import time
from pathlib import Path

import asyncpg
import pytest

from modelbox_events import Log
from modelbox_events.feed import Relay, RelayState, follower, stream_name
from modelbox_events.feed.cloudevents import MessageEncoder
from modelbox_events.feed.connection import FeedConnection
from modelbox_events.feed.follower import Follower, Progress
from modelbox_events.feed.publisher import CONTROL_BYTES_MAX, Publisher
from modelbox_events.feed.stream import FeedStream
from modelbox_events.limits import READS_LEVEL
from modelbox_events.sql import STATEMENTS
from tests.integration.feeds import (
    RelayProcess,
    append_updates,
    assert_feed_is_log,
    client,
    fill,
    kill,
    own_nats,
    running,
    trickle,
    until,
    until_relayed,
    until_state,
)
from tests.integration.log_cases import set_level


async def test_a_killed_relay_is_followed_by_one_that_finds_where_the_feed_ends(
    log: Log, dsn: str, tmp_path: Path
) -> None:
    """Killed after a publish, before its answer: the next relay neither repeats nor leaves out an event."""
    stream = await fill(log, 5_000)
    async with own_nats(tmp_path) as server:
        for _ in range(4):
            relay = await RelayProcess.start(dsn, server.url)
            await asyncio.gather(append_updates(log, stream, 1_000), until_feed_moves(server.url))
            await relay.signal(signal.SIGKILL)
        async with running(Relay(log, [server.url])) as last:
            await until_relayed(last, log)
        await assert_feed_is_log(server.url, log)


async def test_two_relays_at_work_leave_one_feed(log: Log, tmp_path: Path) -> None:
    """Both publish without asking whose turn it is; each publish of one makes the other's fail."""
    stream = await fill(log, 3_000)
    one, other = Progress(), Progress()
    async with own_nats(tmp_path) as server:
        relays = [asyncio.create_task(follow_regardless(log, server.url, progress)) for progress in (one, other)]
        for _ in range(10):
            await trickle(log, stream, 50)
            await append_updates(log, stream, 300)
        head = (await log.read_head()).position
        await until(lambda: one.position == head and other.position == head, what="both relays at the head")
        for relay in relays:
            relay.cancel()
        ends = await asyncio.gather(*relays, return_exceptions=True)
        assert [type(end) for end in ends] == [asyncio.CancelledError] * 2
        assert one.published > 0
        assert other.published > 0
        await assert_feed_is_log(server.url, log)


async def test_a_relay_that_slept_finds_its_publishes_refused(log: Log, dsn: str, tmp_path: Path) -> None:
    """SIGSTOP: it keeps the lock, another takes over; SIGCONT: what it still sends comes too late."""
    stream = await fill(log, 2_000)
    async with own_nats(tmp_path) as server:
        sleeper = await RelayProcess.start(dsn, server.url)
        await until_feed_moves(server.url)
        await sleeper.signal(signal.SIGSTOP)
        async with running(Relay(log, [server.url])) as other:
            await append_updates(log, stream, 3_000)
            await until_relayed(other, log)
            await sleeper.signal(signal.SIGCONT)
            await trickle(log, stream, 300)
            await until_relayed(other, log)
        await assert_feed_is_log(server.url, log)
        await sleeper.signal(signal.SIGKILL)


async def test_a_killed_nats_server_costs_no_event(log: Log, tmp_path: Path) -> None:
    """Killed mid-window and mid-batch, again and again, while appends go on."""
    stream = await fill(log, 500)
    async with own_nats(tmp_path) as server, running(Relay(log, [server.url])) as relay:
        for round_events in (1_500, 40, 1_500, 40):
            appends = asyncio.create_task(append_updates(log, stream, round_events))
            await asyncio.sleep(0.05)
            await kill(server)
            await appends
            await server.start()
        await until_relayed(relay, log)
        await assert_feed_is_log(server.url, log)


async def test_an_outage_of_nats_delays_the_feed_and_nothing_else(
    log: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Appends are unaffected, the lag is told while it grows, and is worked off afterwards."""
    stream = await fill(log, 100)
    async with own_nats(tmp_path) as server, running(Relay(log, [server.url])) as relay:
        await until_relayed(relay, log)
        await server.stop()
        await append_updates(log, stream, 1)
        await until_state(relay, RelayState.UNAVAILABLE)
        began = time.monotonic()
        await append_updates(log, stream, 20_000)
        append_s = time.monotonic() - began
        await until(lambda: relay.status.lag_s > 1.0, what="the lag in seconds grows")
        assert relay.status.lag_events == 20_001
        assert relay.status.problem is not None
        await server.start()
        await until_state(relay, RelayState.RUNNING)
        began = time.monotonic()
        await until_relayed(relay, log)
        drain_s = time.monotonic() - began
        assert relay.status.lag_events == 0
        assert relay.status.lag_s == 0.0
        await assert_feed_is_log(server.url, log)
    rates = f"appended {20_000 / append_s:,.0f} events/s, drained {20_000 / drain_s:,.0f} events/s"
    with capsys.disabled():
        print(f"\n[relay] outage: {rates}")  # noqa: T201 - rates depend on the machine: told, not asserted


async def test_a_relay_started_before_nats_waits_for_it(log: Log, tmp_path: Path) -> None:
    await fill(log, 5)
    async with own_nats(tmp_path) as server:
        await server.stop()
        async with running(Relay(log, [server.url])) as relay:
            await until_state(relay, RelayState.UNAVAILABLE)
            assert relay.status.lag_events == 5
            await server.start()
            await until_relayed(relay, log)


async def test_a_relay_stands_by_while_another_works(log: Log, dsn: str, tmp_path: Path) -> None:
    async with own_nats(tmp_path) as server:
        worker = await RelayProcess.start(dsn, server.url)
        await fill(log, 5)
        await until_feed_moves(server.url)
        async with running(Relay(log, [server.url])) as standby:
            await until_state(standby, RelayState.STANDBY)
            await worker.signal(signal.SIGKILL)
            await until_state(standby, RelayState.RUNNING)


async def test_a_relay_publishes_nothing_of_a_log_that_may_hold_what_it_cannot_read(log: Log, tmp_path: Path) -> None:
    """The level rose while it slept, and its lease with it: it would publish as JSON what is none."""
    await fill(log, 5)
    await set_level(log, READS_LEVEL + 1)
    async with own_nats(tmp_path) as server, running(Relay(log, [server.url])) as relay:
        await until_state(relay, RelayState.UNAVAILABLE)
        assert "newer version" in (relay.status.problem or "")
        assert relay.status.published_total == 0

        await set_level(log, READS_LEVEL)
        await until_relayed(relay, log)
        await assert_feed_is_log(server.url, log)


async def test_a_relay_that_meets_a_newer_log_leaves_its_turn_to_another(
    log: Log, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "SCRUB_INTERVAL_S", 0.1)
    await fill(log, 5)
    async with own_nats(tmp_path) as server, running(Relay(log, [server.url])) as relay:
        await until_relayed(relay, log)
        await set_level(log, READS_LEVEL + 1)
        await until_state(relay, RelayState.UNAVAILABLE)

        other = await asyncpg.connect(dsn)
        async with asyncio.timeout(10):
            while not await other.fetchval(STATEMENTS["lock_relay"]):  # noqa: ASYNC110 - Postgres tells nobody
                await asyncio.sleep(0.02)
        await other.close()


async def until_feed_moves(url: str) -> None:
    """Wait until the feed has an event more than now."""
    async with client(url) as connected:
        jetstream = connected.jetstream()

        async def last() -> int:
            return sum([info.state.last_seq for info in await jetstream.streams_info()])

        before = await last()
        async with asyncio.timeout(30):
            while await last() <= before:  # noqa: ASYNC110 - another process's state: nothing tells of it
                await asyncio.sleep(0.02)


async def follow_regardless(log: Log, url: str, progress: Progress) -> None:
    """Relay as a process does that believes to be the only one."""
    connection = await FeedConnection.open(url, credentials=None)
    try:
        feed = FeedStream(connection.jetstream, stream_name(log.log_id), replicas=1)
        await feed.ensure()
        encoder = MessageEncoder(log.log_id, message_bytes_max=connection.message_bytes_max - CONTROL_BYTES_MAX)
        publisher = Publisher(connection, encoder, stream=feed.name, replicas=1, batches=True)
        follower = Follower(log, feed, publisher, progress)
        while True:
            await follower.resume()
            await follower.follow()
    finally:
        await connection.close()
