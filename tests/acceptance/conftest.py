"""What the acceptance tests share: servers as processes of their own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.server_process import ServerProcess


@pytest.fixture(scope="session")
def short_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Make folders that an account without rights may enter: embedded Postgres runs under one when we are root."""

    def make(name: str) -> Path:
        folder = tmp_path_factory.mktemp(name)
        for parent in (folder, *folder.parents[:2]):
            parent.chmod(0o755)
        return folder

    return make


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
