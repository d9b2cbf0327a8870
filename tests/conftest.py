"""Real servers for the tests: one Postgres a session, a database of its own for each test."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from modelbox_events import Log
from modelbox_gateway.embedded.postgres import EmbeddedPostgres
from modelbox_gateway.sections import S3Settings
from tests.databases import Template, fresh_database, make_template
from tests.integration.s3_server import S3Server, running_s3

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # a folder of an own name below it
DATABASES_BYTES_MAX = 4 * 1024**3
"""What the databases and write-ahead logs of a run take in all, in bytes, generously."""
OID = 1_000_000
"""Of the first template's clones, far above those that Postgres gives to what the tests make."""


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
def template(postgres_server: EmbeddedPostgres) -> Template:
    """A database to clone from, with the tables of all components."""
    return asyncio.run(make_template(postgres_server, "modelbox_template", oid=OID, views=True))


@pytest.fixture(scope="session")
def other_template(postgres_server: EmbeddedPostgres) -> Template:
    """Another one."""
    return asyncio.run(make_template(postgres_server, "modelbox_other_template", oid=OID + 1, views=True))


@pytest.fixture(scope="session")
def log_template(postgres_server: EmbeddedPostgres) -> Template:
    """One with the log's tables alone."""
    return asyncio.run(make_template(postgres_server, "modelbox_log_template", oid=OID + 2, views=False))


@pytest.fixture
async def dsn(template: Template) -> AsyncIterator[str]:
    """A fresh database in which everything is there that a server makes at its start; dropped afterwards."""
    async with fresh_database(template) as fresh:
        yield fresh


@pytest.fixture
async def other_dsn(other_template: Template) -> AsyncIterator[str]:
    """Another one, with another log."""
    async with fresh_database(other_template) as fresh:
        yield fresh


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
