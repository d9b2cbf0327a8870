"""The log: the one way to write an event and to read it back."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from functools import partial
from typing import Self
from uuid import UUID

from modelbox_events.append import Committer
from modelbox_events.background import keep_going
from modelbox_events.chain_hashes import ChainHashes
from modelbox_events.clock import position_before
from modelbox_events.component import LOG
from modelbox_events.database import Database, connecting
from modelbox_events.epochs import Epochs, load_epochs
from modelbox_events.errors import LogUnavailableError
from modelbox_events.event import Append, Appended, RecordedEvent
from modelbox_events.head import Head
from modelbox_events.ids import Position
from modelbox_events.limits import PAGE_BYTES_MAX
from modelbox_events.migrate import refuse_if_behind
from modelbox_events.read import LogHead, Reader, StreamState, Watched
from modelbox_events.registry import REGISTRY, Registry
from modelbox_events.session import refuse_shared_sessions
from modelbox_events.sql import STATEMENTS
from modelbox_events.upkeep import ensure_partitions, keep_up

POOL_SIZE = 8


class Log:
    """An open log in Postgres.

    Any number of processes may have the same log open; none is a leader.

    Attributes:
        database: The pool of connections, for projections and other readers.
        genesis: Which log this is, whatever its epoch; the hash chain begins with it.
        head: Where the log ends, as far as this process knows.
        chain_hashes: Which tokens are of this log as it is now.
        registry: The event types.
    """

    def __init__(self, database: Database, head: LogHead, epochs: Epochs, *, registry: Registry) -> None:
        """Use `open`."""
        self.database = database
        self.genesis = head.genesis
        self.head = Head(head.position, head.hash, epochs=epochs, format_level=head.format_level)
        self.chain_hashes = ChainHashes(database, self.head)
        self.registry = registry
        self._reader = Reader(database)
        self._committer = Committer(database, self.head, registry=registry)
        self._committing: asyncio.Task[None] | None = None
        self._upkeep: list[asyncio.Task[None]] = []

    @classmethod
    async def open(
        cls, dsn: str, *, allow_unsafe: bool = False, pool_size: int = POOL_SIZE, registry: Registry = REGISTRY
    ) -> Self:
        """Open a migrated log.

        Args:
            dsn: Where Postgres is, as a libpq URI.
            allow_unsafe: Open it although acknowledged events can be lost; for experiments only.
            pool_size: Connections for readers.
            registry: The event types that may be appended.

        Raises:
            UnsafeDatabaseError: Postgres is set so that an acknowledged append could be lost.
            MigrationError: `migrate` has not run, or a newer version has.
            LogUnavailableError: Postgres does not answer.
        """
        with connecting():
            await refuse_shared_sessions(dsn)
        database = await Database.connect(dsn, pool_size=pool_size)
        try:
            if not allow_unsafe:
                await database.refuse_if_unsafe()
            async with database.acquire() as connection:
                await refuse_if_behind(connection, LOG)
            await ensure_partitions(database)
            async with database.acquire() as connection:
                epochs = await load_epochs(connection)
            log = cls(database, await Reader(database).head(), epochs, registry=registry)
        except BaseException:
            await database.close()
            raise
        log._start()
        return log

    def _start(self) -> None:
        self._committing = _begin("log committer", self._committer.run)
        self._upkeep = [
            _begin("log head", partial(self.head.follow, self.database)),
            _begin("log upkeep", partial(keep_up, self.database, self.head)),
        ]

    @property
    def log_id(self) -> UUID:
        """Which epoch of the log this is, as far as this process knows; a fork begins another."""
        return self.head.epochs.current.log_id

    @property
    def epochs(self) -> Epochs:
        """The epochs of the log, as far as this process knows."""
        return self.head.epochs

    async def read_epochs(self) -> Epochs:
        """Return the epochs of the log as Postgres has them now.

        Raises:
            LogUnavailableError: Postgres does not answer.
        """
        async with self.database.acquire() as connection:
            return await load_epochs(connection)

    async def raise_format_level(self, level: int) -> None:
        """Let the log hold a format; the caller knows that every process that lives reads it.

        Raises:
            LogUnavailableError: Postgres does not answer.
        """
        async with self.database.acquire() as connection:
            await connection.execute(STATEMENTS["raise_format_level"], level)

    @property
    def waiting(self) -> int:
        """How many appends wait in this process."""
        return self._committer.waiting

    @property
    def appends(self) -> int:
        """How many appends this process has recorded."""
        return self._committer.recorded_total

    @property
    def trouble(self) -> LogUnavailableError | None:
        """What this process knows to keep the log from being written or read; None where it knows of nothing."""
        return self._committer.trouble or self.head.trouble

    async def append(self, append: Append) -> Appended:
        """Append events to one stream: all of them or none.

        When this returns, the events are on Postgres's disk. Cancelling the call leaves it open whether they are
        recorded; they are recorded all or not at all.

        Raises:
            InvalidEventError: A field breaks a bound; it names the field.
            WrongExpectedVersionError: Another writer came first. Read again and decide again.
            StreamNotFoundError: Events were expected in a stream that does not exist (in this namespace).
            StreamExistsError: An object that an event opens exists already, or a stream that should be absent.
            StreamClosedError: The stream takes no more events.
            IdempotencyKeyReusedError: The key was used for another request.
            LogOverloadedError: Too many appends wait in this process. Retry after the delay it names.
            LogUnavailableError: Postgres did not answer in time. Safe to retry with the same key.
        """
        return await self._committer.append(append)

    async def check(self) -> None:
        """Return if the log can be read, and appended to as far as this process knows.

        Raises:
            LogUnavailableError: It cannot; a kind of this error says that an operator is needed.
        """
        (await self.read_head()).refuse_if_newer()
        await self._committer.check()

    async def read_head(self) -> LogHead:
        """Return the head as Postgres has it now."""
        head = await self._reader.head()
        self.head.advance(head.position, head.hash)
        return head

    async def read(self, after: Position, *, limit: int = 1000, to: Position | None = None) -> list[RecordedEvent]:
        """Return the events after a position, in order and without a gap, up to `to`, at most `limit` (≤ 2,000).

        A page with more than `PAGE_BYTES_MAX` of data ends sooner; only an empty one says that there is no more.
        """
        return await self._reader.page(after, to, limit)

    async def read_watched(
        self, after: Position, *, to: Position, namespaces: Collection[str], limit: int, bytes_max: int
    ) -> Watched:
        """Return the next events of some namespaces up to `to`, and how far that is; see `Watched`."""
        return await self._reader.watched(after, to, namespaces=namespaces, limit=limit, bytes_max=bytes_max)

    async def read_stream(
        self,
        stream_id: UUID,
        *,
        after_version: int = 0,
        types: Sequence[str] | None = None,
        limit: int = 1000,
        bytes_max: int = PAGE_BYTES_MAX,
    ) -> list[RecordedEvent]:
        """Return one stream's events after a version, in order, of some types, at most `limit` (≤ 2,000).

        A page with more than `bytes_max` of data ends sooner; only an empty one says that there is no more.
        """
        return await self._reader.stream(stream_id, after_version, types, limit=limit, bytes_max=bytes_max)

    async def read_stream_back(
        self,
        stream_id: UUID,
        *,
        before_version: int | None = None,
        types: Sequence[str] | None = None,
        limit: int = 1000,
        bytes_max: int = PAGE_BYTES_MAX,
    ) -> list[RecordedEvent]:
        """Return one stream's events before a version (None: from its end), newest first, of some types.

        At most `limit` (≤ 2,000). A page with more than `bytes_max` of data ends sooner; only an empty one says that
        there is no more.
        """
        return await self._reader.stream_back(stream_id, before_version, types, limit=limit, bytes_max=bytes_max)

    async def read_where(
        self,
        after: Position,
        *,
        to: Position,
        namespace: str | None = None,
        types: Sequence[str] | None = None,
        stream_type: str | None = None,
        limit: int = 1000,
        bytes_max: int = PAGE_BYTES_MAX,
    ) -> list[RecordedEvent]:
        """Return the events after a position up to `to` that match, in log order, at most `limit` (≤ 2,000).

        A page with more than `bytes_max` of data ends sooner; only an empty one says that there is no more.
        """
        return await self._reader.where(
            after,
            to,
            namespace=namespace,
            types=types,
            stream_type=stream_type,
            limit=limit,
            bytes_max=bytes_max,
        )

    async def find_stream(self, stream_id: UUID) -> StreamState | None:
        """Return what the log knows of an object's stream, or None."""
        return (await self.find_streams([stream_id])).get(stream_id)

    async def find_streams(self, stream_ids: Sequence[UUID]) -> dict[UUID, StreamState]:
        """Return what the log knows of the streams of objects, by their ids; those that do not exist are missing."""
        return await self._reader.find_streams(stream_ids)

    async def find_append(self, *, actor: str, key: str, request_hash: bytes) -> Appended | None:
        """Return what an earlier append with this key recorded, or None.

        Raises:
            IdempotencyKeyReusedError: The key was used for another request.
        """
        return await self._reader.find_append(self.log_id, actor, key, request_hash)

    async def position_before(self, time: datetime) -> Position:
        """Return the position before the first event recorded at a time or later; the head's, if there is none."""
        return await position_before(self.database, time)

    async def close(self) -> None:
        """Refuse further appends, record those that wait, and close the connections."""
        self._committer.close()
        if self._committing is not None:
            await self._committing
        for task in self._upkeep:
            task.cancel()
        await asyncio.gather(*self._upkeep, return_exceptions=True)
        await self.database.close()


def _begin(name: str, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
    return asyncio.create_task(keep_going(name, work), name=name)
