"""A feed that is damaged, deleted or wrong is made anew from the log, and its followers' consumers go on in it."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy

from modelbox_events import Log
from modelbox_events.feed import SUBJECTS, Relay, RelayState, Trouble, follower, stream_name
from modelbox_events.feed import relay as relay_module
from modelbox_events.feed.consumers import keep_consumers, kept_name
from modelbox_events.feed.rebuild import rebuild
from modelbox_events.feed.stream import FeedStream
from tests.integration.feeds import (
    append_model,
    append_updates,
    assert_feed_is_log,
    client,
    fill,
    own_nats,
    running,
    until,
    until_relayed,
    until_state,
)

EVENTS = 3_000


async def read_durably(jetstream: JetStreamContext, log: Log, count: int) -> list[int]:
    """Read and acknowledge `count` messages as the durable consumer `reader`; return their sequences."""
    reader = await jetstream.pull_subscribe(SUBJECTS, durable="reader", stream=stream_name(log.log_id))
    messages = await reader.fetch(count, timeout=10)
    for message in messages:
        await message.ack_sync()
    return [message.metadata.sequence.stream for message in messages]


def flip(share: float) -> Callable[[Path], None]:
    """Overwrite 200 bytes at a share of a file's length."""

    def change(file: Path) -> None:
        with file.open("r+b") as block:
            block.seek(min(int(file.stat().st_size * share), file.stat().st_size - 300))
            block.write(os.urandom(200))

    return change


def cut(share: float) -> Callable[[Path], None]:
    """Cut a file off at a share of its length."""
    return lambda file: os.truncate(file, int(file.stat().st_size * share))


@pytest.mark.parametrize(
    "damage",
    [flip(0.0), flip(0.5), flip(1.0), cut(0.5), cut(0.0), Path.unlink],
    ids=["first bytes", "middle", "last bytes", "half", "empty", "gone"],
)
async def test_a_damaged_block_is_found_and_the_feed_made_anew(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], None]
) -> None:
    """Whatever the damage: the feed ends complete, and a durable consumer goes on after what it acknowledged."""
    monkeypatch.setattr(follower, "SCRUB_INTERVAL_S", 0.1)
    monkeypatch.setattr(relay_module, "REREADS_MAX", 20)
    stream = await fill(log, EVENTS)
    async with own_nats(tmp_path) as server:
        async with running(Relay(log, [server.url], repairs=True)) as relay, client(server.url) as reader:
            await until_relayed(relay, log)
            assert await read_durably(reader.jetstream(), log, 10) == list(range(1, 11))
        await server.stop()
        [block] = (tmp_path / "nats").rglob("MODELBOX*/msgs/*.blk")
        damage(block)
        await server.start()
        async with running(Relay(log, [server.url], repairs=True)) as relay, client(server.url) as reader:
            await append_updates(log, stream, 50)
            async with asyncio.timeout(60):
                while not await is_complete(server.url, log):  # noqa: ASYNC110 - nothing tells of a repair but the feed
                    await asyncio.sleep(0.1)
            assert await read_durably(reader.jetstream(), log, 10) == list(range(11, 21))
            await until(lambda: relay.status.trouble is None, what="no trouble left")
        await assert_feed_is_log(server.url, log)


def is_met(relay: Relay, published: int) -> bool:
    """Whether a relay has filled the feed again, or given up."""
    return relay.status.state is RelayState.HALTED or relay.status.published_total == published


async def is_complete(url: str, log: Log) -> bool:
    """Whether the feed is the log."""
    try:
        async with asyncio.timeout(3):
            await assert_feed_is_log(url, log)
    except (AssertionError, TimeoutError):
        return False
    return True


async def test_a_halted_feed_is_mended_by_a_rebuild_and_the_relay_goes_on_by_itself(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lag is told as it is meanwhile: from the last position that feed and log have in common."""
    monkeypatch.setattr(relay_module, "HALTED_PAUSE_S", 0.1)
    stream = await fill(log, 10)
    async with own_nats(tmp_path) as server, client(server.url) as operator:
        async with running(Relay(log, [server.url])) as relay:
            await until_relayed(relay, log)
            assert await read_durably(operator.jetstream(), log, 4) == [1, 2, 3, 4]
        await operator.jetstream().publish("modelbox.default.model.x.ModelCreated", b"{}")
        async with running(Relay(log, [server.url])) as relay:
            await until_state(relay, RelayState.HALTED)
            assert (relay.status.trouble, relay.status.position, relay.status.lag_events) == (Trouble.FORKED, 10, 0)
            await append_updates(log, stream, 5)
            await until(lambda: relay.status.lag_s > 0, what="the lag in seconds told")
            assert relay.status.lag_events == 5
            feed = FeedStream(operator.jetstream(), stream_name(log.log_id), replicas=1)
            assert await rebuild(log, operator.jetstream(), feed) == 1
            await until_relayed(relay, log)
            assert relay.status.trouble is None
        assert await read_durably(operator.jetstream(), log, 20) == list(range(5, 16))
        await assert_feed_is_log(server.url, log)


async def test_a_follower_that_read_what_is_not_the_logs_gets_the_event_that_takes_its_place(
    log: Log, tmp_path: Path
) -> None:
    """Its consumer goes back to the last position that feed and log have in common."""
    await fill(log, 10)
    async with own_nats(tmp_path) as server, client(server.url) as operator:
        jetstream = operator.jetstream()
        async with running(Relay(log, [server.url])) as relay:
            await until_relayed(relay, log)
        for _ in range(3):
            await jetstream.publish("modelbox.default.model.x.ModelCreated", b"{}")
        assert await read_durably(jetstream, log, 13) == list(range(1, 14))
        await append_model(log)
        await rebuild(log, jetstream, FeedStream(jetstream, stream_name(log.log_id), replicas=1))
        async with running(Relay(log, [server.url])) as relay:
            await until_relayed(relay, log)
        assert await read_durably(jetstream, log, 1) == [11]


async def test_a_relay_tells_of_a_rebuild_by_another_program(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where the feed is whole again before it looks; and damage of the feed before is no matter any more."""
    monkeypatch.setattr(follower, "SCRUB_INTERVAL_S", 0.1)
    await fill(log, 20)
    async with own_nats(tmp_path) as server, client(server.url) as operator:
        jetstream, name = operator.jetstream(), stream_name(log.log_id)
        async with running(Relay(log, [server.url])) as relay:
            await until_relayed(relay, log)
            config = (await jetstream.stream_info(name)).config
            await jetstream.update_stream(config.evolve(max_msgs=15))
            await jetstream.update_stream(config.evolve(max_msgs=-1))
            await until(lambda: relay.status.trouble is Trouble.DAMAGED, what="the damage found")
            await rebuild(log, jetstream, FeedStream(jetstream, name, replicas=1))
            await until(lambda: relay.status.trouble is None, what="the damage forgotten")
            await until_relayed(relay, log)
        told = capsys.readouterr().out
        assert ("feed_made_anew" in told, "feed_lost_its_tail" in told) == (True, False)


async def test_a_rebuild_that_was_killed_is_finished_by_the_next_relay(log: Log, tmp_path: Path) -> None:
    """The worst moment: the old feed is deleted, the new one not there. The consumers wait in a stream of their own."""
    await fill(log, 50)
    name = stream_name(log.log_id)
    async with own_nats(tmp_path) as server, client(server.url) as operator:
        jetstream = operator.jetstream()
        async with running(Relay(log, [server.url])) as relay:
            await until_relayed(relay, log)
        assert await read_durably(jetstream, log, 7) == list(range(1, 8))
        assert await keep_consumers(jetstream, name, position_max=50, replicas=1) == 1
        await jetstream.delete_stream(name)
        async with running(Relay(log, [server.url])) as relay:
            await until_relayed(relay, log)
        assert await read_durably(jetstream, log, 100) == list(range(8, 51))
        assert kept_name(name) not in [info.config.name for info in await jetstream.streams_info()]


async def test_limits_that_an_operator_set_outlive_a_rebuild(log: Log, tmp_path: Path) -> None:
    await fill(log, 5)
    async with own_nats(tmp_path) as server, client(server.url) as operator:
        jetstream, name = operator.jetstream(), stream_name(log.log_id)
        async with running(Relay(log, [server.url])) as relay:
            await until_relayed(relay, log)
            config = (await jetstream.stream_info(name)).config
            await jetstream.update_stream(config.evolve(max_bytes=10_000_000))
            await rebuild(log, jetstream, FeedStream(jetstream, name, replicas=1))
            await append_model(log)
            await until_relayed(relay, log)
        config = (await jetstream.stream_info(name)).config
        assert (config.max_bytes, config.deny_delete, config.subjects) == (10_000_000, True, [SUBJECTS])


async def test_a_feed_that_is_damaged_again_soon_is_left_to_an_operator(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails would have the feed made anew for ever."""
    monkeypatch.setattr(follower, "SCRUB_INTERVAL_S", 0.1)
    await fill(log, 20)
    async with own_nats(tmp_path) as server, client(server.url) as operator:
        jetstream, name = operator.jetstream(), stream_name(log.log_id)
        async with running(Relay(log, [server.url], repairs=True)) as relay:
            await until_relayed(relay, log)
            for published in (40, 40):
                config = (await jetstream.stream_info(name)).config
                await jetstream.update_stream(config.evolve(max_msgs=15))
                await jetstream.update_stream(config.evolve(max_msgs=-1))
                await until(lambda: is_met(relay, published), what="the damage met")  # noqa: B023 - awaited at once
            await until_state(relay, RelayState.HALTED)
            assert relay.status.trouble is Trouble.DAMAGED
            assert "modelbox relay rebuild" in (relay.status.problem or "")


async def test_an_outage_is_told_when_it_begins_and_when_it_is_over(
    log: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Between the two, once a minute."""
    await fill(log, 5)
    async with own_nats(tmp_path) as server, running(Relay(log, [server.url])) as relay:
        await until_relayed(relay, log)
        await server.stop()
        await until_state(relay, RelayState.UNAVAILABLE)
        assert relay.status.trouble is Trouble.UNREACHABLE
        since = relay.status.since
        capsys.readouterr()
        await until(lambda: relay._outage.tries >= 6, what="tries in vain")
        assert (relay.status.state, relay.status.since) == (RelayState.UNAVAILABLE, since)
        assert capsys.readouterr().out == ""
        await server.start()
        await until_state(relay, RelayState.RUNNING)
        told = capsys.readouterr().out.splitlines()
        assert (len(told), "relay_running" in told[0], "tries=" in told[0]) == (1, True, True)


async def test_a_feed_whose_limit_is_reached_says_so_and_goes_on_when_it_is_raised(log: Log, tmp_path: Path) -> None:
    """JetStream answers and stores nothing: neither unreachable nor damaged."""
    await fill(log, 5)
    async with own_nats(tmp_path) as server, client(server.url) as operator:
        jetstream, name = operator.jetstream(), stream_name(log.log_id)
        async with running(Relay(log, [server.url])) as relay:
            await until_relayed(relay, log)
            config = (await jetstream.stream_info(name)).config
            await jetstream.update_stream(config.evolve(max_msgs=5, discard=DiscardPolicy.NEW))
            await append_model(log)
            await until_state(relay, RelayState.UNAVAILABLE)
            assert relay.status.trouble is Trouble.NOT_STORING
            assert "maximum messages exceeded" in (relay.status.problem or "")
            assert relay.status.lag_events == 1
            await jetstream.update_stream(config)
            await until_relayed(relay, log)
            assert relay.status.trouble is None
