"""What a process that ended left on an object is sent before the object is read; which files still wait is told."""

import signal
from pathlib import Path

import grpc
import pytest

from modelbox import ModelBox, Run, UnavailableError
from modelbox.delivery import left as left_module
from modelbox.delivery.held import Held
from modelbox.delivery.keeping import keeping
from modelbox.journal.backlog import Backlog
from modelbox.journal.folder import JournalFolder, JournalSettings
from modelbox.values import LocalFile
from tests.integration.hostile_server import Forwarder, HostileServer, Said
from tests.integration.journal_support import left, sync, train
from tests.integration.sdk_server import SdkServer

LOGGING = """
from pathlib import Path
run = client.run(run.id)
log(range(5))
checkpoint = run.new_checkpoint(epoch=0)
Path(sys.argv[3], "weights.bin").write_bytes(b"w" * 3_000_000)
client._session._files._attempts.stop.set()  # as if it were killed before a file is on its way
checkpoint.log_artifact(Path(sys.argv[3], "weights.bin"))
log(range(5, 10))
ready()
"""


@pytest.fixture
def run(client: ModelBox) -> Run:
    return client.new_experiment("left").new_run(source=False, heartbeat=False)


def leave(server: SdkServer, run: Run, folder: Path) -> None:
    """Have a training killed that has logged metrics, and a checkpoint whose file is not sent."""
    with train(LOGGING, server.address, run.id, str(folder)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGKILL)
        process.wait()


def leave_files(server: SdkServer, run: Run, journals: Path, name: str, *, bytes_: int = 10) -> Held:
    """Leave the record of a held file; return what is held."""
    journals.mkdir(exist_ok=True)
    held = Held.make(journals, run.id, journals=journals)
    (held.files / name).write_bytes(b"w" * bytes_)
    backlog = Backlog(JournalFolder(JournalSettings(journals, free_bytes_min=0), server.address, of_files=True))
    backlog.append(keeping(run.id, held, [LocalFile(held.files / name, label=name)]))
    backlog.close()
    return held


def test_whoever_only_reads_sees_what_a_killed_process_logged(sdk_server: SdkServer, run: Run, tmp_path: Path) -> None:
    leave(sdk_server, run, tmp_path)
    with ModelBox(sdk_server.address) as box:
        assert [point.step for point in box.object(run.id).metrics("loss")["loss"]] == list(range(10))
        [checkpoint] = box.run(run.id).checkpoints()
        [place] = checkpoint.download_artifacts(tmp_path / "there")
    assert place.stat().st_size == 3_000_000


def test_flush_waits_for_what_was_left_on_the_objects_of_the_client(
    sdk_server: SdkServer, run: Run, *, tmp_path: Path, journal_folder: Path
) -> None:
    leave(sdk_server, run, tmp_path)
    assert [journal.path.suffix for journal in left(journal_folder)][-1] == ".files"
    with ModelBox(sdk_server.address) as box:
        box.object(run.id)
        box.flush()
        assert left(journal_folder) == []


def test_a_download_says_which_file_still_waits(
    sdk_server: SdkServer, run: Run, *, journal_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rather than that there is none."""
    monkeypatch.setattr(left_module, "FILES_TIMEOUT_S", 1.0)
    no_files = Said(grpc.StatusCode.UNAVAILABLE, "")
    forwarder = Forwarder(sdk_server.address, lambda method, _: no_files if "Upload" in method else None)
    with HostileServer(forwarder).serving() as address:
        other = SdkServer("", tmp_path)
        other.address = address
        leave_files(other, run, journal_folder, "weights.bin")
        with ModelBox(address) as box, pytest.raises(UnavailableError, match=r"weights\.bin is not uploaded yet"):
            box.object(run.id).download_artifacts(tmp_path / "there")
    forwarder.close()


def test_what_was_sent_by_a_process_that_was_killed_before_it_could_note_that_is_no_trouble(
    sdk_server: SdkServer, run: Run, *, tmp_path: Path, journal_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sent = tmp_path / "sent.bin"
    sent.write_bytes(b"w" * 10)
    run.upload_artifact(LocalFile(sent, label="sent.bin"))
    leave_files(sdk_server, run, journal_folder, "sent.bin").release()
    leave_files(sdk_server, run, journal_folder, "lost.bin").release()
    with ModelBox(sdk_server.address) as box:
        assert [file.path for file in box.object(run.id).artifacts()] == ["sent.bin"]
    assert left(journal_folder) == []
    told = [record.getMessage() for record in caplog.records if "was not uploaded" in record.getMessage()]
    assert told == ["lost.bin was not uploaded: what was held of it is gone"]


def test_what_waits_is_told_with_its_files_and_of_each_journal(
    sdk_server: SdkServer, run: Run, *, tmp_path: Path, journal_folder: Path
) -> None:
    leave(sdk_server, run, tmp_path)
    sdk_server.stop()
    found = {journal.path.suffix: journal for journal in left(journal_folder)}
    assert 3_000_000 < found[".files"].bytes < 3_010_000
    rows = sync(sdk_server.address, exit_code=3)
    assert {row["journal"] for row in rows} == {journal.path.name for journal in left(journal_folder)}
    assert sum(row["waiting_calls"] for row in rows if row["journal"].endswith(".files")) == 1
    assert all(row["problems"] for row in rows)
    sdk_server.start()
