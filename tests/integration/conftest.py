"""A server and a client for the tests of the SDK and the CLI."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from modelbox import Model, ModelBox
from modelbox_gateway.sections import S3Settings
from tests.conftest import open_folder
from tests.integration.s3_server import S3Server, running_s3
from tests.integration.sdk_server import SdkServer


@pytest.fixture
def sdk_server(dsn: str, tmp_path: Path) -> Iterator[SdkServer]:
    """A running server on a fresh log."""
    server = SdkServer(dsn, tmp_path / "blobs")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def client(sdk_server: SdkServer) -> Iterator[ModelBox]:
    """A client of it."""
    with ModelBox(sdk_server.address) as client:
        yield client


@pytest.fixture
def cli_server(client: ModelBox, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The server that commands find, silent: it runs in this process, where its log would mix with what they print."""
    monkeypatch.setenv("MODELBOX_API_ADDR", client.address)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


@pytest.fixture
def model(client: ModelBox) -> Model:
    """A model on it."""
    return client.new_model("digits", owner="me@example.org", namespace="demo")


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """A running S3 service."""
    with open_folder() as folder, running_s3(folder) as server:
        yield server


@pytest.fixture
def bucket(s3_server: S3Server) -> S3Settings:
    """An empty bucket on it."""
    return s3_server.new_bucket()
