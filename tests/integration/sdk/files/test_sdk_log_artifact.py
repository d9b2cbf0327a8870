"""Files logged in the background: held as they were, sent when the server is there; what fails says what it did not."""

import shutil
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest

from modelbox import FlushTimeoutError, ModelBox, UnavailableError
from modelbox.delivery import copies
from tests.integration.journal_support import left, sync, trained
from tests.integration.sdk_server import SdkServer

_AWAY_S = 0.5


@pytest.fixture(autouse=True)
def journal_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "journal"
    monkeypatch.setenv("MODELBOX_JOURNAL_DIR", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


def test_a_file_logged_while_the_server_is_away_arrives_as_it_was_then(
    sdk_server: SdkServer, tmp_path: Path, journal_folder: Path
) -> None:
    sdk_server.stop()
    with ModelBox(sdk_server.address) as client:
        run = client.start_run("away", source=False, heartbeat=False)
        checkpoint = run.new_checkpoint(1)
        began = monotonic()
        Path("out").mkdir()
        for name in ("model.joblib", "out/a.txt", "out/b.txt"):
            Path(name).write_text(f"first {name}")
        run.log_artifact("model.joblib")
        run.log_artifact(Path("out"), "reports")
        run.log_artifact(Path("out").absolute())
        checkpoint.log_artifact("model.joblib", artifact_path="weights")
        Path("model.joblib").write_text("second")  # in place, as joblib.dump does
        shutil.rmtree("out")
        assert monotonic() - began < _AWAY_S
        sdk_server.start()
        client.flush()
        assert sorted(one.path for one in run.artifacts()) == [
            *("model.joblib", "out/a.txt", "out/b.txt", "reports/a.txt", "reports/b.txt")
        ]
        [place] = run.download_artifacts(tmp_path / "down", path="model.joblib")
        assert place.read_text() == "first model.joblib"
        assert [one.path for one in checkpoint.artifacts()] == ["weights/model.joblib"]
    assert list(journal_folder.glob(".modelbox-held-*")) == []


def test_the_files_of_a_program_that_ended_are_sent_by_sync(
    sdk_server: SdkServer, client: ModelBox, journal_folder: Path, tmp_path: Path
) -> None:
    run = client.start_run("away", source=False, heartbeat=False)
    client.flush()
    sdk_server.stop()
    Path("model.joblib").write_text("weights")
    assert trained('run.log_artifact("model.joblib")\n', sdk_server.address, run.id) == 0
    Path("model.joblib").unlink()
    sdk_server.start()
    sync(sdk_server.address)
    [place] = run.download_artifacts(tmp_path / "down")
    assert place.read_text() == "weights"
    assert (left(journal_folder), list(journal_folder.glob(".modelbox-held-*"))) == ([], [])


def test_what_was_logged_is_shown_and_promoted_without_a_flush(client: ModelBox) -> None:
    checkpoint = client.start_run("there", source=False).new_checkpoint(1)
    Path("model.joblib").write_text("weights")
    for text in ("first", "second"):
        Path("model.joblib").write_text(text)
        checkpoint.log_artifact("model.joblib")
    version = checkpoint.promote(client.new_model("m"))
    assert [one.path for one in checkpoint.artifacts()] == ["model.joblib", "model.joblib"]
    [place] = version.download_artifacts("down")
    assert place.read_text() == "second"


@pytest.mark.parametrize("path", ["missing.joblib", "empty", 7, ["a", "b"], "bad\nname"])
def test_a_path_that_cannot_be_logged_is_warned_about_and_counted(
    client: ModelBox, path: object, caplog: pytest.LogCaptureFixture
) -> None:
    Path("empty").mkdir()
    Path("bad\nname").write_text("x")
    run = client.start_run("odd", source=False)
    run.log_artifact(path)  # type: ignore[arg-type]  # what a training may give by mistake
    assert "a file that cannot be logged: told once" in caplog.text
    assert client.flush().left_out == 1
    assert run.artifacts() == []


def test_a_file_that_finds_no_room_is_warned_about_and_counted(
    client: ModelBox, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, journal_folder: Path
) -> None:
    monkeypatch.setattr(copies, "HELD_FREE_BYTES_MIN", 2**60)
    Path("model.joblib").write_text("weights")
    client.start_run("full", source=False).log_artifact("model.joblib")
    assert f"a copy of 7 bytes in {journal_folder} would leave less than" in caplog.text
    assert client.delivery().left_out == 1
    assert list(journal_folder.glob(".modelbox-held-*")) == []


def test_without_background_a_file_is_there_or_an_error_says_why(sdk_server: SdkServer, client: ModelBox) -> None:
    run = client.start_run("at once", source=False)
    client.flush()
    Path("model.joblib").write_text("weights")
    with ModelBox(sdk_server.address, background=False) as strict:
        strict.object(run.id).log_artifact("model.joblib")
        assert [one.path for one in strict.object(run.id).artifacts()] == ["model.joblib"]
        with pytest.raises(ValueError, match=r"missing\.joblib"):
            strict.object(run.id).log_artifact("missing.joblib")


def test_what_cannot_be_done_without_the_server_says_what_was_not_done(sdk_server: SdkServer) -> None:
    sdk_server.stop()
    Path("model.joblib").write_text("weights")
    with ModelBox(sdk_server.address, timeout_s=_AWAY_S) as client:
        run = client.start_run("away", source=False, heartbeat=False)
        checkpoint = run.new_checkpoint(1)
        calls: dict[str, Callable[[], object]] = {
            "the file was not uploaded: .*use log_artifact": lambda: run.upload_artifact("model.joblib"),
            "the file was not uploaded": lambda: checkpoint.upload_artifact("model.joblib"),
            "object not changed: .*make the call again": lambda: run.update(labels={"a": "b"}),
            "model not created: .*make the call again": lambda: client.new_model("m"),
            "checkpoint not promoted: ": lambda: checkpoint.promote(run.id),
            "nothing was read: .*read again": run.metrics,
        }
        for what, call in calls.items():
            with pytest.raises(UnavailableError, match=what) as away:
                call()
            assert sdk_server.address in str(away.value)
            assert not isinstance(away.value, FlushTimeoutError)
            assert "kept and still sent" not in str(away.value)
