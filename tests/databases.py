"""Databases for the tests: clones of a template that has every table already, each with a log of its own.

The role that the service works as has the database's oid in its name, and owns what the service fills. So every clone
is made under the oid that its template was filled under: role, owners and rights are right from its first moment, which
spares each test what a server does at its start. There is one clone of a template at a time.
"""

import contextlib
import uuid
from collections.abc import AsyncIterator
from typing import Final, NamedTuple

import asyncpg

from modelbox_events import migrate
from modelbox_gateway.embedded.postgres import DATABASE, EmbeddedPostgres
from modelbox_gateway.members import prepare_members
from modelbox_projections import prepare

_BEGIN_LOG: Final = """
UPDATE modelbox.log_head SET log_id = fresh.id, genesis = fresh.id, hash = sha256(uuid_send(fresh.id))
FROM (SELECT gen_random_uuid() AS id) AS fresh;
UPDATE modelbox.epochs SET log_id = log_head.log_id FROM modelbox.log_head;
"""
_OF_OID: Final = "SELECT datname FROM pg_database WHERE oid = $1"


class Template(NamedTuple):
    """A database to clone, and what the clones have in common with the one it was filled as."""

    server: EmbeddedPostgres
    name: str
    oid: int

    @property
    def role(self) -> str:
        """The role of the service in the clones."""
        return f"modelbox_service_{self.oid}"


def dsn_of(server: EmbeddedPostgres, database: str) -> str:
    """Return the dsn of another database on the same server."""
    return server.dsn.replace(f"/{DATABASE}?", f"/{database}?")


async def make_template(server: EmbeddedPostgres, name: str, *, oid: int, views: bool) -> Template:
    """Make a migrated template; with `views`, all components' tables are there, else those of the log alone."""
    draft = f"{name}_draft"
    admin = await asyncpg.connect(server.dsn)
    await admin.execute(f"CREATE DATABASE {draft} OID {oid}")
    dsn = dsn_of(server, draft)
    await migrate(dsn)
    if views:
        await prepare(dsn)
        await prepare_members(dsn)
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {draft}")
    await admin.execute(f"DROP DATABASE {draft}")
    await admin.close()
    return Template(server, name, oid)


@contextlib.asynccontextmanager
async def fresh_database(template: Template) -> AsyncIterator[str]:
    """Make a clone with a log id of its own; give its dsn; drop it afterwards."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    admin = await asyncpg.connect(template.server.dsn)
    for left in await admin.fetch(_OF_OID, template.oid):  # by a test that did not come to its end
        await admin.execute(f"DROP DATABASE {left['datname']} WITH (FORCE)")
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template.name} OID {template.oid}")
    await admin.execute(f"GRANT CREATE ON DATABASE {name} TO {template.role}")
    fresh = dsn_of(template.server, name)
    connection = await asyncpg.connect(fresh)
    await connection.execute(_BEGIN_LOG)
    await connection.close()
    yield fresh
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()
