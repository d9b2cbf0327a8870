"""Group commit: appends that arrive while batches commit form the next.

One round trip and one transaction a batch, each request judged on its own. Where a batch's outcome is unknown (the
connection was lost, or is silent) it is sent again: every request has an idempotency key, so nothing is recorded twice.
What Postgres says of the data itself, or of one stream, concerns one request: the others of its batch go on without it.
Whatever else it refuses, it refuses for all alike.
"""

import asyncio
import math
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import structlog

from modelbox_events.batch import Batch, Prepared
from modelbox_events.database import Database, is_about_data, is_about_stream
from modelbox_events.epochs import load_epochs
from modelbox_events.errors import (
    ClaimLostError,
    EventsError,
    IdempotencyKeyReusedError,
    InvalidEventError,
    LogUnavailableError,
    NewerVersionError,
    StreamClosedError,
    StreamExistsError,
    StreamNotFoundError,
    WrongExpectedVersionError,
)
from modelbox_events.event import NO_STREAM, Append, Appended
from modelbox_events.head import Commit, Head
from modelbox_events.health import Health
from modelbox_events.ids import Position
from modelbox_events.lane import ANSWER_TIMEOUT_S, Lane, answer_timeout_s
from modelbox_events.limits import STREAM_VERSION_MAX
from modelbox_events.outcomes import Outcome
from modelbox_events.queue import BATCH_REQUESTS_SHARED, AppendQueue
from modelbox_events.read import Reader
from modelbox_events.registry import Registry

RESEND_FOR_S: Final = 5.0
"""How long a batch with an unknown outcome is sent again before its requests fail with `LogUnavailableError`.

With the last answer's time this ends before the callers' own deadlines (10 s of the SDK), so that they hear why: the
more time a large batch has for its answer, the shorter it is sent again, down to a fifth.
"""
SLOW_LANE_S: Final = 0.1
"""A batch that takes longer no longer keeps a short queue from a free lane."""
LANES: Final = 2
"""Batches under way at once: while one commits, the next is encoded, sent, and waits for the head's lock."""
_RESEND_PAUSE_S: Final = 0.1
_STREAMS_NAMED_MAX: Final = 5

_log = structlog.get_logger()


_HELD: Final = frozenset({Outcome.RECORDED, Outcome.DUPLICATE})


class _Refused(NamedTuple):
    """What Postgres says of the data or the stream of one of these requests: it does not say of which."""

    requests: Sequence[Prepared]
    error: Exception


class Committer:
    """Takes appends of this process to Postgres in batches."""

    def __init__(self, database: Database, head: Head, *, registry: Registry) -> None:
        """Commit through `database`; `head` hears of each batch that recorded anything."""
        self._database = database
        self._reader = Reader(database)
        self._head = head
        self._registry = registry
        self._queue = AppendQueue()
        self._closing = False
        self.recorded_total = 0
        self._health = Health(database, registry)
        self._begun_s = -math.inf
        self._free = [Lane(database) for _ in range(LANES)]
        self._news = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many appends wait for a batch."""
        return len(self._queue)

    @property
    def trouble(self) -> LogUnavailableError | None:
        """Why appends could not be recorded at the last try; None where they could."""
        return self._health.trouble

    async def append(self, append: Append) -> Appended:
        """Record the append; see `Log.append`."""
        if self._closing:
            raise LogUnavailableError("this process is shutting down")
        request = Prepared(append, self._registry)
        self._queue.put(request)
        request.written_at(self._head.format_level)  # now: all of a batch at once would hold up the process
        if len(self._queue) >= BATCH_REQUESTS_SHARED:
            self._news.set()
        try:
            return await request.done
        except asyncio.CancelledError:
            self._queue.drop(request)
            raise

    async def check(self) -> None:
        """Return if appends can be recorded, as far as is known.

        Raises:
            LogUnavailableError: They cannot.
        """
        await self._health.check()

    async def run(self) -> None:
        """Commit batches until `close`, and then until none waits."""
        async with asyncio.TaskGroup() as batches:
            while await self._queue.wait():
                if self._may_begin():
                    self._begin(batches)
                else:
                    await self._wait_for_news()
        for lane in self._free:
            lane.disconnect()

    def close(self) -> None:
        """Refuse further appends; `run` returns when the queue is empty."""
        self._closing = True
        self._queue.close()

    def _may_begin(self) -> bool:
        """Whether to begin a batch now: the second at once only where a long queue makes it worth a transaction.

        Beside a lane that takes long, and may never answer, a short queue goes on too.
        """
        if len(self._free) == LANES or not self._free:
            return bool(self._free)
        slow = asyncio.get_running_loop().time() - self._begun_s >= SLOW_LANE_S
        return slow or len(self._queue) >= BATCH_REQUESTS_SHARED

    async def _wait_for_news(self) -> None:
        """Wait until a lane is free, the queue has become long, or the batch under way takes long."""
        self._news.clear()
        loop = asyncio.get_running_loop()
        # Also where that moment has just passed: else nobody would look again until the batch ends.
        timer = loop.call_at(self._begun_s + SLOW_LANE_S, self._news.set) if self._free else None
        await self._news.wait()
        if timer is not None:
            timer.cancel()

    def _begin(self, batches: asyncio.TaskGroup) -> None:
        batch = self._queue.take(takers=len(self._free))
        if batch:
            self._begun_s = asyncio.get_running_loop().time()
            batches.create_task(self._run(self._free.pop(), batch), name="log batch")

    async def _run(self, lane: Lane, batch: list[Prepared]) -> None:
        deadline = asyncio.get_running_loop().time() + resend_for_s(sum([request.size for request in batch]))
        try:
            await self._commit(lane, batch, deadline)
        finally:
            self._free.append(lane)
            self._news.set()

    async def _commit(self, lane: Lane, requests: Sequence[Prepared], deadline: float) -> None:
        """Commit a batch; what it is refused for by one of its requests must not fail the others."""
        refused = await self._send(lane, requests, deadline)
        if refused is None:
            return
        if len(refused.requests) == 1 or asyncio.get_running_loop().time() > deadline:
            _refuse(refused)
            return
        middle = len(refused.requests) // 2  # halves tell which it is in a few calls, however long the batch
        for half in (refused.requests[:middle], refused.requests[middle:]):
            await self._commit(lane, half, deadline)

    async def _send(self, lane: Lane, requests: Sequence[Prepared], deadline: float) -> _Refused | None:
        """Commit a batch and answer its requests; return those of which Postgres refuses one for what is its own."""
        while requests:
            level = self._head.format_level
            try:
                batch = Batch(requests, self._registry, format_level=level)
                rows = await lane.send(batch)
                await self._look_at_log(rows[0])
                self._resolve(batch, rows)
                requests = batch.left
            except LogUnavailableError as error:
                self._health.failed(error, requests[0].append)
                if is_about_stream(error):
                    return _Refused(requests, error)
                lane.disconnect()
                # A kind of this error says what is wrong: nobody mends it within a call.
                is_settled = type(error) is not LogUnavailableError and not await self._has_other_level(level, error)
                if is_settled or asyncio.get_running_loop().time() > deadline:
                    _log.warning("append_failed", appends=len(requests), error=str(error))
                    _fail(requests, error)
                    return None
                await asyncio.sleep(_RESEND_PAUSE_S)
            except Exception as error:  # noqa: BLE001  # whatever it is, the requests must be answered
                if is_about_data(error):
                    return _Refused(requests, error)
                lane.disconnect()
                _log.exception("append_broke", appends=len(requests))
                _fail(requests, LogUnavailableError(f"an unforeseen {type(error).__name__}"))
                return None
        self._health.went_well()
        return None

    async def _look_at_log(self, row: Any) -> None:
        """Take note of the log's format level, and of an epoch that this process does not know."""
        self._head.note_level(row["format_level"])
        if row["log_id"] != self._head.epochs.log_id:
            async with self._database.acquire() as connection:
                self._head.epochs = await load_epochs(connection)

    async def _has_other_level(self, level: int, error: LogUnavailableError) -> bool:
        """Whether the log has another format level than was sent: one that was set back may have a lower one.

        It is asked, never guessed: what is written at a lower level than the log's can be guessed from its hash after a
        redaction.
        """
        if not isinstance(error, NewerVersionError):
            return False
        try:
            self._head.format_level = (await self._reader.head()).format_level
        except LogUnavailableError:
            return True  # who knows; the next try tells
        return self._head.format_level != level

    def _resolve(self, batch: Batch, rows: Sequence[Any]) -> None:
        for request, row in zip(batch.requests, rows, strict=True):
            outcome, detail, first, last, version, recorded_at, chain_hash, log_id, _ = row
            if outcome not in _HELD:
                if not request.done.done():
                    request.done.set_exception(_refusal(request, outcome, detail, batch))
                continue
            self.recorded_total += outcome == Outcome.RECORDED
            if not request.done.done():  # its caller may have given up meanwhile; the events stand
                request.done.set_result(
                    Appended(
                        log_id=log_id,
                        first_position=first,
                        last_position=last,
                        version=version,
                        recorded_at=recorded_at,
                        duplicate=outcome == Outcome.DUPLICATE,
                        hash=chain_hash,
                    )
                )
        for commit in _commits_of(batch.requests, rows):
            self._head.committed(commit)


def resend_for_s(size: int) -> float:
    """Return how long a batch with so many bytes of data is sent again; see `RESEND_FOR_S`."""
    return max(RESEND_FOR_S - (answer_timeout_s(size) - ANSWER_TIMEOUT_S), RESEND_FOR_S / 5)


def _commits_of(requests: Sequence[Prepared], rows: Sequence[Any]) -> Iterator[Commit]:
    """Give what a batch recorded, now or when it was first sent."""
    namespaces: set[str] = set()
    first = last = 0
    last_hash = b""
    for request, row in zip(requests, rows, strict=True):
        outcome, _, row_first, row_last, _, _, row_hash, *_ = row
        if outcome == Outcome.DUPLICATE:
            yield Commit(row_first, row_last, frozenset((request.append.stream.namespace,)), row_hash)
        elif outcome == Outcome.RECORDED:
            # Together they have no gap, for the batch held the head's lock.
            first, last, last_hash = first or row_first, row_last, row_hash
            namespaces.add(request.append.stream.namespace)
    if last:
        yield Commit(Position(first), Position(last), frozenset(namespaces), last_hash)


def _fail(requests: Sequence[Prepared], error: EventsError) -> None:
    for request in requests:
        if not request.done.done():
            request.done.set_exception(error)


def _refuse(refused: _Refused) -> None:
    """Answer requests of which Postgres refuses one: that one, or what is left when there is no time to look for it."""
    requests, error = refused
    problem = str(error.args[0]) if error.args else type(error).__name__
    ids = [str(request.append.stream.id) for request in requests[:_STREAMS_NAMED_MAX]]
    _log.error("append_refused", appends=len(requests), stream_ids=ids, problem=problem)
    if isinstance(error, LogUnavailableError):
        _fail(requests, error)
    elif len(requests) == 1:
        _fail(requests, InvalidEventError("append", f"the database refused it: {problem}"))
    else:
        _fail(requests, LogUnavailableError(f"there was no time to tell of which append the database says: {problem}"))


def _refusal(request: Prepared, outcome: int, detail: int, batch: Batch) -> EventsError:
    append = request.append
    match outcome:
        case Outcome.WRONG_VERSION:
            expected = "no stream" if append.expected_version == NO_STREAM else str(append.expected_version)
            return WrongExpectedVersionError(append.stream.id, expected, detail)
        case Outcome.STREAM_NOT_FOUND:
            return StreamNotFoundError(append.stream.id)
        case Outcome.STREAM_CLOSED:
            return StreamClosedError(append.stream.id)
        case Outcome.OPENED_EXISTS:
            return StreamExistsError(batch.streams[detail - 1].id)
        case Outcome.CLAIM_LOST:
            return ClaimLostError(batch.streams[detail - 1].id)
        case Outcome.KEY_REUSED:
            return IdempotencyKeyReusedError(request.key)
        case Outcome.VERSION_OVERFLOW:
            return InvalidEventError("events", f"the stream would pass version {STREAM_VERSION_MAX:,}, its last")
        case _:
            return NewerVersionError(f"it answers an append with outcome {outcome}")
