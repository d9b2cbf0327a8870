"""Real servers for the tests: one Postgres and one nats-server a session, a database of its own for each test."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from modelbox_events import Log, migrate
from modelbox_gateway.embedded.nats import EmbeddedNats
from modelbox_gateway.embedded.postgres import DATABASE, EmbeddedPostgres

TEMPLATE = "modelbox_template"


def dsn_of(server: EmbeddedPostgres, database: str) -> str:
    """Return the dsn of another database on the same server."""
    return server.dsn.replace(f"/{DATABASE}?", f"/{database}?")


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A running Postgres."""
    server = EmbeddedPostgres(_short_folder(tmp_path_factory, "pg"))
    with asyncio.Runner() as runner:
        runner.run(server.start())
        yield server
        runner.run(server.stop())


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedNats]:
    """A running nats-server with JetStream."""
    server = EmbeddedNats(_short_folder(tmp_path_factory, "nats"))
    with asyncio.Runner() as runner:
        runner.run(server.start())
        yield server
        runner.run(server.stop())


@pytest.fixture
def nats_url(nats_server: EmbeddedNats) -> str:
    """Where the session's nats-server is; each log has a feed of its own there."""
    return nats_server.url


@pytest.fixture(scope="session")
def template_database(postgres_server: EmbeddedPostgres) -> str:
    """A migrated database to clone from."""

    async def create() -> None:
        connection = await asyncpg.connect(postgres_server.dsn)
        await connection.execute(f"CREATE DATABASE {TEMPLATE}")
        await connection.close()
        await migrate(dsn_of(postgres_server, TEMPLATE))

    asyncio.run(create())
    return TEMPLATE


@pytest.fixture
async def dsn(postgres_server: EmbeddedPostgres, template_database: str) -> AsyncIterator[str]:
    """A fresh, migrated database with a log id of its own; dropped afterwards."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    admin = await asyncpg.connect(postgres_server.dsn)
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template_database}")
    await admin.execute(f"GRANT CREATE ON DATABASE {name} TO modelbox_service")
    fresh = dsn_of(postgres_server, name)
    connection = await asyncpg.connect(fresh)
    await connection.execute("UPDATE modelbox.log_head SET log_id = $1, hash = sha256(uuid_send($1))", uuid.uuid4())
    await connection.close()
    yield fresh
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@pytest.fixture
async def log(dsn: str) -> AsyncIterator[Log]:
    """An open log on a fresh database."""
    opened = await Log.open(dsn)
    yield opened
    await opened.close()


def _short_folder(factory: pytest.TempPathFactory, name: str) -> Path:
    folder = factory.mktemp(name)
    # pytest's folders are private; Postgres runs under another account when the tests run as root.
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)
    return folder
