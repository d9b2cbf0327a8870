"""A database that was restored or renamed to the name of the one that a process has open is told, with what to do."""

import re
import uuid

import asyncpg
import pytest

from modelbox_events import Log, LogRefusedError, migrate
from modelbox_events.database import service_role
from modelbox_gateway.embedded.postgres import EmbeddedPostgres
from tests.databases import Template
from tests.integration.log_cases import append, stream


async def test_another_database_under_the_same_name_is_told(
    postgres_server: EmbeddedPostgres, template: Template, dsn: str
) -> None:
    """Its rights would be those of another role: "permission denied", which no operator can mend by granting."""
    name = re.findall(r"/(\w+)\?", dsn)[0]
    aside = f"{name}_{uuid.uuid4().hex[:6]}"
    admin = await asyncpg.connect(postgres_server.dsn)
    log = await Log.open(dsn)
    try:
        await _rename(admin, name, aside)
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template.name}")
        await migrate(dsn)
        for work in (log.read_head, lambda: log.append(append(stream()))):
            with pytest.raises(LogRefusedError, match=rf"{name} is another database.*restart the server"):
                await work()
        role = await service_role(dsn)
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.execute(f"DROP ROLE {role}")
        await _rename(admin, aside, name)
        await log.append(append(stream()))
    finally:
        await log.close()
        await admin.close()


async def _rename(admin: asyncpg.Connection, name: str, other: str) -> None:
    await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    await admin.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1", name)
    await admin.execute(f"ALTER DATABASE {name} RENAME TO {other}")
    await admin.execute(f"ALTER DATABASE {other} ALLOW_CONNECTIONS true")
