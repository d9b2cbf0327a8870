"""Files held for the server: sent by whoever comes next, bounded, and let go when nobody can send them any more."""

import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import grpc
import pytest

from modelbox import ModelBox, Run, RunStatus
from modelbox.integrations import keeper as keeper_module
from modelbox.integrations.keeper import UPLOADED_FILES, CheckpointKeeper, Saved
from modelbox.integrations.reporting import Reporter
from modelbox.kinds.model import NewModel
from tests.integration.hostile_server import Forwarder, HostileServer, Said
from tests.integration.journal_support import left, refused, sync, train
from tests.integration.sdk_server import SdkServer, wait_until

_REFUSAL = (grpc.StatusCode.FAILED_PRECONDITION, "OBJECT_DELETED")

END_S_MAX = 4.0
"""How long the end of a training may take while the server is away, however loaded the machine."""

SAVING = """
from pathlib import Path
from modelbox.integrations.keeper import CheckpointKeeper, Saved
training = client.new_experiment("kept").new_run(id=run.id, source=False, heartbeat=False)
keeper = CheckpointKeeper(training, upload=True)
path = Path(sys.argv[3], "step-1.ckpt")
path.write_bytes(b"weights")
keeper.keep(Saved(path=str(path), step=1, metrics={}, metadata={}))
path.unlink()
while client._session._files.delivery().waiting_calls > client._session._files._backlog.in_file.records:
    threading.Event().wait(0.01)
ready()
"""


@pytest.fixture
def run(client: ModelBox) -> Run:
    return client.new_experiment("kept").new_run(source=False, heartbeat=False)


def _saved(folder: Path, step: int = 1) -> Saved:
    path = folder / f"step-{step}.ckpt"
    path.write_bytes(b"weights")
    return Saved(path=str(path), step=step, metrics={"loss": 0.5}, metadata={})


def _leave_behind(server: SdkServer, run: Run, folder: Path) -> None:
    """Have a training killed that could not send its checkpoint."""
    server.stop()
    with train(SAVING, server.address, run.id, str(folder)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGKILL)
        process.wait()


def _held(folder: Path) -> list[Path]:
    return list(folder.glob(".modelbox-held-*"))


def _is_whole(run: Run) -> Callable[[], bool]:
    return lambda: [one.metadata().get(UPLOADED_FILES) for one in run.checkpoints()] == [1]


def test_the_next_client_sends_what_a_killed_training_held_though_it_uploads_nothing_itself(
    sdk_server: SdkServer, run: Run, tmp_path: Path, journal_folder: Path
) -> None:
    _leave_behind(sdk_server, run, tmp_path)
    assert len(_held(tmp_path)) == 1
    assert sum(journal.calls for journal in left(journal_folder) if journal.path.suffix == ".files") == 1
    sdk_server.start()
    with ModelBox(sdk_server.address) as later:
        later.object(run.id).log_metrics({"loss": 0.1}, step=1)
        wait_until(_is_whole(run), timeout_s=60)
    assert (_held(tmp_path), left(journal_folder)) == ([], [])


def test_what_a_journal_names_stays_and_what_none_names_goes_with_its_process(
    sdk_server: SdkServer, run: Run, tmp_path: Path, journal_folder: Path
) -> None:
    """Also where a later training knows the folder by another path."""
    _leave_behind(sdk_server, run, tmp_path)
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    with ModelBox(sdk_server.address) as client:
        other = client.new_experiment("other").new_run(source=False, heartbeat=False)
        CheckpointKeeper(other, upload=True).keep(_saved(link, 2))
        assert len(_held(tmp_path)) == 2
    shutil.rmtree(journal_folder)
    with ModelBox(sdk_server.address) as client:
        other = client.new_experiment("other").new_run(source=False, heartbeat=False)
        CheckpointKeeper(other, upload=True).keep(_saved(tmp_path, 3))
        # The one before it is of this process, which might still send it.
        assert [path for path in _held(tmp_path) if run.id in path.name] == []
    sdk_server.start()
    sync(sdk_server.address)
    wait_until(lambda: sum(1 for path in _held(tmp_path) if other.id in path.name) == 0)


def test_without_a_journal_what_waits_is_let_go_at_the_end_and_told(
    sdk_server: SdkServer, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MODELBOX_JOURNAL", "off")
    client = ModelBox(sdk_server.address)
    again = client.run(run.id)
    sdk_server.stop()
    CheckpointKeeper(again, upload=True).keep(_saved(tmp_path))
    assert len(_held(tmp_path)) == 1
    client.close(timeout_s=1.0)
    assert _held(tmp_path) == []
    assert "1 calls were not delivered" in caplog.text


def test_what_is_refused_stays_held_until_it_is_dropped(
    sdk_server: SdkServer, run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    forwarder = Forwarder(sdk_server.address, lambda method, _: Said(*_REFUSAL) if method == "UploadFile" else None)
    with HostileServer(forwarder).serving() as address:
        with ModelBox(address) as client:
            CheckpointKeeper(client.run(run.id), upload=True).keep(_saved(tmp_path))
            wait_until(lambda: "the call KeepFiles was refused" in caplog.text)
        assert len(_held(tmp_path)) == 1
        [aside] = refused(address, "--show")
        assert aside["method"] == "KeepFiles"
        refused(address, "--drop")
    forwarder.close()
    assert _held(tmp_path) == []


def test_a_training_ends_at_once_while_the_server_is_away(
    sdk_server: SdkServer, client: ModelBox, tmp_path: Path
) -> None:
    """With checkpoints that wait, and a model to be promoted."""
    reporter = Reporter(client, client.new_experiment("kept"), upload=True, source=False)
    client.flush()
    sdk_server.stop()
    for step in range(3):
        reporter.log_metrics({"loss": 0.1}, step)
        reporter.keep(_saved(tmp_path, step))
    began = monotonic()
    promoted = reporter.promote(str(tmp_path / "step-2.ckpt"), NewModel("kept"))
    reporter.end(RunStatus.FINISHED)
    assert monotonic() - began < END_S_MAX
    assert promoted is None
    sdk_server.start()
    client.flush()
    assert client.run(reporter.run.id).status is RunStatus.FINISHED
    assert [one.metadata()[UPLOADED_FILES] for one in reporter.run.checkpoints()] == [1, 1, 1]


def test_held_files_leave_room_on_their_disk(
    sdk_server: SdkServer,
    client: ModelBox,
    run: Run,
    *,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(keeper_module, "FREE_BYTES_MIN", 2**62)
    sdk_server.stop()
    keeper = CheckpointKeeper(run, upload=True)
    for step in (1, 2, 3):
        keeper.keep(_saved(tmp_path, step))
    assert caplog.text.count("were given up") == 2
    sdk_server.start()
    client.flush()
    assert [one.step for one in run.checkpoints() if UPLOADED_FILES in one.metadata()] == [3]


def test_what_cannot_be_kept_is_told_and_stops_no_training(
    client: ModelBox, run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keeper = CheckpointKeeper(run, upload=True)
    keeper.keep(Saved(path=str(tmp_path / "gone.ckpt"), step=1, metrics={}, metadata={}))
    keeper.keep(Saved(path=_saved(tmp_path).path, step=2, metrics={"loss": "much"}, metadata={}))
    (tmp_path / "empty").mkdir()
    keeper.keep(Saved(path=str(tmp_path / "empty"), step=3, metrics={}, metadata={}))
    client.close()
    keeper.keep(Saved(path=_saved(tmp_path).path, step=4, metrics={}, metadata={}))
    assert caplog.text.count("was not recorded") == 4
    assert _held(tmp_path) == []
