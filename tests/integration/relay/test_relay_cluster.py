"""The feed in three copies on a real cluster of nats-servers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nats.aio.client import Client as NatsClient
from nats.aio.msg import Msg
from nats.errors import NoRespondersError
from nats.js.api import StreamConfig

from modelbox_events import Log
from modelbox_events.feed import Relay, RelayState, Trouble, stream_name
from modelbox_events.feed.answers import Ack, Verdict, judge, read_answer
from tests.integration.feeds import (
    append_updates,
    assert_feed_is_log,
    client,
    fill,
    own_nats,
    running,
    until,
    until_relayed,
)
from tests.integration.nats_cluster import NatsCluster


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[NatsCluster]:
    started = NatsCluster(tmp_path)
    await started.start()
    yield started
    await started.stop()


async def test_a_replicated_feed_is_the_log(log: Log, cluster: NatsCluster) -> None:
    """In batches and message by message."""
    stream = await fill(log, 1_500)
    async with running(Relay(log, cluster.urls, replicas=3)) as relay:
        await until_relayed(relay, log)
        for count in (1, 63, 64, 30):
            await append_updates(log, stream, count)
            await until_relayed(relay, log)
        assert relay.status.problem is None
    assert (await cluster.stream_info(stream_name(log.log_id))).config.num_replicas == 3
    await assert_feed_is_log(cluster.urls[0], log)


@pytest.mark.parametrize("losses", [1, pytest.param(4, marks=pytest.mark.matrix)])
async def test_the_loss_of_the_feeds_leader_costs_no_event(log: Log, cluster: NatsCluster, losses: int) -> None:
    stream = await fill(log, 300)
    async with running(Relay(log, cluster.urls, replicas=3)) as relay:
        await until_relayed(relay, log)
        for _ in range(losses):
            appends = asyncio.create_task(append_updates(log, stream, 2_000))
            killed = await cluster.kill_leader(stream_name(log.log_id))
            await appends
            await until_relayed(relay, log)
            await cluster.start_server(killed)
            await cluster.wait_until_ready()
    await assert_feed_is_log(cluster.urls[0], log)


async def test_a_repeated_publish_is_answered_alike_whatever_the_replicas(tmp_path: Path, cluster: NatsCluster) -> None:
    """Refused by sequence, or as a duplicate at its place: either way the relay knows where the feed ends."""
    async with own_nats(tmp_path) as single:
        for urls, replicas in (([single.url], 1), (cluster.urls, 3)):
            async with client(*urls) as publisher:
                config = StreamConfig(name="F", subjects=["modelbox.>"], num_replicas=replicas)
                await publisher.jetstream().add_stream(config)
                headers = {"Nats-Expected-Last-Sequence": "0", "Nats-Expected-Stream": "F"}
                first = await _published(publisher, headers)
                again = await _published(publisher, headers)
            assert read_answer(first.data, status=None) == Ack(1)
            verdict = judge(read_answer(again.data, status=None), expected=1)
            assert verdict in {Verdict.STORED, Verdict.REREAD}


async def _published(publisher: NatsClient, headers: dict[str, str]) -> Msg:
    """Publish once; until each server of a cluster has heard of a new stream, nobody is there to answer."""
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(NoRespondersError):
                return await publisher.request("modelbox.a", b"{}", timeout=5, headers=headers)
            await asyncio.sleep(0.05)


async def test_a_feed_without_a_majority_of_its_replicas_is_told_and_goes_on_when_they_are_back(
    log: Log, cluster: NatsCluster
) -> None:
    await fill(log, 20)
    async with running(Relay(log, cluster.urls, replicas=3)) as relay:
        await until_relayed(relay, log)
        await cluster.kill_server(0)
        await cluster.kill_server(1)
        await fill(log, 5)
        await until(lambda: relay.status.state is RelayState.UNAVAILABLE, what="the outage told")
        assert relay.status.trouble in {Trouble.UNREACHABLE, Trouble.NOT_STORING}
        assert relay.status.lag_events == 5
        await cluster.start_server(0)
        await cluster.start_server(1)
        await until_relayed(relay, log)
    await assert_feed_is_log(cluster.urls[0], log)
