"""Connections to Postgres, and the one place that says what its errors mean.

Must not know: which statements are run.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Final, Self, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from modelbox_events.errors import LogUnavailableError, MigrationError, PartitionMissingError, UnsafeDatabaseError
from modelbox_events.sql import STATEMENTS

POOL: Final = "modelbox pool"
"""What Postgres lists the pool's connections as. Earlier versions said `modelbox`: see shared_role.py."""

PooledConnection: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"
"""A connection borrowed from the pool."""
AnyConnection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PooledConnection"
"""A connection, borrowed or one's own."""

CONNECT_TIMEOUT_S: Final = 10.0
COMMAND_TIMEOUT_S: Final = 30.0

# Classes of SQLSTATE that say "not now": connection, resources, lock and statement timeouts, shutdown, serialisation.
_UNAVAILABLE_CLASSES: Final = frozenset({"08", "53", "55", "57", "58", "40"})
_UNAVAILABLE: Final = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.exceptions.InternalClientError,
)
_MUST_BE_ON: Final = ("fsync", "synchronous_commit", "full_page_writes")


class _Unreset(asyncpg.Connection):
    """A connection that goes back to the pool as it is: nobody who borrows one leaves anything in its session.

    To reset it each time would cost every read another round trip.
    """

    def get_reset_query(self) -> str:
        """Return that nothing is to be run."""
        return ""


class Database:
    """A pool of connections that work as the service's role: it may read and add events, never change one."""

    def __init__(self, dsn: str, pool: asyncpg.Pool, *, role: str) -> None:
        """Use `connect`."""
        self.dsn = dsn
        self.pool = pool
        self.role = role

    @classmethod
    async def connect(cls, dsn: str, *, pool_size: int) -> Self:
        """Open the pool.

        Raises:
            MigrationError: `migrate` has not run: the service has no role in this database.
            LogUnavailableError: Postgres does not answer.
        """
        with translated():
            role = await service_role(dsn)
            pool = await asyncpg.create_pool(
                dsn,
                min_size=1,
                max_size=pool_size,
                timeout=CONNECT_TIMEOUT_S,
                command_timeout=COMMAND_TIMEOUT_S,
                connection_class=_Unreset,
                server_settings=_settings(POOL, role),
            )
        return cls(dsn, pool, role=role)

    @contextlib.asynccontextmanager
    async def acquire(self) -> AsyncIterator[PooledConnection]:
        """Borrow a connection; errors that say "not now" become `LogUnavailableError`."""
        with translated():
            # The pool's own timeout would run each acquire in a task, which costs as much as a short read.
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                connection = await self.pool.acquire()
            try:
                yield connection
            finally:
                await self.pool.release(connection)

    async def connect_alone(self, name: str, settings: Mapping[str, str] | None = None) -> asyncpg.Connection:
        """Open a connection outside the pool, for one user that keeps it.

        Args:
            name: What Postgres lists the connection as.
            settings: Run-time settings of the connection.
        """
        with translated():
            return await asyncpg.connect(
                self.dsn,
                timeout=CONNECT_TIMEOUT_S,
                command_timeout=COMMAND_TIMEOUT_S,
                server_settings=_settings(name, self.role) | dict(settings or {}),
            )

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
        try:
            await asyncio.wait_for(self.pool.close(), CONNECT_TIMEOUT_S)
        except TimeoutError:
            self.pool.terminate()


async def service_role(dsn: str) -> str:
    """Return the role that the service works as in this database: see roles.py.

    Raises:
        MigrationError: There is none yet.
    """
    connection = await asyncpg.connect(dsn, timeout=CONNECT_TIMEOUT_S, command_timeout=COMMAND_TIMEOUT_S)
    try:
        [(role, found, *_)] = await connection.fetch(STATEMENTS["find_role"])
    finally:
        await connection.close(timeout=CONNECT_TIMEOUT_S)
    if not found:
        raise MigrationError(f"the database has no role {role} yet; start the server, which makes it")
    return str(role)


def _settings(name: str, role: str) -> dict[str, str]:
    # Compiling pays off only for long scans; here it would cost each short statement milliseconds.
    return {"application_name": name, "role": role, "jit": "off", "timezone": "UTC"}


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn Postgres's "not now" into `LogUnavailableError`, chosen by SQLSTATE; let all else pass."""
    try:
        yield
    except asyncpg.PostgresError as error:
        sqlstate = error.sqlstate or ""
        if sqlstate == asyncpg.CheckViolationError.sqlstate and _is_partition_missing(error):
            raise PartitionMissingError(str(error)) from error
        if sqlstate[:2] in _UNAVAILABLE_CLASSES:
            raise LogUnavailableError(f"{error} (SQLSTATE {sqlstate})") from error
        raise
    except _UNAVAILABLE as error:
        if isinstance(error, ValueError):  # asyncpg's own complaint about an argument: ours to mend, not to retry
            raise
        raise LogUnavailableError(str(error) or type(error).__name__) from error


def _is_partition_missing(error: asyncpg.PostgresError) -> bool:
    # A row without a partition has the SQLSTATE of a failed CHECK, but names no constraint.
    return getattr(error, "constraint_name", None) is None
