"""The role that the service works as: one for each database, so that no ModelBox acts in the log of another.

Roles belong to a whole cluster of databases, hence the database's oid in the name: a copy of the database, or a dump
that is restored beside it, gets a role of its own. What the service may do is said once, in each component's
`grants.sql`, and put right at every start: a dump loses roles, owners and grants, or brings those of another database.
"""

import re
from typing import Final

import asyncpg
import structlog

from modelbox_events.errors import DatabaseRightsError
from modelbox_events.sql import STATEMENTS

SHARED_ROLE: Final = "modelbox_service"
"""What SQL files call the role; earlier versions had one of this name for all databases of a cluster."""

_SET_PRIVILEGE_SINCE: Final = 16  # before, every member of a role may act as it
_log = structlog.get_logger()


def named(sql: str, role: str) -> str:
    """Return the SQL of a file with the role's name in this database."""
    return re.sub(rf"\b{SHARED_ROLE}\b", role, sql)


async def refuse_if_owned_by_others(connection: asyncpg.Connection) -> None:
    """Check that this account may do all with what is ModelBox's here.

    Raises:
        DatabaseRightsError: Something belongs to another account, as after a restore by an administrator; the error
            holds the SQL that gives it to this one.
    """
    if foreign := [statement for (statement,) in await connection.fetch(STATEMENTS["foreign_owners"])]:
        raise DatabaseRightsError("what is ModelBox's in this database belongs to another account", foreign)


async def ensure_role(connection: asyncpg.Connection) -> str:
    """Create the service's role where it is missing, see that this account may act as it, and return its name.

    Raises:
        DatabaseRightsError: The account may not; the error holds the SQL for an administrator.
    """
    [(role, found, creates, database)] = await connection.fetch(STATEMENTS["find_role"])
    account = await connection.fetchval("SELECT format('%I', current_user)")
    grant = f"GRANT {role} TO {account}"
    if not found:
        await _grant(connection, f"CREATE ROLE {role} NOLOGIN", remedy=[f"CREATE ROLE {role} NOLOGIN", grant])
    if not await _may_act_as(connection, role):
        await _grant(connection, grant, remedy=[grant])
    if not creates:
        grant = f"GRANT CREATE ON DATABASE {_quoted(database)} TO {role}"
        await _grant(connection, grant, remedy=[grant])
        [(_, _, creates, _)] = await connection.fetch(STATEMENTS["find_role"])
        if not creates:  # a refusal may be a mere warning
            raise DatabaseRightsError(f"the account does not own the database {database}", [grant])
    if others := await connection.fetch(STATEMENTS["foreign_members"], role):
        names = [name for (name,) in others]
        _log.warning("service_role_has_other_members", role=role, members=names, remedy=f"REVOKE {role} FROM ...")
    return str(role)


async def mend_rights(connection: asyncpg.Connection, role: str, grants: str, *, keep_shared: bool) -> None:
    """Give the service its rights in this database, and take those of other databases' services.

    Args:
        connection: A connection of the account that owns the tables.
        role: The service's role here.
        grants: The text of a component's `grants.sql`.
        keep_shared: Whether processes of earlier versions may still need the shared role's rights.
    """
    async with connection.transaction():
        for (statement,) in await connection.fetch(STATEMENTS["foreign_rights"], role, not keep_shared):
            await connection.execute(statement)
        await connection.execute(named(grants, role))


async def _may_act_as(connection: asyncpg.Connection, role: str) -> bool:
    privilege = "SET" if connection.get_server_version().major >= _SET_PRIVILEGE_SINCE else "MEMBER"
    return bool(await connection.fetchval("SELECT pg_has_role(to_regrole($1), $2)", role, privilege))


async def _grant(connection: asyncpg.Connection, statement: str, *, remedy: list[str]) -> None:
    try:
        await connection.execute(statement)
    except asyncpg.InsufficientPrivilegeError as error:
        raise DatabaseRightsError(first_line(error), remedy) from error


def first_line(error: asyncpg.PostgresError) -> str:
    """Return what Postgres says, without its details."""
    return str(error).partition("\n")[0]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
