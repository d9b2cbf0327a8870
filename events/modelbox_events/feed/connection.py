"""One connection to NATS that sends whole pages of messages and hears what became of each.

It never reconnects by itself: a publish that nats-py would repeat from its buffer has an outcome that nobody asked
for any more. The relay opens a new connection instead and begins with the feed's state.

Must not know: events, or what an answer means.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from modelbox_events.feed.answers import Answer, NoAnswer, read_answer

CONNECT_TIMEOUT_S: Final = 2.0
REQUEST_TIMEOUT_S: Final = 5.0
"""Bound of one request to JetStream, and of the wait for an answer to a publish."""
_PING_INTERVAL_S: Final = 2

_log = structlog.get_logger()


class _FrameClient(Client):
    """nats-py's client, with a way in for frames that are formatted already.

    `publish` checks and writes header by header, which at 20 headers a message takes most of a core at the rate the
    feed must reach. The frames go through the same buffer and flusher.
    """

    async def send_frames(self, frames: bytes) -> None:
        """Hand over complete protocol frames; waits when the buffer is full."""
        await self._send_command(frames)
        await self._flush_pending()


class FeedConnection:
    """A connection for one relay. After `closed` is set it is of no more use."""

    def __init__(self, client: _FrameClient, closed: asyncio.Event) -> None:
        """Use `open`."""
        self._client = client
        self._replies = client.new_inbox()
        self._next_reply = 0
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self.closed = closed
        self.jetstream: JetStreamContext = client.jetstream(timeout=REQUEST_TIMEOUT_S)

    @classmethod
    async def open(cls, servers: Sequence[str], *, credentials: Path | None) -> Self:
        """Connect to the first of the servers that answers.

        Raises:
            NatsError: None does.
            OSError: As above.
        """
        problem: Exception = NatsError("no server was named")
        for server in servers:
            client, closed = _FrameClient(), asyncio.Event()
            try:
                await _connect(client, server, credentials, closed=closed)
            except (NatsError, OSError, TimeoutError) as error:
                problem = error
                continue
            connection = cls(client, closed)
            await client.subscribe(f"{connection._replies}.*", cb=connection._hear)
            return connection
        raise problem

    @property
    def message_bytes_max(self) -> int:
        """The most that the server takes for one message, headers included."""
        return self._client.max_payload

    def expect_answer(self) -> tuple[str, asyncio.Future[Answer]]:
        """Return a fresh reply subject and where the answer sent to it will appear."""
        self._next_reply += 1
        reply = str(self._next_reply)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[reply] = answer
        return f"{self._replies}.{reply}", answer

    async def send(self, frames: bytes) -> None:
        """Send complete protocol frames."""
        if not self.closed.is_set():
            await self._client.send_frames(frames)

    async def answers(self, waiting: Sequence[asyncio.Future[Answer]]) -> list[Answer]:
        """Wait for the answers, in their order; what is not heard in `REQUEST_TIMEOUT_S` is a `NoAnswer`."""
        closed = asyncio.ensure_future(self.closed.wait())
        everything = asyncio.gather(*waiting)
        try:
            await asyncio.wait((everything, closed), timeout=REQUEST_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            closed.cancel()
            self._waiting.clear()
        problem = "the connection was lost" if self.closed.is_set() else f"no answer in {REQUEST_TIMEOUT_S:g} s"
        for answer in waiting:
            if not answer.done():
                answer.set_result(NoAnswer(problem))
        return await everything

    async def close(self) -> None:
        """End the connection."""
        await self._client.close()

    async def _hear(self, message: Msg) -> None:
        answer = self._waiting.pop(message.subject.rpartition(".")[2], None)
        # Nobody waits any more for the answer to a publish that timed out.
        if answer is not None and not answer.done():
            status = message.headers.get("Status") if message.headers else None
            answer.set_result(read_answer(message.data, status=status))


async def _connect(client: Client, server: str, credentials: Path | None, *, closed: asyncio.Event) -> None:
    async def on_closed() -> None:
        closed.set()

    async def on_error(error: Exception) -> None:
        _log.info("feed_connection_error", server=client.connected_url and client.connected_url.hostname, error=str(error))

    await client.connect(
        servers=[server],
        name="modelbox relay",
        allow_reconnect=False,
        connect_timeout=int(CONNECT_TIMEOUT_S),
        ping_interval=_PING_INTERVAL_S,
        user_credentials=str(credentials) if credentials else None,
        closed_cb=on_closed,
        disconnected_cb=on_closed,
        error_cb=on_error,
    )
