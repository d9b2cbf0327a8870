"""A session in Postgres as all of ours are: how one is opened, what is set in it, and what it must keep.

The settings are set once the session is open, not handed over at its start: a pooler before Postgres refuses what it
does not know there, or drops it and lets the session go on as the account that it logged in with.
"""

import asyncio
import contextlib
import socket
import uuid
from collections.abc import Mapping
from typing import Any, Final

import asyncpg

from modelbox_events.errors import LogRefusedError
from modelbox_events.sql import STATEMENTS

CONNECT_TIMEOUT_S: Final = 10.0
COMMAND_TIMEOUT_S: Final = 30.0

SILENT_AFTER_S: Final = 1.0
"""A connection that was idle for longer is asked whether it still answers before it is used."""
ANSWER_TIMEOUT_S: Final = 1.0
"""How long it has for that."""

KEEPALIVE_IDLE_S: Final = 10
KEEPALIVE_INTERVAL_S: Final = 5
KEEPALIVE_COUNT: Final = 3
TCP_USER_TIMEOUT_MS: Final = 15_000
"""How long the other end may leave bytes unconfirmed: together, a lost host is noticed within half a minute."""

LOCK_TIMEOUT_MS: Final = 5_000
STATEMENT_TIMEOUT_MS: Final = 60_000
"""Longer than `COMMAND_TIMEOUT_S`, after which this process itself cancels: it ends what nobody waits for any more."""
IDLE_IN_TRANSACTION_TIMEOUT_MS: Final = 10_000

_SETTINGS: Final = {
    # Compiling pays off only for long scans; here it would cost each short statement milliseconds.
    "jit": "off",
    "timezone": "UTC",
    # What an account or a database is set to would hold for us too; these each decide whether our statements work.
    "default_transaction_isolation": "read committed",
    "lock_timeout": str(LOCK_TIMEOUT_MS),
    "statement_timeout": str(STATEMENT_TIMEOUT_MS),
    "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_TIMEOUT_MS),
    "idle_session_timeout": "0",
    "tcp_keepalives_idle": str(KEEPALIVE_IDLE_S),
    "tcp_keepalives_interval": str(KEEPALIVE_INTERVAL_S),
    "tcp_keepalives_count": str(KEEPALIVE_COUNT),
    "tcp_user_timeout": str(TCP_USER_TIMEOUT_MS),
}

UNHURRIED: Final[Mapping[str, str]] = {
    "statement_timeout": "0",
    # Postgres looks whether its client is there still, so that what has no other end ends with it.
    "client_connection_check_interval": "10000",
}
"""Settings of a session whose statements may take as long as their own deadlines say: folds of the whole log."""

_TRANSACTION_TIMEOUT_SINCE: Final = (17, 0)
_POOLING_LOOKS: Final = 3
_POOLED: Final = (
    "the connection to Postgres is shared: what is set in it does not stay; connect to Postgres itself, "
    "or through a pooler that keeps sessions (pgbouncer: pool_mode = session)"
)

_ANOTHER: Final = (
    "{database} is another database than the one that this process began with, restored or renamed meanwhile; "
    "restart the server"
)


class Session(asyncpg.Connection):
    """A connection whose loss is noticed. Nobody who borrows one from the pool leaves anything in it.

    Attributes:
        used_s: When it was last known to answer, by the loop's clock.
        uses: How often it was borrowed.
    """

    def __init__(self, protocol: Any, transport: Any, loop: asyncio.AbstractEventLoop, *rest: Any) -> None:
        """Take a connection that asyncpg has opened."""
        super().__init__(protocol, transport, loop, *rest)
        _keep_alive(transport.get_extra_info("socket"))
        self.used_s: float = loop.time()
        self.uses = 0

    def note_use(self) -> None:
        """Say that it was used just now."""
        self.used_s = asyncio.get_running_loop().time()
        self.uses += 1

    def is_doubtful(self) -> bool:
        """Whether it has not been used for a while: who knows what became of the way to Postgres."""
        return asyncio.get_running_loop().time() - self.used_s > SILENT_AFTER_S

    def is_left_open(self) -> bool:
        """Whether its user left a transaction in it, be it only in the driver's belief."""
        # Of a BEGIN that failed asyncpg keeps the transaction and takes every later one for a part of it, which
        # Postgres refuses. Nothing public tells of it, and what mends it (`reset`) unsets what is set in our sessions.
        return self.is_in_transaction() or getattr(self, "_top_xact", None) is not None

    async def answers(self) -> bool:
        """Whether it answers; one that does not is at its end."""
        try:
            # Around the call: how long it waits for a statement that is still being cancelled is the driver's affair.
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                await self.execute("SELECT 1")
        except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresError):
            self.terminate()
            return False
        except BaseException:
            self.terminate()
            raise
        return True


def settings_of(connection: asyncpg.Connection) -> dict[str, str]:
    """Return what is set in every session of ours."""
    later = connection.get_server_version() >= _TRANSACTION_TIMEOUT_SINCE
    return _SETTINGS | ({"transaction_timeout": "0"} if later else {})


async def open_session(
    dsn: str,
    name: str,
    *,
    settings: Mapping[str, str] | None = None,
    timeout_s: float = COMMAND_TIMEOUT_S,
    role: str | None,
) -> Session:
    """Open a session outside the pool.

    Args:
        dsn: Where Postgres is.
        name: What Postgres lists the session as.
        settings: What is set otherwise than in every session.
        timeout_s: How long a statement may take that names no other time.
        role: What it works as; None leaves the account of the dsn.

    Raises:
        LogRefusedError: The session does not keep what is set in it.
    """
    session: Session = await asyncpg.connect(
        dsn,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=timeout_s,
        connection_class=Session,
        server_settings={"application_name": name},
    )
    try:
        await settle(session, settings or {}, role=role)
    except BaseException:
        session.terminate()
        raise
    return session


async def settle(
    session: asyncpg.Connection,
    settings: Mapping[str, str],
    *,
    role: str | None,
) -> None:
    """Set what a session of ours needs, and see that it is so from then on.

    Raises:
        LogRefusedError: The session does not keep what is set in it.
    """
    mark = str(uuid.uuid4())
    wanted = settings_of(session) | dict(settings) | {"modelbox.session": mark} | ({"role": role} if role else {})
    try:
        await session.execute("; ".join(f"SET {name} TO '{value}'" for name, value in wanted.items()))
    except asyncpg.PostgresError:
        await _refuse_another_database(session, role)
        raise
    await _refuse_another_database(session, role)
    is_kept = await session.fetchval(
        "SELECT current_setting('modelbox.session', true) = $1 AND ($2::text IS NULL OR current_user = $2)",
        mark, role,
    )  # fmt: skip
    if not is_kept:
        raise LogRefusedError(_POOLED)


async def _refuse_another_database(session: asyncpg.Connection, role: str | None) -> None:
    """See that the dsn still leads to the database that the role is of, or to one on which it was given the rights.

    Raises:
        LogRefusedError: It does not: another one was restored or renamed to its name.
    """
    if role is None:
        return
    [(expected, _, _, database)] = await session.fetch(STATEMENTS["find_role"])
    if role == expected:
        return
    has_rights = await session.fetchval(
        "SELECT pg_has_role($1::name, oid, 'USAGE') FROM pg_catalog.pg_roles WHERE rolname = $2", role, expected
    )
    if not has_rights:
        raise LogRefusedError(_ANOTHER.format(database=database))


async def refuse_shared_sessions(dsn: str) -> None:
    """Look whether sessions have a backend of Postgres of their own, as locks, notifications and settings need.

    A pooler that hands backends out by transaction gives one to whoever begins a transaction next.

    Raises:
        LogRefusedError: They have not.
    """
    async with contextlib.AsyncExitStack() as stack:
        ours, other = [await _bare_session(dsn, stack) for _ in range(2)]
        backends = {await _backend_of(ours)}
        async with other.transaction():
            theirs = await other.fetchval("SELECT pg_backend_pid()")
            backends.add(await _backend_of(ours))
        for _ in range(_POOLING_LOOKS):
            backends.add(await _backend_of(ours))
    if len(backends) > 1 or theirs in backends:
        raise LogRefusedError(_POOLED)


async def _bare_session(dsn: str, stack: contextlib.AsyncExitStack) -> asyncpg.Connection:
    # Without a cache, statements have no names that another backend would not know.
    session = await asyncpg.connect(
        dsn, timeout=CONNECT_TIMEOUT_S, command_timeout=COMMAND_TIMEOUT_S, statement_cache_size=0
    )
    stack.callback(session.terminate)
    return session


async def _backend_of(session: asyncpg.Connection) -> int:
    async with session.transaction():
        return int(await session.fetchval("SELECT pg_backend_pid()"))


def _keep_alive(end: Any) -> None:
    """Have the kernel notice that the other end is gone; a Unix socket knows without."""
    if end is None or end.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    options = {
        "TCP_KEEPIDLE": KEEPALIVE_IDLE_S,
        "TCP_KEEPINTVL": KEEPALIVE_INTERVAL_S,
        "TCP_KEEPCNT": KEEPALIVE_COUNT,
        "TCP_USER_TIMEOUT": TCP_USER_TIMEOUT_MS,
    }
    for name, value in options.items():
        if (option := getattr(socket, name, None)) is not None:  # macOS has not all of them
            end.setsockopt(socket.IPPROTO_TCP, option, value)
