"""Connections to Postgres, and the one place that says what its errors mean."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from functools import partial
from types import TracebackType
from typing import Final, Self, TypeAlias

import asyncpg

from modelbox_events.errors import (
    LogRefusedError,
    LogUnavailableError,
    MigrationError,
    NewerVersionError,
    PartitionMissingError,
    UnsafeDatabaseError,
)
from modelbox_events.outcomes import WRONG_LEVEL
from modelbox_events.pool import Pool
from modelbox_events.session import Session, open_session
from modelbox_events.sql import STATEMENTS

POOL: Final = "modelbox pool"
"""What Postgres lists the pool's connections as. Earlier versions said `modelbox`: see shared_role.py."""

AnyConnection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
"""A connection, borrowed or one's own."""

# Classes of SQLSTATE that say "not now": connection, resources, lock and statement timeouts, shutdown, serialisation;
# and a transaction that was ended because nobody went on with it.
_NOT_NOW_CLASSES: Final = frozenset({"08", "53", "55", "57", "58", "40"})
_NOT_NOW: Final = frozenset({"25P03", "25P04"})
_DATA_CLASS: Final = "22"
# No such function, or one of arguments that are not known here; and what our own says of the log's format level.
_NEWER: Final = frozenset({"42883", WRONG_LEVEL})
_UNAVAILABLE: Final = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.exceptions.InternalClientError,
)
_KEY: Final = "_pkey"
_MUST_BE_ON: Final = ("fsync", "synchronous_commit", "full_page_writes")


class Database:
    """A pool of connections that work as the service's role: it may read and add events, never change one."""

    def __init__(self, dsn: str, *, pool_size: int, role: str) -> None:
        """Use `connect`."""
        self.dsn = dsn
        self.role = role
        self._pool = Pool(partial(self.connect_alone, POOL), size=pool_size)

    @classmethod
    async def connect(cls, dsn: str, *, pool_size: int) -> Self:
        """Open the pool.

        Raises:
            MigrationError: `migrate` has not run: the service has no role in this database.
            LogUnavailableError: Postgres does not answer.
        """
        with connecting():
            role = await service_role(dsn)
        database = cls(dsn, pool_size=pool_size, role=role)
        async with database.acquire():  # so that what keeps it from working is known by now
            return database

    def acquire(self) -> "Borrowed":
        """Borrow a connection for the length of a block; errors become those of `translated`."""
        return Borrowed(self._pool)

    @contextlib.asynccontextmanager
    async def acquire_long(self, *, timeout_s: float) -> AsyncIterator[Session]:
        """Borrow a connection in a transaction whose statements may take longer than others: up to `timeout_s`."""
        async with self.acquire() as connection, connection.transaction():
            await connection.execute(f"SET LOCAL statement_timeout TO {round(timeout_s * 1000)}")
            yield connection

    async def connect_alone(self, name: str, settings: Mapping[str, str] | None = None) -> Session:
        """Open a connection outside the pool, for one user that keeps it.

        Args:
            name: What Postgres lists the connection as.
            settings: Run-time settings of the connection, where they are not those of every session.
        """
        with connecting():
            return await open_session(self.dsn, name, settings=settings, role=self.role)

    async def refuse_if_unsafe(self) -> None:
        """Check that a commit that Postgres acknowledges survives a crash.

        Raises:
            UnsafeDatabaseError: `fsync`, `synchronous_commit` or `full_page_writes` is off.
        """
        async with self.acquire() as connection:
            for setting in _MUST_BE_ON:
                value = await connection.fetchval("SELECT current_setting($1)", setting)
                # synchronous_commit has more values; each but 'off' waits for the local flush.
                if value == "off":
                    raise UnsafeDatabaseError(setting, value)

    async def close(self) -> None:
        """Close the pool; connections still in use after a while are ended."""
        await self._pool.close()


class Borrowed:
    """A connection of the pool, lent for the length of a block."""

    __slots__ = ("_pool", "_session")

    def __init__(self, pool: Pool) -> None:
        """Use `Database.acquire`."""
        self._pool = pool

    async def __aenter__(self) -> Session:
        """Return the connection.

        Raises:
            LogUnavailableError: There is none now.
        """
        session = self._pool.take()
        if session is None:
            with translated():
                session = await self._pool.borrow()
        self._session = session
        return session

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it back, and say what an error means.

        Raises:
            LogUnavailableError: As of `translated`.
        """
        if error is None:
            self._pool.give_back(self._session)
            return
        if isinstance(error, asyncio.CancelledError | TimeoutError):
            # Its caller has an error to tell, perhaps shortly before nobody listens any more: it waits no longer.
            self._pool.give_up_later(self._session)
        else:
            await self._pool.give_up(self._session)
        if (meaning := _meaning_of(error)) is not None:
            raise meaning from error


async def service_role(dsn: str) -> str:
    """Return the role that the service works as in this database: see roles.py.

    Raises:
        MigrationError: There is none yet.
    """
    session = await open_session(dsn, "modelbox role", role=None)
    try:
        [(role, found, *_)] = await session.fetch(STATEMENTS["find_role"])
    finally:
        session.terminate()
    if not found:
        problem = f"no server was started on this database yet, as after a restore: it has no role {role}"
        raise MigrationError(f"{problem}; start the server, or restart one that ran meanwhile: it makes the role")
    return str(role)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn what Postgres says into what it means, chosen by SQLSTATE.

    Errors about the data that was sent pass as they are. All others say nothing about the request: it may be sent
    again, and it is not at fault.

    Raises:
        LogUnavailableError: Postgres does not answer now, or a kind of this error: it refuses for a reason of its own.
    """
    try:
        yield
    except Exception as error:
        if (meaning := _meaning_of(error)) is None:
            raise
        raise meaning from error


@contextlib.contextmanager
def connecting() -> Iterator[None]:
    """As `translated`, where no data of a request was sent: no error is about it.

    Raises:
        LogUnavailableError: Postgres does not answer now, or a kind of this error: it refuses for a reason of its own.
    """
    try:
        with translated():
            yield
    except asyncpg.PostgresError as error:
        raise _unavailable(error) from error
    except ValueError as error:  # asyncpg cannot read the dsn
        raise LogRefusedError(str(error)) from error


def _meaning_of(error: BaseException) -> LogUnavailableError | None:
    """Return what an error of Postgres or its driver means; None where it passes as it is."""
    if isinstance(error, asyncpg.PostgresError):
        return None if is_about_data(error) else _unavailable(error)
    # A ValueError is asyncpg's own complaint about an argument: about the data too.
    if isinstance(error, _UNAVAILABLE) and not isinstance(error, ValueError):
        return LogUnavailableError(str(error) or type(error).__name__)
    return None


def is_about_data(error: Exception) -> bool:
    """Whether an error of Postgres or its driver is about the data that was sent, so that sending it again cannot help.

    A row that exists already is not: the log's own state then contradicts itself.
    """
    if not isinstance(error, asyncpg.PostgresError):
        return isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError)
    sqlstate = error.sqlstate or ""
    if sqlstate == asyncpg.CheckViolationError.sqlstate:
        return not _is_partition_missing(error)
    return sqlstate[:2] == _DATA_CLASS or sqlstate == asyncpg.NotNullViolationError.sqlstate


def is_about_stream(error: LogUnavailableError) -> bool:
    """Whether Postgres refuses one stream alone: its row is behind its events, whose next version is there already.

    Not where the key of `events` is: that is the position, and were the head behind, it would be so for every append.
    """
    reason = error.__cause__
    return isinstance(reason, asyncpg.UniqueViolationError) and not (reason.constraint_name or _KEY).endswith(_KEY)


def _unavailable(error: asyncpg.PostgresError) -> LogUnavailableError:
    sqlstate = error.sqlstate or ""
    if sqlstate == asyncpg.CheckViolationError.sqlstate and _is_partition_missing(error):
        return PartitionMissingError(str(error))
    if sqlstate in _NEWER:
        return NewerVersionError(f"{error} (SQLSTATE {sqlstate})")
    if sqlstate[:2] in _NOT_NOW_CLASSES or sqlstate in _NOT_NOW:
        return LogUnavailableError(f"{error} (SQLSTATE {sqlstate})", sqlstate=sqlstate)
    return LogRefusedError(str(error), sqlstate=sqlstate)


def _is_partition_missing(error: asyncpg.PostgresError) -> bool:
    # A row without a partition has the SQLSTATE of a failed CHECK, but names no constraint.
    return getattr(error, "constraint_name", None) is None
