"""A fork gives the log a new id: its feed is a new one, and only the feeds of the ids that it had before make room."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from nats.js.api import StreamConfig
from nats.js.errors import APIError

from modelbox_events import FeedForkedError, Log
from modelbox_events.feed import SUBJECTS, Relay, RelayState, Trouble, stream_name
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


async def test_a_forked_log_gets_a_whole_feed_of_its_own_and_the_old_one_is_sealed(
    log: Log, dsn: str, tmp_path: Path
) -> None:
    """Followers of the old feed read it to its end, and its description says where the log goes on."""
    stream = await fill(log, 700)
    async with (
        own_nats(tmp_path) as server,
        running(Relay(log, [server.url])) as relay,
        client(server.url) as follower,
    ):
        await until_relayed(relay, log)
        old = stream_name(log.log_id)
        reader = await follower.jetstream().pull_subscribe(SUBJECTS, durable="reader", stream=old)
        for message in await reader.fetch(10):
            await message.ack_sync()
        async with forked(dsn) as fork:
            async with running(Relay(fork, [server.url], ancestors=[log.log_id])) as anew:
                await append_updates(fork, stream, 20)
                await until_relayed(anew, fork)
                await until_state(relay, RelayState.HALTED)  # of the log that is no more
            await assert_feed_is_log(server.url, fork)
            info = await follower.jetstream().stream_info(old)
            assert (info.config.sealed, info.state.last_seq) == (True, 700)
            assert stream_name(fork.log_id) in (info.config.description or "")
            read_on = await reader.fetch(690)
            assert [message.metadata.sequence.stream for message in read_on] == list(range(11, 701))
            with pytest.raises(APIError):
                await follower.jetstream().purge_stream(old)


async def test_a_feed_that_was_retired_half_way_is_sealed_by_the_next_relay(log: Log, dsn: str, tmp_path: Path) -> None:
    await fill(log, 5)
    async with own_nats(tmp_path) as server, client(server.url) as operator:
        async with running(Relay(log, [server.url])) as relay:
            await until_relayed(relay, log)
        old = stream_name(log.log_id)
        config = (await operator.jetstream().stream_info(old)).config
        await operator.jetstream().update_stream(config.evolve(subjects=[f"modelbox-retired.{old}.>"]))
        async with forked(dsn) as fork, running(Relay(fork, [server.url], ancestors=[log.log_id])) as anew:
            await until_relayed(anew, fork)
            assert (await operator.jetstream().stream_info(old)).config.sealed


async def test_a_stream_that_is_not_the_logs_is_reported_and_left_alone(log: Log, tmp_path: Path) -> None:
    """Its owner decides; once it is gone the relay goes on by itself."""
    await fill(log, 5)
    other = StreamConfig(name=stream_name(uuid4()), subjects=[SUBJECTS])
    async with own_nats(tmp_path) as server, client(server.url) as operator:
        await operator.jetstream().add_stream(other)
        await operator.jetstream().publish("modelbox.a.b.c.d", b"{}")
        async with running(Relay(log, [server.url], ancestors=[uuid4()])) as relay:
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
    """As when the database of before is restored: it does not take the subjects back."""
    await fill(log, 5)
    async with own_nats(tmp_path) as server:
        async with running(Relay(log, [server.url])) as relay:
            await until_relayed(relay, log)
        async with forked(dsn) as fork, running(Relay(fork, [server.url], ancestors=[log.log_id])) as anew:
            await until_relayed(anew, fork)
        await rename_log(dsn, log.log_id)
        async with running(Relay(log, [server.url])) as relay:
            await until_state(relay, RelayState.HALTED)
            assert "was retired" in (relay.status.problem or "")
            assert relay.status.trouble is Trouble.FORKED
        with pytest.raises(FeedForkedError, match="was retired"):
            await Relay(log, [server.url]).rebuild()


@contextlib.asynccontextmanager
async def forked(dsn: str) -> AsyncIterator[Log]:
    """The same database, opened as the log that a fork made of it."""
    await rename_log(dsn, uuid4())
    fork = await Log.open(dsn)
    try:
        yield fork
    finally:
        await fork.close()


async def rename_log(dsn: str, log_id: UUID) -> None:
    """Give the log another id."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("UPDATE modelbox.log_head SET log_id = $1", log_id)
    await connection.close()
