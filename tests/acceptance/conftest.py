"""What the acceptance tests share: servers as processes of their own."""

import asyncio
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from modelbox_gateway.embedded.postgres import EmbeddedPostgres
from tests.acceptance.databases import execute
from tests.acceptance.server_process import ServerProcess


@pytest.fixture(scope="session")
def short_folder() -> Iterator[Callable[[str], Path]]:
    """Make folders that an account without rights may enter: embedded Postgres runs under one when we are root.

    They are not below pytest's folder, which another run of pytest closes to all accounts but one.
    """
    with tempfile.TemporaryDirectory(prefix="modelbox-test-") as name:
        above = Path(name)
        above.chmod(0o755)

        def make(name: str) -> Path:
            folder = Path(tempfile.mkdtemp(prefix=name, dir=above))
            folder.chmod(0o755)
            return folder

        yield make


@pytest.fixture
def server(short_folder: Callable[[str], Path]) -> Iterator[ServerProcess]:
    """A server that is not started yet."""
    process = ServerProcess(short_folder("server"))
    yield process
    process.close()


@pytest.fixture(scope="module")
def running(short_folder: Callable[[str], Path]) -> Iterator[ServerProcess]:
    """A running server that the tests of a module share."""
    process = ServerProcess(short_folder("running"))
    process.start()
    yield process
    process.close()


@pytest.fixture(scope="module")
def postgres_of_module(short_folder: Callable[[str], Path]) -> Iterator[EmbeddedPostgres]:
    """A Postgres of nobody else: the tests of a module may change its settings."""
    server = EmbeddedPostgres(short_folder("postgres"))
    with asyncio.Runner() as runner:
        runner.run(server.start())
        yield server
        runner.run(server.stop())


@pytest.fixture
def dsn(postgres_of_module: EmbeddedPostgres) -> str:
    """An empty database."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    asyncio.run(execute(postgres_of_module.dsn, f"CREATE DATABASE {name}"))
    return postgres_of_module.dsn.replace("/modelbox?", f"/{name}?")
