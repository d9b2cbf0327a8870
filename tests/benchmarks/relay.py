"""How fast the relay drains the log, and how long after its commit an event reaches a subscriber."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import nats

from modelbox_events import Log, StreamRef, new_id
from modelbox_events.feed import Relay
from tests.benchmarks.log import appends, request
from tests.benchmarks.report import Figure, per_second, percentile_ms
from tests.benchmarks.servers import fresh_log, postgres
from tests.benchmarks.servers import nats as nats_server

EVENTS = 100_000
MESSAGES = 50_000
PROBES = 200
WAIT_S = 300.0


async def run() -> list[Figure]:
    """Measure."""
    async with postgres() as server, nats_server() as feed, fresh_log(server) as log:
        await appends(log, clients=50, calls=EVENTS // 50_000, events=1_000)
        start = time.perf_counter()
        async with _relaying(log, feed.url) as relay:
            await _drained(log, relay)
            seconds = time.perf_counter() - start
            bare = await _bare_rate(feed.url)
            rate = log.head.position / seconds
            reference = f"bare publish {bare:,.0f}/s"
            drained = Figure(
                "log to feed", per_second(log.head.position, seconds), reference, rate / bare, "≥ 25,000/s"
            )
            latencies = await _latencies(log, feed.url)
    value = f"p50 {percentile_ms(latencies, 0.5)}, p99 {percentile_ms(latencies, 0.99)}"
    return [drained, Figure("commit to subscriber, idle", value, target="p50 < 5 ms")]


@contextlib.asynccontextmanager
async def _relaying(log: Log, url: str) -> AsyncIterator[Relay]:
    relay = Relay(log, [url])
    task = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _drained(log: Log, relay: Relay) -> None:
    async with asyncio.timeout(WAIT_S):
        while relay.status.position < log.head.position:  # noqa: ASYNC110  # nothing to wait on but the figure
            await asyncio.sleep(0.005)


async def _bare_rate(url: str) -> float:
    """Publish messages of a like size to a JetStream stream with nats-py alone, pipelined."""
    client = await nats.connect(url)
    stream = client.jetstream()
    await stream.add_stream(name="bare", subjects=["bare"])
    body = b"x" * 200
    start = time.perf_counter()
    for first in range(0, MESSAGES, 256):
        futures = [await stream.publish_async("bare", body) for _ in range(first, min(first + 256, MESSAGES))]
        await asyncio.gather(*futures)
    rate = MESSAGES / (time.perf_counter() - start)
    await client.close()
    return rate


async def _latencies(log: Log, url: str) -> list[float]:
    client = await nats.connect(url)
    arrived: asyncio.Queue[float] = asyncio.Queue()

    async def on_message(_: object) -> None:
        await arrived.put(time.perf_counter())

    await client.subscribe("modelbox.>", cb=on_message)
    await client.flush()
    latencies = []
    for _ in range(PROBES):
        await log.append(request(StreamRef("bench", "model", new_id()), 1))
        committed = time.perf_counter()
        latencies.append(max(0.0, await asyncio.wait_for(arrived.get(), 10) - committed))
        await asyncio.sleep(0.01)  # idle between probes
    await client.close()
    return latencies
