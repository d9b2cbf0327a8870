"""Commands while the server is away: told at once where nothing listens, and what reports is kept."""

import logging
import socket
import threading
from collections.abc import Iterator
from functools import partialmethod
from pathlib import Path
from time import monotonic

import pytest

from modelbox import ModelBox, UnavailableError
from modelbox.cli.common import EXIT_UNAVAILABLE, REFUSED_TIMEOUT_S, TIMEOUT_S
from modelbox.journal.folder import JournalFolder
from modelbox.transport import connection as connection_module
from tests.integration.cli_calls import run
from tests.integration.journal_support import trained
from tests.integration.sdk_server import SdkServer, wait_until

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


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands give up at once where nothing listens: how soon they do is tested by itself."""
    monkeypatch.setattr("modelbox.cli.common.REFUSED_TIMEOUT_S", 0.2)


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


RUN_ID = "0190c0de-0000-4000-8000-000000000003"

_REPORTS = {
    "metrics": ("metrics", "log", "loss=0.3", "accuracy=0.9", "--step", "5"),
    "hyperparameters": ("hyperparameters", "log", "lr=0.01"),
    "metadata": ("metadata", "set", "k", "1"),
    "deleted metadata": ("metadata", "delete", "old"),
    "events": ("events", "log", "--name", "deployed"),
}


@pytest.mark.usefixtures("impatient")
def test_what_a_script_reports_while_the_server_is_away_is_kept_and_sent_later(
    sdk_server: SdkServer, client: ModelBox, monkeypatch: pytest.MonkeyPatch, journal_folder: Path
) -> None:
    run_of = client.new_experiment("digits").new_run(id=RUN_ID, source=False, heartbeat=False)
    run_of.update_metadata("old", 1)
    client.flush()
    sdk_server.stop()
    monkeypatch.setenv("MODELBOX_API_ADDR", sdk_server.address)
    for arguments in _REPORTS.values():
        began = monotonic()
        result = run(*arguments, "--run", RUN_ID)
        assert monotonic() - began < REFUSED_TIMEOUT_S + 2 * _LOADED_S
        assert result.stderr.count("\n") == 1, result.stderr
        assert f"wait in {journal_folder}" in result.stderr
        assert "`modelbox client sync` or the next client sends them" in result.stderr
        assert "connection refused" in result.stderr
    sdk_server.start()
    run("sync")
    wait_until(lambda: len(run_of.events()) == 1)
    points = {key: [(point.step, point.value) for point in series] for key, series in run_of.metrics().items()}
    assert points == {"loss": [(5, 0.3)], "accuracy": [(5, 0.9)]}
    assert (run_of.hyperparameters(), run_of.metadata()) == ({"lr": 0.01}, {"k": 1})
    assert [event.name for event in run_of.events()] == ["deployed"]


@pytest.mark.usefixtures("impatient")
def test_objects_whose_ids_are_known_are_named_without_the_server(
    sdk_server: SdkServer, client: ModelBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = client.new_experiment("digits", namespace="vision")
    model = client.new_model("digits", namespace="vision")
    client.flush()
    sdk_server.stop()
    monkeypatch.setenv("MODELBOX_API_ADDR", sdk_server.address)
    run("metadata", "set", "k", "1", "--experiment", "digits", "--namespace", "vision")
    run("metadata", "set", "k", "2", "--model", "digits", "--namespace", "vision")
    for unknown in (("--run", "night"), ("--id", RUN_ID[:8]), ("--model", "digits", "--version", "1")):
        told = run("metadata", "set", "k", "3", *unknown, code=EXIT_UNAVAILABLE).stderr
        assert "nothing is kept: without the server" in told
        assert "--id with the whole id" in told
    sdk_server.start()
    run("sync")
    wait_until(lambda: (experiment.metadata(), model.metadata()) == ({"k": 1}, {"k": 2}))


@pytest.mark.usefixtures("impatient")
def test_a_point_without_a_step_is_kept_and_that_is_told(
    sdk_server: SdkServer, client: ModelBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_of = client.new_experiment("digits").new_run(id=RUN_ID, source=False, heartbeat=False)
    client.flush()
    sdk_server.stop()
    monkeypatch.setenv("MODELBOX_API_ADDR", sdk_server.address)
    told = run("metrics", "log", "loss=0.3", "--id", RUN_ID).stderr
    assert "step 0" in told
    sdk_server.start()
    run("sync")
    wait_until(lambda: [point.step for point in run_of.metrics("loss").get("loss", [])] == [0])


@pytest.mark.usefixtures("impatient")
def test_without_a_journal_what_is_reported_fails_while_the_server_is_away(
    free_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELBOX_JOURNAL", "off")
    told = run("metrics", "log", "loss=0.3", "--step", "1", "--id", RUN_ID, "--server-addr", free_address, code=3)
    assert told.stderr.startswith("Error: server_addr: no answer from")


@pytest.mark.usefixtures("impatient")
def test_what_no_journal_has_room_for_is_told_where_it_is_kept(
    free_address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In the ring, from where the next client takes it; or nowhere, and then the command fails."""
    # The client's end waits for what is in no journal; how long is another matter.
    monkeypatch.setattr(ModelBox, "close", partialmethod(ModelBox.close, timeout_s=1.0))
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MODELBOX_JOURNAL_DIR", str(tmp_path / "file" / "journal"))
    arguments = ("metadata", "set", "k", "1", "--id", RUN_ID, "--server-addr", free_address)
    assert "what no journal had room for is kept in " in run(*arguments).stderr
    monkeypatch.setattr(JournalFolder, "create_ring", lambda _: None)
    assert "what was reported could not be kept either" in run(*arguments, code=EXIT_UNAVAILABLE).stderr
