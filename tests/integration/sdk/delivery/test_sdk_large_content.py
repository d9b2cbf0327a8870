"""Content of a program that is too large for the journal: held beside it until it is sent, in order; then let go."""

import os
from pathlib import Path

import grpc
import msgspec
import pytest

from modelbox import Model, ModelBox
from modelbox.delivery.held_files import HeldFiles
from modelbox.errors import InvalidFieldError
from modelbox.journal.folder import JournalFolder, JournalSettings
from modelbox.journal.record import UPLOAD, Record
from modelbox.limits import CONTENT_BYTES_MAX
from modelbox.logged_object import LoggedObject
from modelbox.proto import modelstore_pb2 as pb
from tests.integration.hostile_server import Forwarder, HostileServer, Said
from tests.integration.journal_support import left, refused, sync, trained
from tests.integration.sdk_server import SdkServer, wait_until

LARGE = "x" * (CONTENT_BYTES_MAX + 1)

LOGGING = """
run.log_text("{}" * (1024 * 1024 + 1), "large.txt")
run.log_metrics({{"loss": 0.5}}, step=1)
{}
"""


def kept(folder: Path) -> list[Path]:
    """Return the files beside the journals."""
    return [path for path in folder.rglob("*") if path.is_file() and path.parent != folder]


def read(logged: LoggedObject, path: str, folder: Path) -> bytes:
    """Return the newest bytes under a path."""
    newest = next(artifact for artifact in logged.artifacts() if artifact.path == path)
    return logged.download_artifact(newest, folder / newest.id).read_bytes()


def test_large_and_small_content_under_a_path_keeps_its_order(
    sdk_server: SdkServer, client: ModelBox, model: Model, tmp_path: Path, journal_folder: Path
) -> None:
    client.flush()
    sdk_server.stop()
    for text in ("a", LARGE, "b", LARGE + "c"):
        model.log_text(text, "a.txt")
    for text in (LARGE, "d"):
        model.log_text(text, "d.txt")
    assert len(kept(journal_folder)) >= 3
    sdk_server.start()
    assert read(model, "a.txt", tmp_path).decode() == LARGE + "c"
    assert read(model, "d.txt", tmp_path) == b"d"
    assert kept(journal_folder) == []


@pytest.mark.parametrize("how", ["", "os.kill(os.getpid(), signal.SIGKILL)", "os._exit(0)"])
def test_large_content_outlasts_the_program_however_that_ends(
    sdk_server: SdkServer, model: Model, tmp_path: Path, journal_folder: Path, how: str
) -> None:
    sdk_server.stop()
    trained(LOGGING.format("y", how), sdk_server.address, model.id)
    sdk_server.start()
    sync(sdk_server.address)
    wait_until(lambda: len(model.artifacts()) == 1)
    assert read(model, "large.txt", tmp_path).decode() == "y" * (CONTENT_BYTES_MAX + 1)
    assert kept(journal_folder) == []


def test_large_content_that_only_a_ring_names_is_not_swept_and_what_nothing_names_is(
    sdk_server: SdkServer, model: Model, journal_folder: Path
) -> None:
    """A process is killed before its journal has the record; the next one holds content before it pours the ring."""
    sdk_server.stop()
    journals_nothing = "from modelbox.delivery.recorder import Recorder\nRecorder.run = lambda _: None\n"
    program = LOGGING.format("z", "os.kill(os.getpid(), signal.SIGKILL)")
    trained(journals_nothing + program, sdk_server.address, model.id)
    assert list(journal_folder.glob("*.journal")) == [], "no journal names it"
    lost = HeldFiles(journal_folder).hold_new(model.id)
    holder = lost.folder / "holder"
    holder.write_text(holder.read_text().replace(f'"pid":{os.getpid()}', '"pid":4194999'))
    (lost.files / "lost.txt").write_text(LARGE)
    trained(LOGGING.format("w", ""), sdk_server.address, model.id)
    assert not lost.folder.exists()
    assert len([path for path in kept(journal_folder) if path.name == "large.txt"]) == 2
    sdk_server.start()
    sync(sdk_server.address)
    wait_until(lambda: [artifact.path for artifact in model.artifacts()] == ["large.txt"] * 2)
    assert kept(journal_folder) == []


def test_large_content_that_is_refused_is_kept_until_it_is_dropped(
    sdk_server: SdkServer, model: Model, journal_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    refusal = Said(grpc.StatusCode.FAILED_PRECONDITION, "OBJECT_DELETED")
    forwarder = Forwarder(sdk_server.address, lambda method, _: refusal if "Upload" in method else None)
    with HostileServer(forwarder).serving() as address:
        with ModelBox(address) as client:
            client.object(model.id).log_text(LARGE, "a.txt")
            wait_until(lambda: "was refused" in caplog.text)
        assert [path.read_text() for path in kept(journal_folder) if path.name == "a.txt"] == [LARGE]
        refused(address, "--drop")
    forwarder.close()
    assert kept(journal_folder) == []


def test_large_content_that_finds_no_room_leaves_nothing_behind(
    client: ModelBox, model: Model, tmp_path: Path, journal_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("modelbox.limits.JOURNAL_FREE_BYTES_MIN", 1 << 60)
    monkeypatch.setattr("modelbox.delivery.content.JOURNAL_FREE_BYTES_MIN", 1 << 60)
    model.log_text(LARGE, "a.txt")
    assert client.delivery().left_out == 1
    with ModelBox(client.address, background=False) as strict, pytest.raises(InvalidFieldError, match="would leave"):
        strict.object(model.id).log_text(LARGE, "a.txt")
    assert kept(journal_folder) == []
    assert not [path for path in tmp_path.rglob("*") if path.name == "a.txt"]


def test_what_an_earlier_version_kept_is_sent_and_let_go(
    sdk_server: SdkServer, model: Model, tmp_path: Path, journal_folder: Path
) -> None:
    """It wrote such content into a folder of its own below the journals', and said so in the record."""
    folder = journal_folder / "modelbox-content-abc"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text(LARGE, encoding="utf-8")
    state = (folder / "a.txt").stat()
    request = {
        "object_id": model.id,
        "path": os.fspath(folder / "a.txt"),
        "size": state.st_size,
        "mtime_ns": state.st_mtime_ns,
        "file": pb.FileMetadata(parent_id=model.id, path="sub/a.txt", file_type="TEXT").SerializeToString(),
        "is_ours": True,
    }
    journal = JournalFolder(JournalSettings(journal_folder), sdk_server.address).create()
    journal.append(Record(UPLOAD, msgspec.msgpack.encode(request)))
    journal.close()
    assert len(left(journal_folder)) == 1
    sync(sdk_server.address)
    wait_until(lambda: len(model.artifacts()) == 1)
    assert read(model, "sub/a.txt", tmp_path).decode() == LARGE
    assert not folder.exists()
    assert left(journal_folder) == []
