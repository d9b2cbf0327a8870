"""A Postgres and a nats-server for one benchmark run."""

import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg

from modelbox_events import Log, migrate
from modelbox_gateway.embedded.nats import EmbeddedNats
from modelbox_gateway.embedded.postgres import DATABASE, EmbeddedPostgres


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A folder that Postgres's account can enter too."""
    with tempfile.TemporaryDirectory(prefix="modelbox-bench-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextlib.asynccontextmanager
async def postgres() -> AsyncIterator[EmbeddedPostgres]:
    """A running Postgres."""
    with folder() as path:
        server = EmbeddedPostgres(path / "postgres")
        await server.start()
        try:
            yield server
        finally:
            await server.stop()


@contextlib.asynccontextmanager
async def nats() -> AsyncIterator[EmbeddedNats]:
    """A running nats-server."""
    with folder() as path:
        server = EmbeddedNats(path / "nats")
        await server.start()
        try:
            yield server
        finally:
            await server.stop()


async def fresh_dsn(server: EmbeddedPostgres) -> str:
    """Create a migrated database and return its dsn."""
    name = f"bench_{uuid4().hex[:8]}"
    admin = await asyncpg.connect(server.dsn)
    await admin.execute(f"CREATE DATABASE {name}")
    await admin.close()
    dsn = server.dsn.replace(f"/{DATABASE}?", f"/{name}?")
    await migrate(dsn)
    return dsn


@contextlib.asynccontextmanager
async def fresh_log(server: EmbeddedPostgres) -> AsyncIterator[Log]:
    """An open log in a database of its own."""
    log = await Log.open(await fresh_dsn(server))
    try:
        yield log
    finally:
        await log.close()
