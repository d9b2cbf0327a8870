"""A log restored from a backup older than one of its forks: that fork's feed is there, and the log does not know it."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from nats.js.api import StreamConfig

from modelbox_events import FeedTakenError, Log
from modelbox_events.feed import SUBJECTS, Relay, RelayState, Trouble, look, stream_name
from modelbox_events.feed.claim import makes_room
from modelbox_events.fork import fork
from modelbox_gateway.embedded.nats import EmbeddedNats
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
from tests.integration.set_back import Restorable

Restored = tuple[EmbeddedNats, str, Log]


@pytest.fixture
async def restored(dsn: str, tmp_path: Path) -> AsyncIterator[Restored]:
    """A log of five events that was forked, logged on, and restored from before; and the name of that fork's feed."""
    before = await Log.open(dsn)
    stream, first = await fill(before, 5), before.log_id
    await before.close()
    async with Restorable.keep(dsn) as backup, own_nats(tmp_path) as server:
        log = await Log.open(dsn)
        async with running(Relay(log, [server.url])) as relay:
            await until_relayed(relay, log)
            await fork(dsn, reason="restored a backup")
            await until(lambda: relay.stream != stream_name(first), what="the fork noticed")
            await append_updates(log, stream, 20)
            lost = relay.stream
            await until(lambda: relay.status.published_total >= 31, what="the new feed filled")
        await log.close()
        await backup.restore()
        again = await Log.open(dsn)
        yield server, lost, again
        await again.close()


async def test_a_backup_from_before_a_fork_restored_and_forked_again_gets_its_feed(
    restored: Restored, dsn: str
) -> None:
    """Nobody else's feed can be in a server's own NATS: the one that the log does not know makes room by itself."""
    server, lost, log = restored
    async with running(Relay(log, [server.url], alone=True)) as relay, client(server.url) as operator:
        await until_state(relay, RelayState.HALTED)
        assert "modelbox log fork" in (relay.status.problem or "")
        assert (relay.status.position, relay.status.lag_events) == (5, 0)
        found = await look(log, [server.url], alone=True)
        assert (found.trouble, found.position, found.lag_events) == (Trouble.FORKED, 5, 0)
        assert found.problem == relay.status.problem
        await fork(dsn, reason="restored it again")
        await until_relayed(relay, log)
        await until(lambda: relay.status.published_total >= 6, what="the new feed filled")
        config = (await operator.jetstream().stream_info(lost)).config
        assert (config.sealed, relay.stream in (config.description or "")) == (True, True)
        await assert_feed_is_log(server.url, log)
        assert (await look(log, [server.url], alone=True)).trouble is None


async def test_in_a_shared_nats_a_feed_that_the_log_does_not_know_makes_room_by_an_operators_word(
    restored: Restored, dsn: str
) -> None:
    server, lost, log = restored
    await fork(dsn, reason="restored it again")
    async with running(Relay(log, [server.url])) as relay, client(server.url) as operator:
        await until(lambda: relay.status.trouble is Trouble.TAKEN, what="the other feed met")
        assert "modelbox relay rebuild --take-over" in (relay.status.problem or "")
        assert not (await operator.jetstream().stream_info(lost)).config.sealed
        assert await relay.holder() == lost
        with pytest.raises(FeedTakenError):
            await relay.rebuild()
        await relay.rebuild(take_over=lost)
        await until_relayed(relay, log)
        assert (await operator.jetstream().stream_info(lost)).config.sealed
        await until(lambda: relay.status.published_total >= 6, what="the new feed filled")
        await assert_feed_is_log(server.url, log)


@pytest.mark.parametrize("has_metadata", [True, False], ids=["of this version", "of an earlier version"])
async def test_only_a_feed_of_the_same_genesis_makes_room_by_itself(restored: Restored, *, has_metadata: bool) -> None:
    """A feed of an earlier version does not say its genesis; its first message tells."""
    server, lost, log = restored
    async with client(server.url) as operator:
        jetstream = operator.jetstream()
        assert (await jetstream.stream_info(lost)).config.metadata["modelbox-genesis"] == str(log.genesis)  # type: ignore[index]
        if not has_metadata:
            config = (await jetstream.stream_info(lost)).config
            await jetstream.update_stream(config.evolve(metadata={}))
        assert await makes_room(log, jetstream, lost, alone=True)
        assert not await makes_room(log, jetstream, lost, alone=False)
        await jetstream.delete_stream(lost)
        foreign = StreamConfig(name=stream_name(uuid4()), subjects=[SUBJECTS])
        await jetstream.add_stream(foreign)
        assert not await makes_room(log, jetstream, foreign.name or "", alone=True)
        await jetstream.publish("modelbox.a.b.c.d", b"{}")
        assert not await makes_room(log, jetstream, foreign.name or "", alone=True)


async def test_status_asks_what_the_relay_asks(log: Log, tmp_path: Path) -> None:
    """Of a feed that does not exist: whether a stream that is not the log's takes its subjects."""
    await fill(log, 5)
    async with own_nats(tmp_path) as server, client(server.url) as operator:
        found = await look(log, [server.url])
        assert (found.state, found.trouble, found.lag_events) == ("missing", None, 5)
        await operator.jetstream().add_stream(StreamConfig(name="OTHER", subjects=["modelbox.a.>"]))
        async with running(Relay(log, [server.url])) as relay:
            await until_state(relay, RelayState.HALTED)
            found = await look(log, [server.url])
            assert (found.state, found.trouble, found.problem) == ("halted", Trouble.TAKEN, relay.status.problem)
            assert "--take-over" not in (found.problem or "")
            assert (found.position, found.lag_events) == (relay.status.position, relay.status.lag_events) == (0, 5)
            with pytest.raises(FeedTakenError):
                await relay.rebuild(take_over="OTHER")
            assert not (await operator.jetstream().stream_info("OTHER")).config.sealed
