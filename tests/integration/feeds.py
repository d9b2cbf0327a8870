"""Helpers for the tests of the feed: fill a log, run a relay, read a feed as anyone may."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import UUID

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from modelbox_events import NO_STREAM, STREAM_EXISTS, Append, Context, Log, NewEvent, Position, StreamRef, new_id
from modelbox_events.event import RecordedEvent
from modelbox_events.feed import SUBJECTS, Relay, RelayState, stream_name
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_events.types.model import ModelCreated
from modelbox_gateway.embedded.nats import EmbeddedNats
from tests.integration.nats_cluster import free_ports

APPEND_EVENTS = 500
WAIT_S = 60.0


async def append_model(log: Log, *, namespace: str = "default", context: Context | None = None) -> StreamRef:
    """Append one ModelCreated; return the model's stream."""
    stream = StreamRef(namespace, "model", new_id())
    created = ModelCreated(
        model_id=stream.id,
        name="digits",
        owner="mira",
        task="classification",
        description="",
        labels={},
        metadata={},
        files=[],
    )
    request = Append(
        stream=stream, events=[NewEvent(created)], expected_version=NO_STREAM, context=context or Context()
    )
    await log.append(request)
    return stream


async def append_updates(log: Log, stream: StreamRef, count: int) -> None:
    """Append `count` MetadataUpdated to a model's stream."""
    updates = [NewEvent(MetadataUpdated(object_id=stream.id, metadata={"n": n})) for n in range(count)]
    for first in range(0, count, APPEND_EVENTS):
        events = updates[first : first + APPEND_EVENTS]
        await log.append(Append(stream=stream, events=events, expected_version=STREAM_EXISTS))


async def fill(log: Log, count: int) -> StreamRef:
    """Append `count` events to a new model's stream."""
    stream = await append_model(log)
    await append_updates(log, stream, count - 1)
    return stream


async def trickle(log: Log, stream: StreamRef, count: int, *, pause_s: float = 0.0) -> None:
    """Append `count` events, one a call."""
    for _ in range(count):
        await append_updates(log, stream, 1)
        await asyncio.sleep(pause_s)


@contextlib.asynccontextmanager
async def own_nats(folder: Path) -> AsyncIterator[EmbeddedNats]:
    """A nats-server of the test's own, to be killed and started as it likes."""
    [port] = free_ports(1)
    server = EmbeddedNats(folder / "nats", port=port)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def kill(server: EmbeddedNats) -> None:
    """End a nats-server by SIGKILL."""
    os.kill(server.pid, signal.SIGKILL)
    await server.ended()
    await server.stop()


@contextlib.asynccontextmanager
async def running(relay: Relay) -> AsyncIterator[Relay]:
    """A relay at work."""
    task = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], bool], *, what: str, timeout_s: float = WAIT_S) -> None:
    """Wait until a condition holds."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, f"{what}: not within {timeout_s:g} s"
        await asyncio.sleep(0.01)


async def until_relayed(relay: Relay, log: Log) -> None:
    """Wait until the feed has all that the log has now."""
    head = (await log.read_head()).position
    await until(lambda: relay.status.position >= head, what=f"position {head} in the feed")


async def until_state(relay: Relay, state: RelayState) -> None:
    """Wait until a relay is in a state."""
    await until(lambda: relay.status.state is state, what=f"relay {state}")


@contextlib.asynccontextmanager
async def client(*urls: str) -> AsyncIterator[Client]:
    """A plain nats-py client."""
    connected = await nats.connect(list(urls))
    try:
        yield connected
    finally:
        await connected.close()


async def read_feed(url: str, log_id: UUID) -> list[Msg]:
    """Read the whole feed with a plain pull consumer; again from the start when a cluster changes leaders meanwhile."""
    async with asyncio.timeout(WAIT_S), client(url) as connected:
        while True:
            with contextlib.suppress(NatsError):
                return await _read_once(connected.jetstream(), stream_name(log_id))
            await asyncio.sleep(0.2)


async def _read_once(jetstream: JetStreamContext, name: str) -> list[Msg]:
    messages: list[Msg] = []
    last = (await jetstream.stream_info(name)).state.last_seq
    config = ConsumerConfig(deliver_policy=DeliverPolicy.ALL, ack_policy=AckPolicy.NONE)
    consumer = await jetstream.pull_subscribe(SUBJECTS, stream=name, config=config)
    while not messages or messages[-1].metadata.sequence.stream < last:
        messages += await consumer.fetch(1_000, timeout=5)
    return messages


async def read_log(log: Log) -> list[RecordedEvent]:
    """Read the whole log."""
    events: list[RecordedEvent] = []
    while page := await log.read(Position(len(events)), limit=2_000):
        events += page
    return events


async def assert_feed_is_log(url: str, log: Log) -> None:
    """The feed holds each event once, in its place, with its hash and its JSON."""
    feed = [
        (m.metadata.sequence.stream, (m.headers or {})["ce-chainhash"], m.data)
        for m in await read_feed(url, log.log_id)
    ]
    events = [(event.position, event.hash.hex(), event.json) for event in await read_log(log)]
    assert len(feed) == len(events)
    assert feed == events


class RelayProcess:
    """A relay in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Use `start`."""
        self._process = process

    @classmethod
    async def start(cls, dsn: str, url: str, *, replicas: int = 1) -> "RelayProcess":
        """Start it; it relays until it is ended."""
        program = Path(__file__).with_name("relay_program.py")
        return cls(await asyncio.create_subprocess_exec(sys.executable, str(program), dsn, url, str(replicas)))

    async def signal(self, number: signal.Signals) -> None:
        """Send it a signal; wait for its end if that is SIGKILL."""
        self._process.send_signal(number)
        if number is signal.SIGKILL:
            await self._process.wait()
