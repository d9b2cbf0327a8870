"""Commands while the server is away: told at once where nothing listens, and what reports is kept."""

import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from modelbox import ModelBox, UnavailableError
from modelbox.cli.common import EXIT_UNAVAILABLE, REFUSED_TIMEOUT_S, TIMEOUT_S
from modelbox.transport import connection as connection_module
from tests.integration.cli_calls import run
from tests.integration.journal_support import trained
from tests.integration.sdk_server import SdkServer

_LOADED_S = 4.0
"""What a loaded machine may add."""


@pytest.fixture(autouse=True)
def journal_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "journal"
    monkeypatch.setenv("MODELBOX_JOURNAL_DIR", str(folder))
    return folder


@pytest.fixture
def free_address() -> str:
    """Where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return f"127.0.0.1:{found.getsockname()[1]}"


@pytest.fixture
def silent_address() -> Iterator[str]:
    """Where somebody listens and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    "arguments",
    [
        ("runs", "list"),
        ("models", "create", "--name", "m"),
        ("watch",),
        ("artifacts", "upload", "--parent-id", "0190c0de-0000-4000-8000-000000000001", "--path", __file__),
        ("sync",),
    ],
)
def test_a_command_ends_after_two_seconds_where_nothing_listens(
    sdk_server: SdkServer, client: ModelBox, arguments: tuple[str, ...]
) -> None:
    run_id = client.start_run("left", source=False, heartbeat=False).id
    client.flush()
    sdk_server.stop()
    trained("log(range(3))\n", sdk_server.address, run_id)
    began = monotonic()
    result = run(*arguments, "--server-addr", sdk_server.address, code=EXIT_UNAVAILABLE)
    assert monotonic() - began < REFUSED_TIMEOUT_S + _LOADED_S < TIMEOUT_S
    told = f"no answer from {sdk_server.address} (connection refused); does the server run there?"
    assert told in result.stderr
    assert "ipv4" not in result.stderr


def test_a_command_waits_longer_where_somebody_listens(silent_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelbox.cli.common.TIMEOUT_S", REFUSED_TIMEOUT_S + 2)
    began = monotonic()
    run("runs", "list", "--server-addr", silent_address, code=EXIT_UNAVAILABLE)
    assert monotonic() - began > REFUSED_TIMEOUT_S


def test_a_server_that_begins_to_listen_within_two_seconds_is_found(sdk_server: SdkServer, client: ModelBox) -> None:
    client.new_model("m")
    sdk_server.stop()
    timer = threading.Timer(0.5, sdk_server.start)
    timer.start()
    assert "m" in run("models", "list", "--server-addr", sdk_server.address).stdout
    timer.join()


def test_a_program_that_waits_is_told_that_nothing_listens_and_goes_on(
    free_address: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "REFUSED_TELL_S", 0.5)
    with caplog.at_level(logging.WARNING), ModelBox(free_address, timeout_s=3.0) as client:
        for _ in range(2):
            began = monotonic()
            with pytest.raises(UnavailableError) as away:
                client.models()
            assert monotonic() - began > 1.4
            assert away.value.is_refused
    assert caplog.text.count(f"nothing listens at {free_address}; it is tried again for up to 3 s") == 1
