"""Accounts and databases of their own in one Postgres cluster, as operators give them to several ModelBoxes."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

import asyncpg

from modelbox_events import Database, migrate
from modelbox_gateway.embedded.postgres import SUPERUSER, EmbeddedPostgres
from modelbox_gateway.members import prepare_members
from modelbox_projections import prepare
from tests.conftest import open_folder
from tests.databases import dsn_of

_OPEN: Final = "local all all trust\n"


class Account(NamedTuple):
    """An account that is no superuser, its database, and where to connect with it."""

    name: str
    dsn: str

    def at(self, database: str) -> str:
        """Return where to connect to another database with this account."""
        return self.dsn.replace(f"/{self.name}?", f"/{database}?")


@contextmanager
def open_cluster() -> Iterator[EmbeddedPostgres]:
    """A Postgres that every account may connect to."""
    with open_folder() as folder, asyncio.Runner() as runner:
        server = EmbeddedPostgres(folder)
        runner.run(server.start())
        rules = folder / "data/pg_hba.conf"
        rules.write_text(_OPEN + rules.read_text())
        runner.run(execute(server.dsn, "SELECT pg_reload_conf()"))
        yield server
        runner.run(server.stop())


async def new_account(cluster: EmbeddedPostgres, name: str, *, options: str = "CREATEROLE") -> Account:
    """Create an account and a database that it owns, both of this name."""
    await execute(cluster.dsn, f"CREATE ROLE {name} LOGIN {options}", f"CREATE DATABASE {name} OWNER {name}")
    return Account(name, dsn_of(cluster, name).replace(f"{SUPERUSER}@", f"{name}@"))


async def bring_up(dsn: str) -> str:
    """Do what every start of a server does to its database, and return the service's role there."""
    await migrate(dsn)
    await prepare(dsn)
    await prepare_members(dsn)
    database = await Database.connect(dsn, pool_size=1)
    await database.close()
    return database.role


async def execute(dsn: str, *statements: str) -> None:
    """Run statements, one after the other."""
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def rights(dsn: str) -> dict[str, tuple[str, list[str]]]:
    """Return the owner and the rights of each schema, table and function of ModelBox, ours as `service`."""
    connection = await asyncpg.connect(dsn)
    try:
        role = await connection.fetchval(
            "SELECT 'modelbox_service_' || oid FROM pg_database WHERE datname = current_database()"
        )
        rows = await connection.fetch("""
            WITH held AS (
                SELECT 'schema ' || nspname AS what, nspowner AS owner, nspacl AS rights, nspname FROM pg_namespace
                UNION ALL
                SELECT 'table ' || c.oid::regclass, relowner, coalesce(relacl, acldefault('r', relowner)), nspname
                FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace WHERE relkind IN ('r', 'p', 'v')
                UNION ALL
                SELECT 'column ' || attrelid::regclass || '.' || attname, relowner, attacl, nspname
                FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid JOIN pg_namespace AS n ON n.oid = relnamespace
                WHERE attacl IS NOT NULL AND attacl <> '{}'
                UNION ALL
                SELECT 'function ' || p.oid::regprocedure, proowner,
                       coalesce(proacl, acldefault('f', proowner)), nspname
                FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = pronamespace
            )
            SELECT what, pg_get_userbyid(owner), coalesce(rights::text, '')
            FROM held WHERE nspname LIKE 'modelbox%' OR nspname LIKE 'view\\_%'""")
    finally:
        await connection.close()
    account = dsn.split("//")[1].split("@", maxsplit=1)[0]
    return {
        what: (_neutral(owner, role, account), sorted(_neutral(held.strip("{}"), role, account).split(",")))
        for what, owner, held in rows
    }


def _neutral(text: str, role: str, account: str) -> str:
    return text.replace(role, "service").replace(account, "account")
