"""The relay: carries the log to NATS, in order, for as long as the process lives.

The feed's sequence is the log's position, so the relay keeps no cursor: it asks the feed where it ends. Any number of
relays may run. One holds an advisory lock and works, to save the others the work; when the feed stands still although
the log moves, another works without the lock. What keeps the feed right is the expectation that each message carries.

Must not know: what an event means, or who reads the feed.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec
import structlog
from nats.errors import Error as NatsError

from modelbox_events.errors import FeedForkedError, LogUnavailableError
from modelbox_events.feed.cancelled import stop_if_cancelled
from modelbox_events.feed.cloudevents import MessageEncoder
from modelbox_events.feed.connection import FeedConnection
from modelbox_events.feed.follower import Follower, Progress
from modelbox_events.feed.publisher import CONTROL_BYTES_MAX, Publisher
from modelbox_events.feed.stream import FeedStream
from modelbox_events.feed.subjects import stream_name
from modelbox_events.feed.turn import Turn
from modelbox_events.ids import Position
from modelbox_events.log import Log

RETRY_PAUSE_S: Final = 0.5
"""Pause before a new connection after a failure."""

REREAD_PAUSE_S: Final = 0.005
"""Pause before a look where the feed ends, so that two relays at work do not spin."""

STANDBY_INTERVAL_S: Final = 0.5
"""How often a relay that stands by looks whether it is its turn."""

_UNAVAILABLE: Final = (NatsError, OSError, TimeoutError, LogUnavailableError)

_log = structlog.get_logger()


class RelayState(StrEnum):
    """What a relay is doing."""

    STARTING = "starting"
    """It has not reached the feed yet."""
    STANDBY = "standby"
    """Another relay works."""
    RUNNING = "running"
    """It publishes what is committed."""
    UNAVAILABLE = "unavailable"
    """NATS or Postgres does not answer; it tries again until they do."""
    HALTED = "halted"
    """The feed holds something that the log does not. It does nothing more; an operator must decide."""


class RelayStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far a relay has come.

    Attributes:
        position: The feed's last sequence as last seen; 0 before it was.
        lag_events: Committed events that the feed lacks.
        lag_s: How long ago the first of them was committed, in seconds; 0 when there is none.
        problem: What is wrong, or None.
        published_total: Events that this process published.
    """

    state: RelayState
    position: Position
    lag_events: int
    lag_s: float
    problem: str | None
    published_total: int


class Relay:
    """Carries one log to its feed; `run` it once."""

    def __init__(self, log: Log, servers: Sequence[str], *, credentials: Path | None = None, replicas: int = 1) -> None:
        """Relay `log` to the NATS servers; the feed is kept in `replicas` copies (1, 3 or 5)."""
        self._source = log
        self._servers = tuple(servers)
        self._credentials = credentials
        self._replicas = replicas
        self._stream = stream_name(log.log_id)
        self._progress = Progress()
        self._state = RelayState.STARTING
        self._problem: str | None = None
        self._attempt = 0

    @property
    def status(self) -> RelayStatus:
        """How far the relay has come by now."""
        progress = self._progress
        lag_events = max(0, self._source.head.position - progress.position)
        lag_s = 0.0
        if lag_events and progress.next_recorded_at is not None:
            lag_s = max(0.0, (datetime.now(UTC) - progress.next_recorded_at).total_seconds())
        return RelayStatus(
            state=self._state,
            position=progress.position,
            lag_events=lag_events,
            lag_s=lag_s,
            problem=self._problem or progress.damage,
            published_total=progress.published,
        )

    async def run(self) -> None:
        """Relay until cancelled. Failures of NATS and Postgres are waited out; a fork halts it, visibly."""
        turn = Turn(self._source.database)
        try:
            while self._state is not RelayState.HALTED:
                stop_if_cancelled()
                try:
                    await self._work(turn)
                except FeedForkedError as error:
                    self._enter(RelayState.HALTED, str(error))
                except _UNAVAILABLE as error:
                    self._enter(RelayState.UNAVAILABLE, str(error) or type(error).__name__)
                    await self._wait_out()
                except Exception as error:  # noqa: BLE001 - a task's outermost loop: it tries on, visibly
                    _log.exception("relay_failed", stream=self._stream)
                    self._enter(RelayState.UNAVAILABLE, f"{type(error).__name__}: {error}")
                    await self._wait_out()
        finally:
            turn.give_up()
        await asyncio.Event().wait()  # halted: until cancelled

    async def _work(self, turn: Turn) -> None:
        """Relay over one connection, until it fails or the feed and the log disagree."""
        async with self._connection() as connection:
            feed = FeedStream(connection.jetstream, self._stream, replicas=self._replicas)
            batches = await feed.ensure()
            size = connection.message_bytes_max - CONTROL_BYTES_MAX
            encoder = MessageEncoder(self._source.log_id, message_bytes_max=size)
            publisher = Publisher(connection, encoder, stream=feed.name, replicas=self._replicas, batches=batches)
            follower = Follower(self._source, feed, publisher, self._progress)
            while True:
                await follower.resume()
                stop_if_cancelled()
                if await turn.is_mine(self._progress.position, self._source.head.position):
                    self._enter(RelayState.RUNNING)
                    await follower.follow()
                    await asyncio.sleep(REREAD_PAUSE_S)
                else:
                    self._enter(RelayState.STANDBY)
                    await asyncio.sleep(STANDBY_INTERVAL_S)

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[FeedConnection]:
        # Another server each time: one that is cut off from its cluster takes connections, but no publish.
        server = self._servers[self._attempt % len(self._servers)]
        self._attempt += 1
        connection = await FeedConnection.open(server, credentials=self._credentials)
        try:
            yield connection
        finally:
            await connection.close()

    async def _wait_out(self) -> None:
        """Pause before the next try, and keep the lag known where Postgres answers."""
        await asyncio.sleep(RETRY_PAUSE_S)
        if self._progress.next_recorded_at is None:
            with contextlib.suppress(LogUnavailableError):  # the next try will say so
                await self._progress.note_lag(self._source)

    def _enter(self, state: RelayState, problem: str | None = None) -> None:
        if (state, problem) != (self._state, self._problem):
            log = _log.info if problem is None else _log.error
            log("relay_" + state, stream=self._stream, position=self._progress.position, problem=problem)
        self._state, self._problem = state, problem
