"""Brings the projections' own tables into being."""

from modelbox_events import Database, migrate
from modelbox_events.component import Component
from modelbox_events.database import AnyConnection
from modelbox_projections.catalog import PROJECTIONS, Catalog
from modelbox_projections.generations import create_generation
from modelbox_projections.projection import Projection
from modelbox_projections.sql import STATEMENTS
from modelbox_projections.state import ProjectionState, Role, load_states


async def prepare(dsn: str, *, catalog: Catalog = PROJECTIONS) -> None:
    """Apply this component's migrations, and create the first generation of every projection that has none.

    Tables that an earlier version filled are made readable for this one, which rebuilds them in its own time.

    Running it again, or from several processes at once, changes nothing more. The log's migrations come first.

    Raises:
        MigrationError: The database is ahead of this version.
        LogUnavailableError: Postgres does not answer.
    """
    await migrate(dsn, Component("projections", "modelbox_projections"))
    database = await Database.connect(dsn, pool_size=1)
    try:
        async with database.acquire() as connection, connection.transaction():
            await connection.execute(STATEMENTS["lock_preparing"])
            active = {state.name: state for state in await load_states(connection) if state.role is Role.ACTIVE}
            for name, projection in catalog.items():
                if name not in active:
                    await create_generation(connection, projection, Role.ACTIVE)
                elif "bridge" in projection.statements:
                    await _bridge(connection, projection, active[name])
    finally:
        await database.close()


async def _bridge(connection: AnyConnection, projection: Projection, active: ProjectionState) -> None:
    """Let readers of this version read what an earlier one filled, if it lacks what they read."""
    if await connection.fetch(STATEMENTS["lacking_relations"], list(projection.relations)):
        await connection.execute(STATEMENTS["use_schema"], active.schema)
        await connection.execute(projection.statements["bridge"])
