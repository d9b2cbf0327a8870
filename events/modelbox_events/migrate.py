"""Brings a component's part of the database to what this version needs.

First come the numbered migrations that were not applied yet: forward only, each in a transaction, recorded with the
checksum of its file. Then the functions whose text changed, and at every start the service's rights: what `grants.sql`
of the component says.
"""

import contextlib
from collections.abc import AsyncIterator
from functools import partial
from typing import Final

import asyncpg
import structlog

from modelbox_events.component import LOG, Component, Migration
from modelbox_events.database import AnyConnection, connecting
from modelbox_events.errors import MigrationError
from modelbox_events.limits import READS_LEVEL
from modelbox_events.lock_waits import in_short_tries
from modelbox_events.roles import SHARED_ROLE, ensure_role, mend_rights, named, refuse_if_owned_by_others
from modelbox_events.routines import missing_functions, replace_functions
from modelbox_events.session import UNHURRIED, open_session
from modelbox_events.shared_role import keep_earlier_versions
from modelbox_events.sql import STATEMENTS

# The first migration made the role that all databases of a cluster shared; where it ran, its tables are today's.
_FORMER_CHECKSUMS: Final = {"52766ee5248503d05cc162ff37fcbd70e08c0296814b05e75918dfa695be0c43": ("log", 1)}
_LOCK: Final = 0x6D6F64656C626F78  # "modelbox": one migrator at a time in a database

TIMEOUT_S: Final = 3600.0
"""How long one statement of a migration may take, and how long it waits for another migrator."""
_PATIENT: Final = {**UNHURRIED, "lock_timeout": "0"}

_ENCODING: Final = "UTF8"
_IS_PREPARED: Final = "SELECT to_regclass('public.modelbox_migrations') IS NOT NULL"
_CREATE_RECORD: Final = """
CREATE TABLE IF NOT EXISTS public.modelbox_migrations (
    component  text NOT NULL,
    number     integer NOT NULL,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (component, number)
)"""

_log = structlog.get_logger()


async def migrate(dsn: str, component: Component = LOG) -> None:
    """Bring a component's tables and functions, and the service's rights, to what this version needs.

    The dsn's account must own the database or be superuser. Running it again, or from several processes at once,
    changes nothing more; lost roles, owners and grants are put right each time, and what a newer version brought stays.
    While it waits for whoever holds a lock for long, others go on between its tries: see `lock_waits`.

    Raises:
        MigrationError: An applied file was changed, the database is ahead of this version, or it is new and cannot hold
            every text.
        DatabaseRightsError: The account lacks a right; the error holds the SQL for an administrator.
        LogUnavailableError: Postgres does not answer, or a lock was not to be had.
    """
    async with _sole_migrator(dsn) as connection:
        await refuse_if_owned_by_others(connection)
        await _refuse_other_encodings(connection)
        await connection.execute(_CREATE_RECORD)
        await connection.execute("GRANT SELECT ON public.modelbox_migrations TO PUBLIC")
        role = await ensure_role(connection)
        # Before migrations: what they change of rights, processes of earlier versions have at the same moment.
        keep_shared = await keep_earlier_versions(connection, role)
        applied = await _applied(connection, component)
        for migration in _pending(applied, component):
            change = f"migration {migration.number} of {component.name}"
            await in_short_tries(connection, change, partial(_apply, connection, component, migration, role))
        complete = partial(_complete, connection, component, role, keep_shared=keep_shared)
        await in_short_tries(connection, f"the functions and rights of {component.name}", complete)
        if component == LOG and not applied:  # a log made just now: no process of an older version has seen it
            await connection.execute(STATEMENTS["raise_format_level"], READS_LEVEL)


async def end_shared_role(dsn: str) -> None:
    """Take from the role that earlier versions shared its rights in this database.

    Raises:
        LogUnavailableError: Postgres does not answer.
    """
    async with _sole_migrator(dsn) as connection:
        role = await ensure_role(connection)
        await connection.execute(f"REVOKE {role} FROM {SHARED_ROLE}")
        mend = partial(mend_rights, connection, role, LOG.grants, keep_shared=False)
        await in_short_tries(connection, "the rights of log", mend)


async def refuse_if_behind(connection: AnyConnection, component: Component) -> None:
    """Check that exactly this version's migrations are applied, and that every function is there, whoever applied it.

    Raises:
        MigrationError: Some are missing, changed, or unknown here.
    """
    applied = await _applied(connection, component) if await connection.fetchval(_IS_PREPARED) else {}
    lacking = [f"migration {migration.number:04}_{migration.name}" for migration in _pending(applied, component)]
    if lacking := lacking or await missing_functions(connection, component):
        missing = ", ".join(lacking)
        raise MigrationError(f"the database lacks, of {component.name}: {missing}; start the server to apply them")


@contextlib.asynccontextmanager
async def _sole_migrator(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Connect as the dsn's account and be the only one that changes the database's shape."""
    with connecting():
        connection = await open_session(dsn, "modelbox migrate", settings=_PATIENT, timeout_s=TIMEOUT_S, role=None)
        with contextlib.closing(_Terminating(connection)):
            await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
            yield connection
            await connection.close()


class _Terminating:
    """Ends a connection at once when it was not closed in order."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    def close(self) -> None:
        if not self._connection.is_closed():
            self._connection.terminate()


async def _refuse_other_encodings(connection: asyncpg.Connection) -> None:
    """Check that the database can hold every text. What was filled by an earlier version goes on, with a warning.

    Raises:
        MigrationError: A new one cannot: the log would take what its views cannot hold.
    """
    encoding = await connection.fetchval("SHOW server_encoding")
    if encoding == _ENCODING:
        return
    name = await connection.fetchval("SELECT quote_ident(current_database())")
    remedy = f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{_ENCODING}' LOCALE 'C'"
    if not await connection.fetchval(_IS_PREPARED):
        raise MigrationError(
            f"the database {name} has the encoding {encoding}, not {_ENCODING}; create it anew: {remedy}"
        )
    _log.warning(
        "database_has_other_encoding", encoding=encoding, remedy=f"{remedy}, and restore a dump of this one in it"
    )


async def _applied(connection: AnyConnection, component: Component) -> dict[int, str]:
    query = "SELECT number, checksum FROM public.modelbox_migrations WHERE component = $1"
    return {row["number"]: row["checksum"] for row in await connection.fetch(query, component.name)}


def _pending(applied: dict[int, str], component: Component) -> list[Migration]:
    known = component.migrations
    by_number = {migration.number: migration for migration in known}
    for number, checksum in sorted(applied.items()):
        if number not in by_number:
            raise MigrationError(f"migration {number} of {component.name} is unknown here; use a newer ModelBox")
        if by_number[number].checksum != checksum and _FORMER_CHECKSUMS.get(checksum) != (component.name, number):
            raise MigrationError(f"migration {number} of {component.name} was changed after it ran; restore its file")
    return [migration for migration in known if migration.number not in applied]


async def _apply(connection: asyncpg.Connection, component: Component, migration: Migration, role: str) -> None:
    async with connection.transaction():
        await connection.execute(named(migration.sql, role))
        await connection.execute(
            "INSERT INTO public.modelbox_migrations (component, number, name, checksum) VALUES ($1, $2, $3, $4)",
            component.name, migration.number, migration.name, migration.checksum,
        )  # fmt: skip


async def _complete(connection: asyncpg.Connection, component: Component, role: str, *, keep_shared: bool) -> None:
    """Bring functions and rights together: a function may call one that the service had no right to before."""
    async with connection.transaction():
        await replace_functions(connection, component)
        await mend_rights(connection, role, component.grants, keep_shared=keep_shared)
