"""A fork gives the log another id and so another feed; only the feeds of ids that it had before make room."""

import re
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from nats.js.api import StreamConfig
from nats.js.errors import APIError

from modelbox_events import FeedForkedError, Log
from modelbox_events.feed import SUBJECTS, Relay, RelayState, Trouble, stream_name
from modelbox_events.fork import fork
from tests.integration.feeds import (
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


async def test_a_running_relay_goes_on_in_a_whole_feed_of_the_forked_log_and_seals_the_old_one(
    log: Log, dsn: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Followers of the old feed read it to its end, and its description says where the log goes on."""
    stream = await fill(log, 700)
    old = stream_name(log.log_id)
    async with (
        own_nats(tmp_path) as server,
        running(Relay(log, [server.url])) as relay,
        client(server.url) as follower,
    ):
        await until_relayed(relay, log)
        reader = await follower.jetstream().pull_subscribe(SUBJECTS, durable="reader", stream=old)
        for message in await reader.fetch(10):
            await message.ack_sync()
        begun = await fork(dsn, reason="restored a backup")
        await until(lambda: relay.stream == stream_name(begun.log_id), what="the fork noticed")
        await append_updates(log, stream, 20)
        await until_relayed(relay, log)
        await until(lambda: relay.status.published_total >= 1_421, what="the new feed filled")
        assert re.search(rf"relay_running .*{relay.stream}", capsys.readouterr().out)
        await assert_feed_is_log(server.url, log)
        info = await follower.jetstream().stream_info(old)
        assert info.config.sealed
        assert relay.stream in (info.config.description or "")
        read_on = await reader.fetch(690)
        assert [message.metadata.sequence.stream for message in read_on] == list(range(11, 701))
        with pytest.raises(APIError):
            await follower.jetstream().purge_stream(old)


async def test_a_relay_that_starts_after_forks_retires_the_feed_that_is_in_its_way(
    log: Log, dsn: str, tmp_path: Path
) -> None:
    """Also where one before it was killed half-way, and where forks came between that never had a feed."""
    await fill(log, 5)
    old = stream_name(log.log_id)
    async with own_nats(tmp_path) as server, client(server.url) as operator:
        async with running(Relay(log, [server.url])) as relay:
            await until_relayed(relay, log)
        config = (await operator.jetstream().stream_info(old)).config
        await operator.jetstream().update_stream(config.evolve(subjects=[f"modelbox-retired.{old}.>"]))
        for number in range(3):
            await fork(dsn, reason=f"fork {number}")
        again = await Log.open(dsn)
        async with running(Relay(again, [server.url])) as relay:
            await until_relayed(relay, again)
            assert (await operator.jetstream().stream_info(old)).config.sealed
        await assert_feed_is_log(server.url, again)
        await again.close()


async def test_a_stream_that_is_not_the_logs_is_reported_and_left_alone(log: Log, tmp_path: Path) -> None:
    """Its owner decides; once it is gone the relay goes on by itself."""
    await fill(log, 5)
    other = StreamConfig(name=stream_name(uuid4()), subjects=[SUBJECTS])
    async with own_nats(tmp_path) as server, client(server.url) as operator:
        await operator.jetstream().add_stream(other)
        await operator.jetstream().publish("modelbox.a.b.c.d", b"{}")
        async with running(Relay(log, [server.url])) as relay:
            await until_state(relay, RelayState.HALTED)
            assert relay.status.trouble is Trouble.TAKEN
            assert f"stream {other.name} takes its subjects" in (relay.status.problem or "")
            await until(lambda: relay.status.lag_s > 0, what="the lag told")
            assert relay.status.lag_events == 5
            info = await operator.jetstream().stream_info(other.name or "")
            assert (info.state.messages, info.config.subjects, info.config.sealed) == (1, [SUBJECTS], False)
            await operator.jetstream().delete_stream(other.name or "")
            await until_relayed(relay, log)


async def test_a_relay_of_the_log_before_the_fork_leaves_the_retired_feed_as_it_is(
    log: Log, dsn: str, tmp_path: Path
) -> None:
    """As when the database of before is restored: it takes no subjects back, and does not delete the feed either."""
    await fill(log, 5)
    before = log.log_id
    async with own_nats(tmp_path) as server:
        async with running(Relay(log, [server.url])) as relay:
            await until_relayed(relay, log)
            await fork(dsn, reason="a copy lives")
            await until(lambda: relay.stream != stream_name(before), what="the fork noticed")
            await until_relayed(relay, log)
            await until(lambda: relay.status.published_total >= 11, what="the new feed filled")
        connection = await asyncpg.connect(dsn)
        await connection.execute("DELETE FROM modelbox.epochs WHERE number > 0")
        await connection.execute("UPDATE modelbox.log_head SET log_id = $1", before)
        await connection.close()
        restored = await Log.open(dsn)
        async with running(Relay(restored, [server.url])) as relay:
            await until_state(relay, RelayState.HALTED)
            assert "was retired" in (relay.status.problem or "")
            assert relay.status.trouble is Trouble.FORKED
            with pytest.raises(FeedForkedError, match="was retired"):
                await relay.rebuild()
        await restored.close()
