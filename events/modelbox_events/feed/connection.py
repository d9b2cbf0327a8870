"""One connection to NATS that sends whole pages of messages and hears what became of each.

It never reconnects by itself: a publish that nats-py would repeat from its buffer has an outcome that nobody asked
for any more. The relay opens a new connection instead and begins with the feed's state.

Must not know: events.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Self

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import AuthorizationError, NoServersError
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.protocol.parser import AUTHORIZATION_VIOLATION

from modelbox_events.feed.answers import Answer, NoAnswer, read_answer

CONNECT_TIMEOUT_S: Final = 2
REQUEST_TIMEOUT_S: Final = 2.0
"""Bound of one request to JetStream; a stream without a leader does not answer at all."""
PUBLISH_TIMEOUT_S: Final = 5.0
"""Bound of the wait for the answers to one round of publishes."""
CLOSE_TIMEOUT_S: Final = 2.0
PING_INTERVAL_S: Final = 2
"""Two pings without a pong and the connection counts as lost."""

_log = structlog.get_logger()


class _FrameClient(Client):
    """nats-py's client, with a way in for formatted frames and a sure word when the connection is gone.

    `publish` checks and writes header by header, which at 20 headers a message takes most of a core at the rate the
    feed must reach; as much goes to read them, and to the task that each answer passes through. Frames go through the
    same buffer and flusher. `closed_cb` alone does not do as a sign: it is left out when flushing to a dead socket
    fails.
    """

    def __init__(self, on_lost: Callable[[], None], on_answer: Callable[[str, bytes], None]) -> None:
        super().__init__()
        self._on_lost = on_lost
        self._on_answer = on_answer
        self._answers_at: bytes | None = None

    def hear_at(self, subject_prefix: str) -> None:
        """Hand over, by the rest of its subject, each message that arrives under this prefix and has no headers."""
        self._answers_at = subject_prefix.encode()

    async def send_frames(self, frames: bytes) -> None:
        """Hand over complete protocol frames; waits while the buffer is full."""
        await self._send_command(frames)
        await self._flush_pending()

    async def end(self) -> None:
        """Close, whatever state the connection is in."""
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self.close()
        except (OSError, TimeoutError) as error:
            _log.debug("feed_connection_broken", error=str(error) or "timeout")
        if self._transport is not None:
            self._transport.close()  # type: ignore[no-untyped-call]  # nats-py leaves it without annotations

    async def _process_msg(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes) -> None:
        prefix = self._answers_at
        if not headers and prefix is not None and subject.startswith(prefix):
            self._on_answer(subject[len(prefix) :].decode(), data)
        else:
            await super()._process_msg(sid, subject, reply, data, headers)

    @staticmethod
    def _parse_header_lines(raw: bytes) -> dict[str, str]:
        lines = (line.partition(":") for line in raw.decode(errors="replace").split("\r\n"))
        return {name.strip(): value.strip() for name, colon, value in lines if colon}

    async def _process_op_err(self, e: Exception) -> None:
        self._on_lost()
        with contextlib.suppress(OSError):  # flushing what is left to a socket that is gone
            await super()._process_op_err(e)


class FeedConnection:
    """A connection for one relay; once lost it stays so, and everything sent is answered by `NoAnswer`."""

    def __init__(self) -> None:
        """Use `open`."""
        self._client = _FrameClient(self._lose, self._answer)
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._replies = ""
        self._reply_count = 0
        self._lost = False
        self.complaint: str | None = None
        """What NATS said last about this connection: a missing permission, for one."""

    @classmethod
    async def open(cls, server: str, *, credentials: Path | None) -> Self:
        """Connect to a server.

        Raises:
            AuthorizationError: It refuses the credentials.
            NatsError: It does not answer.
            OSError: It cannot be reached.
        """
        connection = cls()
        try:
            await connection._connect(server, credentials)
        except NatsError as error:
            await connection.close()
            # The protocol knows errors by their text alone, and nats-py passes on the one that matters as it came.
            if AUTHORIZATION_VIOLATION in str(error).lower():
                raise AuthorizationError from error
            if isinstance(error, NoServersError) and connection.complaint:
                place = server.rpartition("//")[2].rpartition("@")[2]  # without the password
                raise ConnectionError(f"{place}: {connection.complaint}") from error
            raise
        except BaseException:
            await connection.close()
            raise
        return connection

    @property
    def is_lost(self) -> bool:
        """Whether it is of no more use."""
        return self._lost

    @property
    def jetstream(self) -> JetStreamContext:
        """JetStream's requests over this connection, each bounded by `REQUEST_TIMEOUT_S`."""
        return self._client.jetstream(timeout=REQUEST_TIMEOUT_S)

    @property
    def message_bytes_max(self) -> int:
        """The most that the server takes for one message, headers included."""
        return self._client.max_payload

    def expect_answer(self) -> tuple[str, asyncio.Future[Answer]]:
        """Return a fresh reply subject and where the answer sent to it will appear."""
        self._reply_count += 1
        reply = str(self._reply_count)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        if self._lost:
            answer.set_result(_LOST)
        else:
            self._waiting[reply] = answer
        return f"{self._replies}{reply}", answer

    async def send(self, frames: bytes) -> None:
        """Send complete protocol frames."""
        if not self._lost:
            await self._client.send_frames(frames)

    async def hear(self, expected: Sequence[asyncio.Future[Answer]]) -> list[Answer]:
        """Wait for the answers; one that does not come in `PUBLISH_TIMEOUT_S` is a `NoAnswer`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PUBLISH_TIMEOUT_S):
                await asyncio.gather(*expected)
        self._waiting.clear()
        silence = NoAnswer(f"no answer in {PUBLISH_TIMEOUT_S:g} s")
        return [silence if answer.cancelled() else answer.result() for answer in expected]

    async def close(self) -> None:
        """End the connection."""
        self._lose()
        await self._client.end()

    async def _connect(self, server: str, credentials: Path | None) -> None:
        async def on_closed() -> None:
            self._lose()

        async def on_error(error: Exception) -> None:
            self.complaint = str(error) or type(error).__name__

        await self._client.connect(
            servers=[server],
            name="modelbox relay",
            allow_reconnect=False,
            max_reconnect_attempts=1,  # bounds nats-py's own tries within `connect`
            reconnect_time_wait=0,
            connect_timeout=CONNECT_TIMEOUT_S,
            ping_interval=PING_INTERVAL_S,
            flush_timeout=PUBLISH_TIMEOUT_S,
            user_credentials=str(credentials) if credentials else None,
            closed_cb=on_closed,
            error_cb=on_error,
        )
        inbox = self._client.new_inbox()
        self._replies = f"{inbox}."
        self._client.hear_at(self._replies)
        await self._client.subscribe(f"{inbox}.*", cb=self._on_reply)

    async def _on_reply(self, message: Msg) -> None:
        """Take what is no plain answer: that nobody listens where the frame went."""
        status = message.headers.get("Status") if message.headers else None
        self._answer(message.subject.removeprefix(self._replies), message.data, status)

    def _answer(self, reply: str, data: bytes, status: str | None = None) -> None:
        answer = self._waiting.pop(reply, None)
        if answer is not None and not answer.done():  # else the publish was given up
            answer.set_result(read_answer(data, status=status))

    def _lose(self) -> None:
        self._lost = True
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_result(_LOST)


_LOST: Final = NoAnswer("the connection was lost")
