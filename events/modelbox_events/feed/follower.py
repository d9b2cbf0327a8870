"""Follows the log over one connection: finds where the feed ends, and publishes what comes after.

Two followers at once are harmless: every message carries the sequence it must follow, so one of them is refused.
"""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime
from typing import Final, assert_never

import structlog
from nats.js.errors import NotFoundError, ServerError

from modelbox_events.errors import FeedDamagedError, FeedForkedError
from modelbox_events.event import RecordedEvent
from modelbox_events.feed.agreement import agrees, last_agreed
from modelbox_events.feed.answers import Answer, NoAnswer, Verdict
from modelbox_events.feed.cancelled import stop_if_cancelled
from modelbox_events.feed.inspection import Inspection
from modelbox_events.feed.publisher import Publisher
from modelbox_events.feed.readahead import ReadAhead
from modelbox_events.feed.stream import FeedState, FeedStream
from modelbox_events.feed.trouble import EpochEndedError, PublishUnknownError, Trouble
from modelbox_events.ids import Position
from modelbox_events.log import Log

SCRUB_INTERVAL_S: Final = 10.0
"""How often the feed is checked for a lost tail, holes and messages that are not ours."""

SMALL_PAGE_EVENTS: Final = 64
SMALL_PAGE_PAUSE_S: Final = 0.01
"""Rest after a page of fewer than `SMALL_PAGE_EVENTS`, so that the next one gathers more than one event."""

IDLE_INTERVAL_S: Final = 0.5
"""How often the connection is looked after while nothing happens."""

_log = structlog.get_logger()


class Progress:
    """How far the relay has come, kept across connections.

    Attributes:
        position: The last position that feed and log have in common, as last seen; 0 before it was.
        published: Events stored by this process.
        next_recorded_at: When the first event that the feed lacks was recorded; None when it lacks none.
        damage: What the scrub found missing inside the feed, or None.
        created: When the feed's stream was made.
    """

    def __init__(self) -> None:
        """Begin before the first event."""
        self.position = Position(0)
        self.published = 0
        self.next_recorded_at: datetime | None = None
        self.damage: str | None = None
        self.created: datetime | None = None

    async def note_lag(self, log: Log) -> None:
        """Find out when the first event that the feed lacks was recorded.

        Raises:
            LogUnavailableError: Postgres did not answer.
        """
        lacking = await log.read(self.position, limit=1)
        self.next_recorded_at = lacking[0].recorded_at if lacking else None

    async def fall_back(self, log: Log, feed: FeedStream, state: FeedState, head: Position) -> None:
        """Count as lacking whatever the feed does not share with the log, so that the lag is told as it is.

        Raises:
            LogUnavailableError: Postgres did not answer.
        """
        self.position = await last_agreed(log, feed, state, head)
        await self.note_lag(log)

    def note_creation(self, feed: FeedStream, state: FeedState) -> None:
        """Tell when the feed was made anew meanwhile, by an operator's command or another relay."""
        if self.created not in {None, state.created}:
            _log.warning("feed_made_anew", stream=feed.name, position=self.position, found=state.last)
            # What is known was of another stream, and nothing that it lacks is lost.
            self.damage, self.position = None, Position(min(self.position, state.last))
        self.created = state.created

    def stored(self, events: list[RecordedEvent], count: int) -> None:
        """Take note that the first `count` of these events are in the feed now."""
        self.published += count
        self.position = Position(self.position + count)
        self.next_recorded_at = events[count].recorded_at if count < len(events) else None


class Follower:
    """Publishes one log to one stream."""

    def __init__(
        self, log: Log, feed: FeedStream, publisher: Publisher, progress: Progress, *, repairs: bool = False
    ) -> None:
        """Read from `log`, publish with `publisher`, and note in `progress` how far it has come.

        With `repairs`, damage inside the feed ends the following, so that it is made anew; else it is only told.
        """
        self._source = log
        self._log_id = log.log_id
        self._feed = feed
        self._publisher = publisher
        self._progress = progress
        self._repairs = repairs
        self._inspection = Inspection(log, feed)
        self._scrub_at = 0.0

    async def resume(self) -> None:
        """Find where the feed ends, and compare its last message with the log's event there.

        Raises:
            EpochEndedError: The log was forked.
            FeedForkedError: The feed holds something that the log does not.
            NatsError: JetStream did not answer.
            NewerVersionError: The log may hold what this process cannot read.
            LogUnavailableError: Postgres did not answer.
        """
        # In this order: what the feed held before the head was read, was committed before.
        state = await self._feed.state()
        head = await self._source.read_head()
        if head.log_id != self._log_id:
            raise EpochEndedError
        head.refuse_if_newer()  # the level may have risen while this process slept, without a lease
        self._progress.note_creation(self._feed, state)
        if state.last > head.position:
            await self._progress.fall_back(self._source, self._feed, state, head.position)
            problem = f"the feed ends there, the log already at {head.position}: the log was rolled back, or another"
            raise FeedForkedError(state.last, f"{problem} program published")
        if state.messages and not await self._agrees_at(Position(state.last)):
            await self._progress.fall_back(self._source, self._feed, state, head.position)
            raise FeedForkedError(state.last, "the message there is not the log's event")
        if state.last < self._progress.position:
            _log.error("feed_lost_its_tail", expected=self._progress.position, found=state.last)
            self._progress.damage = None  # what it still has was looked at in another feed
        self._progress.position = Position(state.last)
        await self._progress.note_lag(self._source)

    async def follow(self, on_flow: Callable[[], None] = lambda: None) -> None:
        """Publish what the log has after the feed's end, and go on, until the feed is found to end elsewhere.

        Args:
            on_flow: Called once the feed has taken something, or lacks nothing.

        Raises:
            EpochEndedError: The log was forked.
            FeedForkedError: The feed holds something that the log does not.
            FeedDamagedError: Messages inside the feed are missing or cannot be read.
            PublishUnknownError: An answer stayed out; connect anew.
            NatsError: JetStream did not answer.
            NewerVersionError: The log may hold what this process cannot read.
            LogUnavailableError: Postgres did not answer.
        """
        async with contextlib.aclosing(ReadAhead(self._source)) as pages:
            await self._follow(pages, on_flow)

    async def _follow(self, pages: ReadAhead, on_flow: Callable[[], None]) -> None:
        clock = asyncio.get_running_loop()
        while True:
            stop_if_cancelled()
            if self._source.log_id != self._log_id:
                raise EpochEndedError
            position = self._progress.position
            if page := await pages.after(position):
                small = len(page) < SMALL_PAGE_EVENTS
                if not await self._publish(page):
                    return
                on_flow()
                if small:
                    await asyncio.sleep(SMALL_PAGE_PAUSE_S)
            else:
                on_flow()
                await self._source.head.wait_beyond(position, timeout_s=IDLE_INTERVAL_S)
                if self._publisher.is_cut_off:
                    raise PublishUnknownError("the connection was lost", Trouble.UNREACHABLE)
            if clock.time() >= self._scrub_at:
                if not await self._scrub():
                    return
                self._scrub_at = clock.time() + SCRUB_INTERVAL_S

    async def _publish(self, page: list[RecordedEvent]) -> bool:
        """Publish a page; return False when the feed ends elsewhere than thought."""
        while page:
            self._progress.next_recorded_at = page[0].recorded_at
            result = await self._publisher.publish(page)
            self._progress.stored(page, result.stored)
            page = page[result.stored :]
            match result.verdict:
                case Verdict.STORED | Verdict.HALVE | Verdict.PIPELINE | Verdict.NO_BATCHES:
                    continue
                case Verdict.REREAD:
                    _log.debug("feed_ends_elsewhere", thought=self._progress.position, answer=str(result.answer))
                    return False
                case Verdict.RECONNECT:
                    raise PublishUnknownError(str(result.answer), self._trouble(result.answer))
                case Verdict.MISPLACED:
                    # The feed's end was compared with the log, and each message says what it must follow: so this is
                    # no other's message, but a stream that lost count of its own.
                    lacking = self._progress.position + 1
                    raise FeedDamagedError(f"asked to store {lacking} and what follows, it answers: {result.answer}")
                case _:
                    assert_never(result.verdict)
        return True

    async def _scrub(self) -> bool:
        """Check the feed's outline; return False when it ends elsewhere than thought."""
        state = await self._feed.state()
        head = await self._source.read_head()
        head.refuse_if_newer()
        self._progress.note_creation(self._feed, state)
        if state.last != self._progress.position or state.last > head.position:
            return False
        damage = await self._inspection.damage(state)
        if damage and not self._progress.damage:
            _log.error("feed_damaged", stream=self._feed.name, problem=damage)
        self._progress.damage = damage or self._progress.damage  # the next slice may be whole
        if damage and self._repairs:
            raise FeedDamagedError(damage)
        return True

    async def _agrees_at(self, position: Position) -> bool:
        try:
            return await agrees(self._source, self._feed, position)
        except (NotFoundError, ServerError) as error:
            raise FeedDamagedError(f"its last message, {position}, cannot be read") from error

    def _trouble(self, answer: Answer) -> Trouble:
        """Return what an answer that decides nothing means: a silence on a good connection is JetStream's."""
        is_silence = isinstance(answer, NoAnswer) and self._publisher.is_cut_off
        return Trouble.UNREACHABLE if is_silence else Trouble.NOT_STORING
