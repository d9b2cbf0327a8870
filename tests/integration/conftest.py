"""A server and a client for the tests of the SDK and the CLI."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from modelbox import Model, ModelBox
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
