"""What is told of what waits: each trouble once, in the same words, and by `client sync` with its exit code."""

import logging
from pathlib import Path

import pytest

from modelbox import ModelBox
from tests.integration.cli_calls import run
from tests.integration.journal_support import left, train, trained
from tests.integration.sdk_server import SdkServer, wait_until

NEW_RUN = "0190c0de-0000-4000-8000-000000000002"

_CREATING = """
created = client.new_experiment("digits").new_run(id=run.id, source=False, heartbeat=False)
journaled(0)
while client._session._courier._backlog.in_file.records < 2:
    threading.Event().wait(0.01)
ready()
"""


@pytest.fixture(autouse=True)
def journal_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "journal"
    monkeypatch.setenv("MODELBOX_JOURNAL_DIR", str(folder))
    return folder


def test_an_outage_is_warned_about_once_however_much_waits_from_earlier(
    sdk_server: SdkServer, client: ModelBox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    done = client.start_run("done", source=False, heartbeat=False)
    client.flush()
    sdk_server.stop()
    for _ in range(3):
        trained("log(range(3))\n", sdk_server.address, done.id)
    caplog.clear()
    with caplog.at_level(logging.WARNING), ModelBox(sdk_server.address) as later:
        # Both that send, what is logged and the files, find out that the server is away.
        Path(tmp_path / "notes.txt").write_text("notes")
        later.object(done.id).log_artifact(tmp_path / "notes.txt")
        later.object(done.id).log_metrics({"loss": 0.1}, step=9)
        for courier in (later._session._courier, later._session._files):
            wait_until(lambda courier=courier: courier._reachability.trouble is not None)  # type: ignore[misc]
        wait_until(lambda: "waits for the server" in caplog.text)
        told = [record.getMessage() for record in caplog.records]
    why = f"server_addr: no answer from {sdk_server.address} (connection refused); does the server run there?"
    assert told == [f"what is logged waits for the server and is sent again: {why}"]


def test_sync_ends_with_1_while_anything_waits_for_a_running_program(
    sdk_server: SdkServer, client: ModelBox, journal_folder: Path
) -> None:
    """What an ended program logged on a run that a running one has still to create."""
    client.flush()
    sdk_server.stop()
    with train(_CREATING, sdk_server.address, NEW_RUN) as creating:
        assert creating.stdout is not None
        assert creating.stdout.readline() == b"ready\n"
        trained("log(range(3))\n", sdk_server.address, NEW_RUN)
        creating.send_signal(19)  # SIGSTOP: it runs, and does not send yet
        sdk_server.start()
        result = run("sync", "--server-addr", sdk_server.address, code=1)
        assert "3 metric points still wait in their journals: waits: " in result.stderr
        creating.kill()
    run("sync", "--server-addr", sdk_server.address)
    assert left(journal_folder) == []
    with ModelBox(sdk_server.address) as reader:
        assert len(reader.run(NEW_RUN).metrics("loss")["loss"]) == 3


def test_sync_says_once_why_all_journals_wait(sdk_server: SdkServer, client: ModelBox) -> None:
    done = client.start_run("done", source=False, heartbeat=False)
    client.flush()
    sdk_server.stop()
    for _ in range(3):
        trained("log(range(3))\n", sdk_server.address, done.id)
    result = run("sync", "--server-addr", sdk_server.address, code=3)
    assert result.stderr.count("connection refused") == 2, "by a warning, and by the error"
