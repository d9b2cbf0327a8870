"""Generations: each fill of a projection's tables has a schema of its own; readers see one of them through SQL views.

The names in these statements are not data: they come from the code of projections, and a name cannot be a parameter.
"""

import hashlib
from typing import Final

import asyncpg
import msgspec
import structlog

from modelbox_events.database import AnyConnection
from modelbox_projections.errors import CursorMovedError, ViewHeldError
from modelbox_projections.projection import Projection
from modelbox_projections.sessions import locks_told
from modelbox_projections.sql import STATEMENTS
from modelbox_projections.state import ProjectionState, Role, state_of

VIEWS_SCHEMA: Final = "modelbox_views"
DIGEST_TIMEOUT_S: Final = 3600.0
_DIGEST_ROWS: Final = 5_000

_log = structlog.get_logger()


class TableDigest(msgspec.Struct, frozen=True):
    """What a table holds: its number of rows, and the SHA-256 (hex) of its rows' digests in order."""

    rows: int
    hash: str


async def create_generation(connection: AnyConnection, projection: Projection, role: Role) -> ProjectionState:
    """Create a generation with empty tables, standing before the first event; an active one is what readers see."""
    async with connection.transaction():
        (row,) = await connection.fetch(STATEMENTS["create_state"], projection.name, role, projection.code_version)
        state = state_of(row)
        await connection.execute(f"CREATE SCHEMA {state.schema}")
        await connection.execute(STATEMENTS["use_schema"], state.schema)
        await connection.execute(projection.statements["tables"])
        if role is Role.ACTIVE:
            await publish(connection, projection, state)
    return state


async def drop_generation(connection: AnyConnection, state: ProjectionState) -> None:
    """Drop a generation that nobody sees or fills any more, if it still has the role that `state` says.

    Raises:
        ViewHeldError: Somebody still reads it; drop it later.
        LogUnavailableError: Postgres does not answer.
    """
    with locks_told():
        async with connection.transaction():
            if await connection.fetchval(STATEMENTS["delete_state"], state.name, state.generation, state.role):
                await connection.execute(f"DROP SCHEMA IF EXISTS {state.schema} CASCADE")


async def drop_if_free(connection: AnyConnection, state: ProjectionState) -> None:
    """Drop a generation as `drop_generation` does; one that a long read still holds is left to the next rebuild."""
    try:
        await drop_generation(connection, state)
    except ViewHeldError as error:
        _log.warning("projection_not_dropped", projection=state.name, generation=state.generation, error=str(error))


async def publish(connection: AnyConnection, projection: Projection, state: ProjectionState) -> None:
    """Have readers see this generation from the end of the caller's transaction on."""
    for relation in projection.relations:
        view = f"{VIEWS_SCHEMA}.{relation}"
        query = f"AS SELECT * FROM {state.schema}.{relation}"  # noqa: S608  # names of our own code
        try:
            async with connection.transaction():
                await connection.execute(f"CREATE OR REPLACE VIEW {view} {query}")
        except asyncpg.InvalidTableDefinitionError:
            # The columns changed with the code version: Postgres replaces only a view of the same shape.
            await connection.execute(f"DROP VIEW {view}")
            await connection.execute(f"CREATE VIEW {view} {query}")


async def swap(
    connection: AnyConnection, projection: Projection, *, old: ProjectionState, new: ProjectionState
) -> ProjectionState:
    """Put the new generation in the old one's place, in the caller's transaction; returns the retired one.

    Raises:
        CursorMovedError: One of them no longer is what its state says; roll back.
    """
    for state, role in ((old, Role.RETIRED), (new, Role.ACTIVE)):
        arguments = (state.name, state.generation, role, state.role, state.position)
        if await connection.fetchval(STATEMENTS["set_role"], *arguments) is None:
            raise CursorMovedError(state.name, position=state.position)
    await publish(connection, projection, new)
    return msgspec.structs.replace(old, role=Role.RETIRED)


async def digests(connection: AnyConnection, projection: Projection, state: ProjectionState) -> dict[str, TableDigest]:
    """Return the content of each of the generation's tables as a digest, in the caller's transaction.

    A row's digest is the SHA-256 of Postgres's binary form of it; ordered by digest, equal content has equal hashes
    whatever the order in which it was written.
    """
    found: dict[str, TableDigest] = {}
    for table in projection.tables:
        rows = 0
        total = hashlib.sha256()
        query = f"SELECT sha256(record_send(row)) FROM {state.schema}.{table} AS row ORDER BY 1"  # noqa: S608
        async for (digest,) in connection.cursor(query, prefetch=_DIGEST_ROWS, timeout=DIGEST_TIMEOUT_S):
            total.update(digest)
            rows += 1
        found[table] = TableDigest(rows, total.hexdigest())
    return found
