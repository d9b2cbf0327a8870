"""Numbered migrations: forward only, each in a transaction, recorded with the checksum of its file.

After them, at every start, come the service's rights: what a component's `grants.sql` says.
"""

import contextlib
import re
from collections.abc import AsyncIterator
from functools import partial
from hashlib import sha256
from importlib.resources import files
from typing import Final, NamedTuple

import asyncpg
import structlog

from modelbox_events.database import AnyConnection, connecting
from modelbox_events.errors import MigrationError
from modelbox_events.lock_waits import in_short_tries
from modelbox_events.roles import SHARED_ROLE, ensure_role, mend_rights, named, refuse_if_owned_by_others
from modelbox_events.session import UNHURRIED, open_session
from modelbox_events.shared_role import keep_earlier_versions

_FILE: Final = re.compile(r"(\d{4})_(\w+)\.sql")
_GRANTS: Final = "grants.sql"
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


class Migration(NamedTuple):
    """One numbered file of a component."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """The file's SHA-256 (hex)."""
        return sha256(self.sql.encode()).hexdigest()


def migrations_of(package: str) -> list[Migration]:
    """Return the migrations of a package, by number."""
    return sorted(
        Migration(int(match[1]), match[2], item.read_text(encoding="utf-8"))
        for item in files(package).iterdir()
        if (match := _FILE.fullmatch(item.name))
    )


async def migrate(dsn: str, component: str = "log", package: str = "modelbox_events.migrations") -> None:
    """Bring a component's tables and the service's rights to what this version needs.

    The dsn's account must own the database or be superuser. Running it again, or from several processes at once,
    changes nothing more; lost roles, owners and grants are put right each time. While it waits for whoever holds a lock
    for long, others go on between its tries: see `lock_waits`.

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
        for migration in _pending(applied, migrations_of(package), component):
            change = f"migration {migration.number} of {component}"
            await in_short_tries(connection, change, partial(_apply, connection, component, migration, role))
        mend = partial(mend_rights, connection, role, _grants_of(package), keep_shared=keep_shared)
        await in_short_tries(connection, f"the rights of {component}", mend)


async def end_shared_role(dsn: str) -> None:
    """Take from the role that earlier versions shared its rights in this database.

    Raises:
        LogUnavailableError: Postgres does not answer.
    """
    async with _sole_migrator(dsn) as connection:
        role = await ensure_role(connection)
        await connection.execute(f"REVOKE {role} FROM {SHARED_ROLE}")
        mend = partial(mend_rights, connection, role, _grants_of("modelbox_events.migrations"), keep_shared=False)
        await in_short_tries(connection, "the rights of log", mend)


async def refuse_if_behind(connection: AnyConnection, component: str, package: str) -> None:
    """Check that exactly this version's migrations are applied.

    Raises:
        MigrationError: Some are missing, changed, or unknown here.
    """
    applied = await _applied(connection, component) if await connection.fetchval(_IS_PREPARED) else {}
    if pending := _pending(applied, migrations_of(package), component):
        missing = ", ".join(f"{migration.number:04}_{migration.name}" for migration in pending)
        raise MigrationError(f"the database lacks migrations of {component}: {missing}; start the server to apply them")


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


async def _applied(connection: AnyConnection, component: str) -> dict[int, str]:
    query = "SELECT number, checksum FROM public.modelbox_migrations WHERE component = $1"
    return {row["number"]: row["checksum"] for row in await connection.fetch(query, component)}


def _pending(applied: dict[int, str], known: list[Migration], component: str) -> list[Migration]:
    by_number = {migration.number: migration for migration in known}
    for number, checksum in sorted(applied.items()):
        if number not in by_number:
            raise MigrationError(f"migration {number} of {component} is unknown here; use a newer ModelBox")
        if by_number[number].checksum != checksum and _FORMER_CHECKSUMS.get(checksum) != (component, number):
            raise MigrationError(f"migration {number} of {component} was changed after it ran; restore its file")
    return [migration for migration in known if migration.number not in applied]


def _grants_of(package: str) -> str:
    return files(package).joinpath(_GRANTS).read_text(encoding="utf-8")


async def _apply(connection: AnyConnection, component: str, migration: Migration, role: str) -> None:
    async with connection.transaction():
        await connection.execute(named(migration.sql, role))
        await connection.execute(
            "INSERT INTO public.modelbox_migrations (component, number, name, checksum) VALUES ($1, $2, $3, $4)",
            component, migration.number, migration.name, migration.checksum,
        )  # fmt: skip
