"""Numbered migrations: forward only, each in a transaction, recorded with the checksum of its file."""

import contextlib
import re
from hashlib import sha256
from importlib.resources import files
from typing import Final, NamedTuple

import asyncpg

from modelbox_events.database import AnyConnection, connecting
from modelbox_events.errors import MigrationError
from modelbox_events.session import UNHURRIED, open_session

_FILE: Final = re.compile(r"(\d{4})_(\w+)\.sql")
_LOCK: Final = 0x6D6F64656C626F78  # "modelbox": one migrator at a time in a database

TIMEOUT_S: Final = 3600.0
"""How long one statement of a migration may take, and how long it waits for another migrator."""
_PATIENT: Final = {**UNHURRIED, "lock_timeout": "0"}

_CREATE_RECORD: Final = """
CREATE TABLE IF NOT EXISTS public.modelbox_migrations (
    component  text NOT NULL,
    number     integer NOT NULL,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (component, number)
)"""


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
    """Bring a component's tables to this version's shape. The dsn's account must own the database or be superuser.

    Running it again, or from several processes at once, changes nothing more.

    Raises:
        MigrationError: An applied file was changed, or the database is ahead of this version.
        LogUnavailableError: Postgres does not answer.
    """
    with connecting():
        connection = await open_session(dsn, "modelbox migrate", settings=_PATIENT, timeout_s=TIMEOUT_S, role=None)
        with contextlib.closing(_Terminating(connection)):
            await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
            await connection.execute(_CREATE_RECORD)
            await connection.execute("GRANT SELECT ON public.modelbox_migrations TO PUBLIC")
            applied = await _applied(connection, component)
            for migration in _pending(applied, migrations_of(package), component):
                await _apply(connection, component, migration)
            await connection.close()


async def refuse_if_behind(connection: AnyConnection, component: str, package: str) -> None:
    """Check that exactly this version's migrations are applied.

    Raises:
        MigrationError: Some are missing, changed, or unknown here.
    """
    exists = await connection.fetchval("SELECT to_regclass('public.modelbox_migrations') IS NOT NULL")
    applied = await _applied(connection, component) if exists else {}
    if pending := _pending(applied, migrations_of(package), component):
        missing = ", ".join(f"{migration.number:04}_{migration.name}" for migration in pending)
        raise MigrationError(f"the database lacks migrations of {component}: {missing}; start the server to apply them")


class _Terminating:
    """Ends a connection at once when it was not closed in order."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    def close(self) -> None:
        if not self._connection.is_closed():
            self._connection.terminate()


async def _applied(connection: AnyConnection, component: str) -> dict[int, str]:
    query = "SELECT number, checksum FROM public.modelbox_migrations WHERE component = $1"
    return {row["number"]: row["checksum"] for row in await connection.fetch(query, component)}


def _pending(applied: dict[int, str], known: list[Migration], component: str) -> list[Migration]:
    by_number = {migration.number: migration for migration in known}
    for number, checksum in sorted(applied.items()):
        if number not in by_number:
            raise MigrationError(f"migration {number} of {component} is unknown here; use a newer ModelBox")
        if by_number[number].checksum != checksum:
            raise MigrationError(f"migration {number} of {component} was changed after it ran; restore its file")
    return [migration for migration in known if migration.number not in applied]


async def _apply(connection: AnyConnection, component: str, migration: Migration) -> None:
    async with connection.transaction():
        await connection.execute(migration.sql)
        await connection.execute(
            "INSERT INTO public.modelbox_migrations (component, number, name, checksum) VALUES ($1, $2, $3, $4)",
            component, migration.number, migration.name, migration.checksum,
        )  # fmt: skip
