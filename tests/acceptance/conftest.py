"""What the acceptance tests share: servers as processes of their own."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

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
