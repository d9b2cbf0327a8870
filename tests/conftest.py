"""Real servers for the tests: one Postgres a session, a database of its own for each test."""

import asyncio
import contextlib
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from modelbox_events import Log, migrate
from modelbox_events.database import service_role
from modelbox_gateway.embedded.postgres import DATABASE, EmbeddedPostgres
from modelbox_gateway.sections import S3Settings
from tests.integration.s3_server import S3Server, running_s3

TEMPLATE = "modelbox_template"
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # a folder of an own name below it
DATABASES_BYTES_MAX = 4 * 1024**3
"""What the databases and write-ahead logs of a run take in all, in bytes, generously."""


def dsn_of(server: EmbeddedPostgres, database: str) -> str:
    """Return the dsn of another database on the same server."""
    return server.dsn.replace(f"/{DATABASE}?", f"/{database}?")


@pytest.fixture(autouse=True)
def journal_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of the clients' journals: of each test its own."""
    folder = tmp_path / "journals"
    monkeypatch.setenv("MODELBOX_JOURNAL_DIR", str(folder))
    return folder


@pytest.fixture(autouse=True)
def cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of the clients' downloaded files: of each test its own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("MODELBOX_CACHE_DIR", str(folder))
    return folder


@pytest.fixture(autouse=True)
def no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """No run keeps what is not committed: the tests must not depend on what this repository has uncommitted."""
    monkeypatch.setenv("MODELBOX_SOURCE_DIFF", "off")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[EmbeddedPostgres]:
    """A running Postgres, in memory where there is plenty: a database a test is much to write to a disk."""
    with open_folder(below=_in_memory()) as folder, asyncio.Runner() as runner:
        server = EmbeddedPostgres(folder)
        runner.run(server.start())
        yield server
        runner.run(server.stop())


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
    async with fresh_database(postgres_server, template_database) as fresh:
        yield fresh


@pytest.fixture
async def other_dsn(postgres_server: EmbeddedPostgres, template_database: str) -> AsyncIterator[str]:
    """Another one, with another log."""
    async with fresh_database(postgres_server, template_database) as fresh:
        yield fresh


@contextlib.asynccontextmanager
async def fresh_database(postgres_server: EmbeddedPostgres, template_database: str) -> AsyncIterator[str]:
    """Make a fresh, migrated database with a log id of its own; give its dsn; drop it afterwards."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    admin = await asyncpg.connect(postgres_server.dsn)
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template_database}")
    fresh = dsn_of(postgres_server, name)
    await migrate(fresh)  # each database has a role of its own
    connection = await asyncpg.connect(fresh)
    await connection.execute(
        "UPDATE modelbox.log_head SET log_id = $1, genesis = $1, hash = sha256(uuid_send($1))", uuid.uuid4()
    )
    await connection.execute("UPDATE modelbox.epochs SET log_id = log_head.log_id FROM modelbox.log_head")
    await connection.close()
    yield fresh
    role = await service_role(fresh)
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.execute(f"DROP ROLE {role}")
    await admin.close()


@pytest.fixture
async def log(dsn: str) -> AsyncIterator[Log]:
    """An open log on a fresh database."""
    opened = await Log.open(dsn)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """A running S3 service."""
    with open_folder() as folder, running_s3(folder) as server:
        yield server


@pytest.fixture
def bucket(s3_server: S3Server) -> S3Settings:
    """An empty bucket on it."""
    return s3_server.new_bucket()


def _in_memory() -> Path | None:
    """Return a folder that the system keeps in memory, if half of it stays free with all that the tests write."""
    if not SHARED_MEMORY.is_dir():
        return None
    found = shutil.disk_usage(SHARED_MEMORY)
    return SHARED_MEMORY if found.free - DATABASES_BYTES_MAX >= found.total // 2 else None


@contextlib.contextmanager
def open_folder(*, below: Path | None = None) -> Iterator[Path]:
    """A folder that other accounts may enter: where root runs the tests, Postgres has an account of its own.

    It is not below pytest's folder, which another run of pytest closes to all accounts but one.
    """
    with tempfile.TemporaryDirectory(prefix="modelbox-test-", dir=below) as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
