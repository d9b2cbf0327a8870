"""A database as the first landed versions left it, and a process of theirs: one role for all databases of a cluster."""

from hashlib import sha256
from pathlib import Path
from typing import Final

import asyncpg

from modelbox_events.component import Component
from modelbox_projections import PROJECTIONS

FORMER_0001: Final = Path(__file__).parent / "golden/migrations/0001_create_log.sql"
# Each component's migrations, and how many of them those versions had.
_COMPONENTS: Final = {
    "log": ("modelbox_events", 5),
    "projections": ("modelbox_projections", 2),
    "gateway": ("modelbox_gateway.members", 1),
}


async def migrate_as_before(connection: asyncpg.Connection) -> None:
    """Apply the migrations of those versions, with their text and checksums."""
    former = FORMER_0001.read_text(encoding="utf-8")
    await connection.execute("""
        CREATE TABLE public.modelbox_migrations (
            component text NOT NULL, number integer NOT NULL, name text NOT NULL, checksum text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (component, number));
        GRANT SELECT ON public.modelbox_migrations TO PUBLIC""")
    for component, (package, count) in _COMPONENTS.items():
        for migration in Component(component, package).migrations[:count]:
            sql = former if (component, migration.number) == ("log", 1) else migration.sql
            await connection.execute(sql)
            await connection.execute(
                "INSERT INTO public.modelbox_migrations VALUES ($1, $2, $3, $4)",
                component, migration.number, migration.name, sha256(sql.encode()).hexdigest(),
            )  # fmt: skip


async def create_views_as_before(connection: asyncpg.Connection) -> None:
    """Create the views' tables, empty, as the service did: as the shared role."""
    await connection.execute("SET ROLE modelbox_service")
    for projection in PROJECTIONS.values():
        schema = f"view_{projection.name}_v1"
        await connection.execute(
            """INSERT INTO modelbox_views.projection_state
               SELECT $1, 1, 'active', $2, 0, hash, 'running', NULL, NULL, now() FROM modelbox.log_head""",
            projection.name, projection.code_version,
        )  # fmt: skip
        await connection.execute(f"CREATE SCHEMA {schema}")
        await connection.execute(f"SET search_path = {schema}, pg_catalog")
        await connection.execute(projection.statements["tables"])
        for relation in projection.relations:
            await connection.execute(f"CREATE VIEW modelbox_views.{relation} AS SELECT * FROM {schema}.{relation}")
    await connection.execute("RESET ROLE")


async def former_process(dsn: str) -> asyncpg.Connection:
    """Connect as those versions did."""
    settings = {"role": "modelbox_service", "application_name": "modelbox"}
    return await asyncpg.connect(dsn, server_settings=settings)
