"""The relay: carries the log to NATS, in order, for as long as the process lives.

The feed's sequence is the log's position, so the relay keeps no cursor: it asks the feed where it ends. Any number of
relays may run. One holds an advisory lock and works, to save the others the work; when the feed stands still although
the log moves, another works without the lock. What keeps the feed right is the expectation that each message carries.
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

from modelbox_events.errors import (
    FeedDamagedError,
    FeedForkedError,
    FeedTakenError,
    LogUnavailableError,
    NewerVersionError,
)
from modelbox_events.feed.cancelled import stop_if_cancelled
from modelbox_events.feed.claim import claim, holder_of
from modelbox_events.feed.cloudevents import MessageEncoder
from modelbox_events.feed.connection import FeedConnection
from modelbox_events.feed.consumers import restore_consumers
from modelbox_events.feed.follower import Follower, Progress
from modelbox_events.feed.publisher import CONTROL_BYTES_MAX, Publisher
from modelbox_events.feed.rebuild import rebuild
from modelbox_events.feed.stream import FeedStream
from modelbox_events.feed.subjects import stream_name
from modelbox_events.feed.trouble import EpochEndedError, PublishUnknownError, Trouble, trouble_of
from modelbox_events.feed.turn import Turn
from modelbox_events.ids import Position
from modelbox_events.log import Log
from modelbox_events.outage import Outage

RETRY_PAUSE_S: Final = 0.5
"""Pause before a new connection after a failure."""

HALTED_PAUSE_S: Final = 5.0
"""Pause before a halted relay looks whether an operator has put the feed or the log right."""

REPAIR_INTERVAL_S: Final = 600.0
"""How soon after one repair a feed that is damaged again is left to an operator: its disk may be failing."""

REREAD_PAUSE_S: Final = 0.005
"""Pause before a look where the feed ends, so that two relays at work do not spin."""

REREADS_MAX: Final = 200
"""Looks in a row that find the feed's end unmoved, though it refuses what must follow there."""

STANDBY_INTERVAL_S: Final = 0.5
"""How often a relay that stands by looks whether it is its turn."""

_UNAVAILABLE: Final = (NatsError, OSError, TimeoutError, LogUnavailableError, PublishUnknownError)

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
    """NATS or Postgres does not answer, or nothing is stored; it tries again until it is."""
    HALTED = "halted"
    """The feed is not what the log says. It publishes nothing, and looks now and then whether an operator mended it."""


class RelayStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far a relay has come.

    Attributes:
        since: When it came into this state.
        position: The last position that feed and log have in common, as last seen; 0 before it was.
        lag_events: Committed events that the feed lacks.
        lag_s: How long ago the first of them was committed, in seconds; 0 when there is none.
        trouble: What is wrong, in a word, or None.
        problem: What is wrong, in a sentence, or None.
        published_total: Events that this process published.
    """

    state: RelayState
    since: datetime
    position: Position
    lag_events: int
    lag_s: float
    trouble: Trouble | None
    problem: str | None
    published_total: int


class Relay:
    """Carries one log to its feed; `run` it once."""

    def __init__(
        self,
        log: Log,
        servers: Sequence[str],
        *,
        credentials: Path | None = None,
        replicas: int = 1,
        repairs: bool = False,
        alone: bool = False,
    ) -> None:
        """Relay `log` to the NATS servers.

        Args:
            log: What to relay.
            servers: Where NATS answers; each may name a user and a password.
            credentials: A NATS credentials file.
            replicas: How many copies of the feed NATS keeps: 1, 3 or 5.
            repairs: Whether a damaged feed is made anew at once; else an operator decides.
            alone: Whether no other log's feed can be in this NATS, so that a feed of the same genesis makes room.
        """
        self._source = log
        self._servers = tuple(servers)
        self._credentials = credentials
        self._replicas = replicas
        self._repairs = repairs
        self._alone = alone
        self._repair_next = False
        self._repaired_at: float | None = None
        self._stream = stream_name(log.log_id)
        self._progress = Progress()
        self._state = RelayState.STARTING
        self._since = datetime.now(UTC)
        self._trouble: Trouble | None = None
        self._problem: str | None = None
        self._complaint: str | None = None
        self._outage = Outage()
        self._attempt = 0
        self._told: str | None = None

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
            since=self._since,
            position=progress.position,
            lag_events=lag_events,
            lag_s=lag_s,
            trouble=self._trouble or (Trouble.DAMAGED if progress.damage else None),
            problem=self._problem or progress.damage,
            published_total=progress.published,
        )

    @property
    def stream(self) -> str:
        """The name of the feed's stream."""
        return stream_name(self._source.log_id)

    async def rebuild(self, *, take_over: str | None = None) -> int:
        """Begin the feed anew, as `feed.rebuild` says; return how many durable consumers go on in it.

        The feed `take_over` makes room by an operator's word: it is retired, and keeps its messages.

        Raises:
            FeedTakenError: Another stream takes the subjects.
            nats.errors.Error: NATS did not answer.
            OSError: NATS cannot be reached.
        """
        async with self._connection() as connection:
            feed = self._feed(connection)
            return await rebuild(self._source, connection.jetstream, feed, alone=self._alone, take_over=take_over)

    async def holder(self) -> str | None:
        """Return the stream that takes the feed's subjects, if it is not the feed.

        Raises:
            nats.errors.Error: NATS did not answer.
            OSError: NATS cannot be reached.
        """
        async with self._connection() as connection:
            holder = await holder_of(connection.jetstream)
        return None if holder == self.stream else holder

    async def run(self) -> None:
        """Relay until cancelled. Failures of NATS and Postgres are waited out; a fork halts it, visibly."""
        turn = Turn(self._source.database)
        try:
            while True:
                stop_if_cancelled()
                try:
                    await self._work(turn)
                except EpochEndedError:
                    _log.warning("relay_leaves_epoch", stream=self._stream)  # the log's head tells of the next one soon
                except FeedDamagedError as error:
                    self._meet_damage(error)
                except (FeedForkedError, FeedTakenError) as error:
                    self._fail(RelayState.HALTED, error)
                except NewerVersionError as error:
                    turn.give_up()  # a relay of that version can
                    self._fail(RelayState.UNAVAILABLE, error)
                except _UNAVAILABLE as error:
                    self._fail(RelayState.UNAVAILABLE, error)
                except Exception as error:  # noqa: BLE001 - a task's outermost loop: it tries on, visibly
                    self._fail(RelayState.UNAVAILABLE, error, unforeseen=True)
                if self._state is RelayState.HALTED:
                    turn.give_up()  # another may be able to, and the operator's command is a relay too
                await self._wait_out()
        finally:
            turn.give_up()

    async def _work(self, turn: Turn) -> None:
        """Relay over one connection, until it fails or the feed and the log disagree."""
        async with self._connection() as connection:
            self._begin_epoch()
            feed = self._feed(connection)
            if self._repair_next:
                await rebuild(self._source, connection.jetstream, feed, alone=self._alone)
                self._progress.damage = None
                self._repair_next, self._repaired_at = False, asyncio.get_running_loop().time()
            batches = await self._claim(connection, feed)
            await restore_consumers(connection.jetstream, feed.name)  # of a rebuild that was killed
            if self.stream != feed.name:  # forked meanwhile; what follows knows the log by the id it has from here on
                raise EpochEndedError
            size = connection.message_bytes_max - CONTROL_BYTES_MAX
            encoder = MessageEncoder(self._source.log_id, message_bytes_max=size)
            publisher = Publisher(connection, encoder, stream=feed.name, replicas=self._replicas, batches=batches)
            await self._follow(Follower(self._source, feed, publisher, self._progress, repairs=self._repairs), turn)

    async def _claim(self, connection: FeedConnection, feed: FeedStream) -> bool:
        try:
            return await claim(self._source, connection.jetstream, feed, alone=self._alone)
        except FeedForkedError:
            head = await self._source.read_head()
            if head.log_id != self._source.log_id:  # another relay has heard of the fork before this one
                raise EpochEndedError from None
            await self._progress.fall_back(self._source, feed, await feed.state(), head.position)
            raise

    def _feed(self, connection: FeedConnection) -> FeedStream:
        name, genesis = self.stream, self._source.genesis
        return FeedStream(connection.jetstream, name, replicas=self._replicas, genesis=genesis)

    def _begin_epoch(self) -> None:
        """Turn to the feed of the log's epoch; another one's progress says nothing about it."""
        if self._stream != self.stream:
            published = self._progress.published
            self._stream, self._progress = self.stream, Progress()
            self._progress.published = published

    async def _follow(self, follower: Follower, turn: Turn) -> None:
        unmoved = 0
        while True:
            await follower.resume()
            stop_if_cancelled()
            position = self._progress.position
            if not await turn.is_mine(position, self._source.head.position):
                self._enter(RelayState.STANDBY)
                await asyncio.sleep(STANDBY_INTERVAL_S)
                continue
            await follower.follow(lambda: self._enter(RelayState.RUNNING))
            unmoved = unmoved + 1 if self._progress.position == position else 0
            if unmoved > REREADS_MAX:
                raise FeedDamagedError(f"it ends at {position}, and refuses what must follow there")
            await asyncio.sleep(REREAD_PAUSE_S)

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[FeedConnection]:
        # Another server each time: one that is cut off from its cluster takes connections, but no publish.
        server = self._servers[self._attempt % len(self._servers)]
        self._attempt += 1
        self._complaint = None
        connection = await FeedConnection.open(server, credentials=self._credentials)
        try:
            yield connection
        finally:
            self._complaint = connection.complaint
            await connection.close()

    async def _wait_out(self) -> None:
        """Pause before the next try, and keep the lag known where Postgres answers."""
        if self._progress.next_recorded_at is None:
            with contextlib.suppress(LogUnavailableError):  # the next try will say so
                await self._progress.note_lag(self._source)
        await asyncio.sleep(HALTED_PAUSE_S if self._state is RelayState.HALTED else RETRY_PAUSE_S)

    def _meet_damage(self, error: FeedDamagedError) -> None:
        """Have the next connection make the feed anew; only tell it when that was done a while ago already."""
        now = asyncio.get_running_loop().time()
        is_fresh = self._repaired_at is None or now - self._repaired_at > REPAIR_INTERVAL_S
        self._repair_next = self._repairs and is_fresh
        self._fail(RelayState.UNAVAILABLE if self._repair_next else RelayState.HALTED, error)

    def _fail(self, state: RelayState, error: Exception, *, unforeseen: bool = False) -> None:
        trouble = Trouble.FAILED if unforeseen else trouble_of(error, complaint=self._complaint)
        problem = str(error) or type(error).__name__
        if trouble is Trouble.REFUSED and self._complaint:
            problem = self._complaint
        if self._outage.failed(f"{state} {trouble}"):
            _log.error(
                "relay_" + state,
                stream=self._stream,
                position=self._progress.position,
                trouble=str(trouble),
                problem=problem,
                tries=self._outage.tries,
                exc_info=error if unforeseen else None,
            )
        self._change(state, trouble, problem)

    def _enter(self, state: RelayState) -> None:
        """Note that things go well."""
        if self._outage.lasts or state is not self._state or self._told != self._stream:
            facts = {"after_s": round(self._outage.seconds, 1), "tries": self._outage.tries}
            more = facts if self._outage.lasts else {}
            _log.info("relay_" + state, stream=self._stream, position=self._progress.position, **more)
        self._told = self._stream
        self._outage.over()
        self._change(state, None, None)

    def _change(self, state: RelayState, trouble: Trouble | None, problem: str | None) -> None:
        if (state, trouble) != (self._state, self._trouble):
            self._since = datetime.now(UTC)
        self._state, self._trouble, self._problem = state, trouble, problem
