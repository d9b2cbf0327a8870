"""A fork at any moment: no event of the new epoch goes into the feed of the one that ended."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from modelbox_events import Log
from modelbox_events.feed import Relay, stream_name
from modelbox_events.feed.stream import FeedStream
from modelbox_events.fork import fork
from tests.integration.feeds import append_updates, client, fill, own_nats, running, until, until_relayed


async def test_a_fork_while_the_relay_prepares_its_feed_is_noticed(
    log: Log, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the choice of the feed and the first message into it."""
    stream = await fill(log, 50)
    ended = log.log_id
    ensure = FeedStream.ensure

    async def ensure_and_fork(feed: FeedStream, limits: Mapping[str, Any] | None) -> bool:
        monkeypatch.setattr(FeedStream, "ensure", ensure)
        batches = await ensure(feed, limits)
        begun = await fork(dsn, reason="while the relay prepares")
        await until(lambda: log.log_id == begun.log_id, what="the fork known")
        return batches

    monkeypatch.setattr(FeedStream, "ensure", ensure_and_fork)
    async with own_nats(tmp_path) as server, running(Relay(log, [server.url])) as relay, client(server.url) as reader:
        await until(lambda: log.log_id != ended, what="the fork")
        await append_updates(log, stream, 20)
        await until(lambda: relay.stream == stream_name(log.log_id), what="the relay turned to the new epoch")
        await until_relayed(relay, log)

        jetstream = reader.jetstream()
        new = await jetstream.stream_info(stream_name(log.log_id))
        old = await jetstream.stream_info(stream_name(ended))
    assert new.state.messages == log.head.position
    assert old.state.messages == 0
