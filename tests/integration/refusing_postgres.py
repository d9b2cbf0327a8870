"""A Postgres that refuses, in each way that an operator or a fault may bring about, and is healed again."""

import contextlib
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import urlsplit

import asyncpg

READ_ONLY: Final = "25006"
REVOKED: Final = "42501"
OTHER_FUNCTION: Final = "42883"
NO_LOGIN: Final = "28000"
NO_DATABASE: Final = "3D000"
RAISED: Final = ("P0001", "0A000", "XX000", "XX001", "23505", "54000", "53100", "40001")
"""SQLSTATEs that a trigger raises: of the other classes, none of which is a request's fault."""
EVERY: Final = (READ_ONLY, REVOKED, OTHER_FUNCTION, NO_LOGIN, NO_DATABASE, *RAISED)
LOGIN: Final = "refused_login"


async def add_login(dsn: str) -> str:
    """Create an account that can be kept from logging in; return the dsn with it."""
    connection = await asyncpg.connect(dsn)
    with contextlib.suppress(asyncpg.DuplicateObjectError):
        await connection.execute(f"CREATE ROLE {LOGIN} SUPERUSER")
    await connection.execute(f"ALTER ROLE {LOGIN} LOGIN")
    await connection.close()
    return dsn.replace("//postgres@", f"//{LOGIN}@")


async def raise_for_streams(owner: asyncpg.Connection, sqlstate: str, *, namespace: str | None = None) -> None:
    """Have every new stream, or those of a namespace, refused with an SQLSTATE."""
    matching, each = ("true", "STATEMENT") if namespace is None else (f"NEW.namespace = '{namespace}'", "ROW")
    await owner.execute(
        "CREATE OR REPLACE FUNCTION modelbox.refuse_for_test() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {matching} THEN RAISE EXCEPTION 'refused for the test' USING ERRCODE = '{sqlstate}'; END IF;"
        " RETURN NEW; END $$"
    )
    await owner.execute(
        "CREATE TRIGGER refuse_for_test BEFORE INSERT ON modelbox.streams"
        f" FOR EACH {each} EXECUTE FUNCTION modelbox.refuse_for_test()"
    )


@contextlib.asynccontextmanager
async def refusing(dsn: str, sqlstate: str) -> AsyncIterator[None]:
    """Have Postgres refuse appends with an SQLSTATE meanwhile."""
    name = urlsplit(dsn).path.strip("/")
    as_superuser = dsn.replace(f"//{LOGIN}@", "//postgres@")
    admin = await asyncpg.connect(as_superuser.replace(f"/{name}?", "/postgres?"))
    owner = admin if sqlstate == NO_DATABASE else await asyncpg.connect(as_superuser)
    try:
        async with contextlib.AsyncExitStack() as healing:
            await _refuse(sqlstate, admin, owner, name, healing)
            yield
    finally:
        owner.terminate()
        admin.terminate()


async def _refuse(
    sqlstate: str, admin: asyncpg.Connection, owner: asyncpg.Connection, name: str, healing: contextlib.AsyncExitStack
) -> None:
    match sqlstate:
        case "25006":
            await admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
            healing.push_async_callback(_end_sessions, admin, name)
            healing.push_async_callback(admin.execute, f"ALTER DATABASE {name} RESET default_transaction_read_only")
            await _end_sessions(admin, name)
        case "42501":
            role = await owner.fetchval("SELECT 'modelbox_service_' || oid FROM pg_database WHERE datname = $1", name)
            await owner.execute(f"REVOKE INSERT ON modelbox.events FROM {role}")
            healing.push_async_callback(owner.execute, f"GRANT INSERT ON modelbox.events TO {role}")
        case "42883":
            for number, (function, arguments) in enumerate(await _append_functions(owner)):
                gone = f"gone_for_test_{number}"
                await owner.execute(f"ALTER FUNCTION modelbox.{function}({arguments}) RENAME TO {gone}")
                heal = f"ALTER FUNCTION modelbox.{gone}({arguments}) RENAME TO {function}"
                healing.push_async_callback(owner.execute, heal)
        case "28000":
            await admin.execute(f"ALTER ROLE {LOGIN} NOLOGIN")
            healing.push_async_callback(admin.execute, f"ALTER ROLE {LOGIN} LOGIN")
            await _end_sessions(admin, name)
        case "3D000":
            await _rename(admin, name, f"{name}_gone")
            healing.push_async_callback(_rename, admin, f"{name}_gone", name)
        case _:
            await raise_for_streams(owner, sqlstate)
            healing.push_async_callback(owner.execute, "DROP TRIGGER refuse_for_test ON modelbox.streams")


async def _append_functions(owner: asyncpg.Connection) -> list[tuple[str, str]]:
    rows = await owner.fetch(
        "SELECT proname, pg_get_function_identity_arguments(oid) AS arguments FROM pg_proc"
        " WHERE pronamespace = 'modelbox'::regnamespace AND proname LIKE 'append%'"
    )
    return [(row["proname"], row["arguments"]) for row in rows]


async def _rename(admin: asyncpg.Connection, name: str, other: str) -> None:
    """Rename a database that processes connect to again and again: it must be closed for a moment."""
    await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    await _end_sessions(admin, name)
    await admin.execute(f"ALTER DATABASE {name} RENAME TO {other}")
    await admin.execute(f"ALTER DATABASE {other} ALLOW_CONNECTIONS true")


async def _end_sessions(admin: asyncpg.Connection, database: str) -> None:
    await admin.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()",
        database,
    )
