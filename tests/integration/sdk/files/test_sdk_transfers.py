"""Uploads, downloads and tracked files through the SDK, on the real server."""

import hashlib
import os
import threading
from pathlib import Path

import pytest

from modelbox import (
    ChecksumMismatchError,
    DamagedError,
    FileType,
    InvalidFieldError,
    LocalFile,
    Model,
    ModelBox,
    NotFoundError,
    NotUploadedError,
)
from tests.integration.sdk_server import SdkServer


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with files in folders, one empty and one longer than a frame."""
    folder = tmp_path / "run"
    (folder / "checkpoints" / "deep").mkdir(parents=True)
    (folder / "model.pt").write_bytes(os.urandom(3 * 1024 * 1024 + 17))
    (folder / "notes.txt").write_text("grün", encoding="utf-8")
    (folder / "checkpoints" / "deep" / "last.ckpt").write_bytes(b"weights")
    (folder / "empty.json").touch()
    return folder


def test_a_file_comes_back_as_it_was(model: Model, files: Path, tmp_path: Path) -> None:
    content = (files / "model.pt").read_bytes()
    seen: list[tuple[int, int]] = []
    [artifact] = model.upload_artifact(
        files / "model.pt", on_progress=lambda _, done, total: seen.append((done, total))
    )
    assert (artifact.mime_type, artifact.size, artifact.uploaded) == (FileType.MODEL, len(content), True)
    assert artifact.sha256 == hashlib.sha256(content).hexdigest()
    assert seen[-1] == (len(content), len(content))
    [listed] = model.artifacts()
    assert (listed.id, listed.sha256, listed.path) == (artifact.id, artifact.sha256, str(files / "model.pt"))
    place = model.download_artifact(artifact, tmp_path / "downloads")
    assert place == tmp_path / "downloads" / "model.pt"
    assert place.read_bytes() == content
    assert [path.name for path in place.parent.iterdir()] == ["model.pt"]


def test_a_folder_is_walked_and_keeps_its_shape(
    model: Model, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files.parent)
    uploaded = model.upload_artifact("run")
    assert [artifact.path for artifact in uploaded] == [
        "run/empty.json",
        "run/model.pt",
        "run/notes.txt",
        "run/checkpoints/deep/last.ckpt",
    ]
    for artifact in uploaded:
        place = model.download_artifact(artifact.id, tmp_path / "copy")
        assert place == tmp_path / "copy" / artifact.path
        assert place.read_bytes() == (tmp_path / artifact.path).read_bytes()


def test_uploading_again_keeps_one(model: Model, files: Path) -> None:
    first = model.upload_artifact([files / "notes.txt"])
    assert model.upload_artifact([files / "notes.txt"]) == first
    assert len(model.artifacts()) == 1


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
def test_a_given_checksum_is_verified_by_the_server(
    sdk_server: SdkServer, model: Model, files: Path, algorithm: str
) -> None:
    path = files / "notes.txt"
    right = hashlib.new(algorithm, path.read_bytes()).hexdigest()
    before = sdk_server.position()
    with pytest.raises(ChecksumMismatchError) as wrong:
        model.upload_artifact(LocalFile(path, checksum=right[::-1]))
    assert wrong.value.field == "metadata.checksum"
    assert sdk_server.position() == before
    assert model.artifacts() == []
    model.upload_artifact(LocalFile(path, checksum=right))
    model.upload_artifact(LocalFile.from_path(path))


def test_a_file_that_cannot_be_read_leaves_nothing(sdk_server: SdkServer, model: Model, files: Path) -> None:
    before = sdk_server.position()
    with pytest.raises(InvalidFieldError, match=r"^files\[1\]: .*missing.*does not exist"):
        model.upload_artifact([files / "notes.txt", files / "missing.txt"])
    assert sdk_server.position() == before
    gone = Path(f"/proc/{os.getpid()}/mem")
    with pytest.raises(OSError, match=r"(Input/output|Permission)"):
        model.upload_artifact(gone)
    assert sdk_server.position() == before


def test_uploads_to_an_unknown_object_say_so(client: ModelBox, files: Path) -> None:
    with pytest.raises(NotFoundError) as unknown:
        client.object("00000000-0000-4000-8000-000000000000").upload_artifact(files / "model.pt")
    assert unknown.value.field == "file.parent_id"


def test_tracked_files_keep_what_was_said_and_have_no_bytes(model: Model, files: Path, tmp_path: Path) -> None:
    tracked = model.track_artifacts(["s3://bucket/model.onnx", LocalFile("/data/set", "crc:7", FileType.TEXT), files])
    assert [(one.path, one.mime_type, one.checksum) for one in tracked[:2]] == [
        ("s3://bucket/model.onnx", FileType.MODEL, ""),
        ("/data/set", FileType.TEXT, "crc:7"),
    ]
    assert len(tracked) == 6
    assert {one.id for one in model.artifacts()} == {one.id for one in tracked}
    with pytest.raises(NotUploadedError, match="s3://bucket"):
        model.download_artifact(tracked[0], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_many_files_are_tracked_in_several_calls(model: Model) -> None:
    tracked = model.track_artifacts([f"s3://bucket/{number}" for number in range(700)])
    assert [one.path for one in tracked] == [f"s3://bucket/{number}" for number in range(700)]
    assert {one.id for one in model.artifacts()} == {one.id for one in tracked}


def test_a_label_never_leads_out_of_the_folder(
    model: Model, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files / "checkpoints")
    [absolute, relative] = model.upload_artifact([files / "notes.txt", Path("../empty.json")])
    assert relative.path == "empty.json"
    (files / "notes.txt").write_text("mine", encoding="utf-8")
    assert model.download_artifact(absolute, tmp_path / "out") == tmp_path / "out" / "notes.txt"
    assert (files / "notes.txt").read_text(encoding="utf-8") == "mine"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(files)
    [nested] = model.upload_artifact("checkpoints")
    (tmp_path / "trap").mkdir()
    (tmp_path / "trap" / "checkpoints").symlink_to(elsewhere)
    with pytest.raises(InvalidFieldError, match="leads out of the folder"):
        model.download_artifact(nested, tmp_path / "trap")
    assert list(elsewhere.iterdir()) == []


def test_damaged_bytes_are_never_put_in_place(sdk_server: SdkServer, model: Model, files: Path, tmp_path: Path) -> None:
    [artifact] = model.upload_artifact(files / "model.pt")
    [blob] = [path for path in sdk_server.blobs.rglob("*") if path.is_file() and path.stat().st_size == artifact.size]
    blob.chmod(0o600)
    with blob.open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"flipped")
    place = tmp_path / "out" / "model.pt"
    place.parent.mkdir()
    place.write_text("earlier", encoding="utf-8")
    with pytest.raises(ChecksumMismatchError):
        model.download_artifact(artifact, tmp_path / "out", overwrite=True)
    assert [path.name for path in place.parent.iterdir()] == ["model.pt"]
    assert place.read_text(encoding="utf-8") == "earlier"


def test_what_was_downloaded_before_is_not_fetched_again(
    sdk_server: SdkServer, model: Model, files: Path, tmp_path: Path, cache_folder: Path
) -> None:
    """Unless the copy that was kept is not right any more."""
    [artifact] = model.upload_artifact(files / "model.pt")
    first = model.download_artifact(artifact, tmp_path / "first")
    [blob] = [path for path in sdk_server.blobs.rglob("*") if path.is_file() and path.stat().st_size == artifact.size]
    blob.write_bytes(b"")

    assert model.download_artifact(artifact, tmp_path / "second").read_bytes() == first.read_bytes()

    [entry] = [path for path in cache_folder.rglob("*") if path.is_file()]
    entry.write_bytes(entry.read_bytes()[::-1])
    with pytest.raises(DamagedError):
        model.download_artifact(artifact, tmp_path / "third")


def test_the_cache_can_be_switched_off(
    model: Model, files: Path, tmp_path: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELBOX_CACHE", "off")
    [artifact] = model.upload_artifact(files / "model.pt")
    with ModelBox(model._session.connection.address) as client:
        client.download_artifact(artifact, tmp_path / "out")
    assert not cache_folder.exists()


def test_a_download_goes_on_where_its_server_went_away(
    sdk_server: SdkServer, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELBOX_CACHE", "off")
    content = os.urandom(40 * 1024 * 1024)
    (tmp_path / "large.bin").write_bytes(content)
    [artifact] = model.upload_artifact(tmp_path / "large.bin")
    seen: list[int] = []

    def restart_once(_path: str, done: int, _total: int) -> None:
        seen.append(done)
        if done >= 10 * 1024 * 1024 and not restarted:
            restarted.append(True)
            sdk_server.stop()
            sdk_server.start()

    restarted: list[bool] = []
    place = model.download_artifact(artifact, tmp_path / "out", on_progress=restart_once)

    assert place.read_bytes() == content
    assert sorted(set(seen)) == seen, "no byte came twice"
    assert restarted == [True]


def test_an_upload_is_sent_again_when_its_server_went_away(sdk_server: SdkServer, model: Model, tmp_path: Path) -> None:
    content = os.urandom(40 * 1024 * 1024)
    (tmp_path / "large.bin").write_bytes(content)
    restarted: list[bool] = []

    def restart_once(_path: str, done: int, _total: int) -> None:
        if done >= 10 * 1024 * 1024 and not restarted:
            restarted.append(True)
            sdk_server.stop()
            sdk_server.start()

    [artifact] = model.upload_artifact(tmp_path / "large.bin", on_progress=restart_once)

    assert restarted == [True]
    assert [one.id for one in model.artifacts()] == [artifact.id]
    assert artifact.sha256 == hashlib.sha256(content).hexdigest()
    assert "modelbox-hashing" not in [thread.name for thread in threading.enumerate()]


def test_a_large_file_is_sent_once_and_its_likes_of_one_size_each(
    client: ModelBox, model: Model, tmp_path: Path
) -> None:
    content = os.urandom(9 * 1024 * 1024)
    changes: dict[str, bytes] = {
        "same": b"",
        "other start": os.urandom(10),
        "other middle": content[: len(content) // 2] + os.urandom(10),
        "other end": content[:-10] + os.urandom(10),
    }
    told: dict[str, list[int]] = {}
    for name in ("first", *changes):
        change = changes.get(name, b"")
        data = change + content[len(change) :]
        (tmp_path / name).write_bytes(data)
        [artifact] = model.upload_artifact(
            tmp_path / name, on_progress=lambda path, done, _: told.setdefault(Path(path).name, []).append(done)
        )
        assert artifact.sha256 == hashlib.sha256(data).hexdigest()
    assert told.pop("same") == [len(content)]
    assert {name: len(calls) for name, calls in told.items()} == dict.fromkeys(told, 9)
    elsewhere = client.new_model("lenet", owner="a@b.org", namespace="other")
    calls: list[int] = []
    elsewhere.upload_artifact(tmp_path / "first", on_progress=lambda _, done, __: calls.append(done))
    assert len(calls) == 9, "that another namespace has the bytes is no business of this one"


def test_a_large_file_that_is_written_to_on_its_way_is_not_taken(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    path.write_bytes(os.urandom(9 * 1024 * 1024))

    def write_to_it(_path: str, _done: int, _total: int) -> None:
        with path.open("r+b") as file:
            file.write(os.urandom(10))

    with pytest.raises(InvalidFieldError, match="changed while it was uploaded"):
        model.upload_artifact(path, on_progress=write_to_it)
    assert model.artifacts() == []


def test_all_files_of_an_object_come_at_once_and_the_newest_of_one_name(model: Model, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    (folder / "deep").mkdir(parents=True)
    for number in range(60):
        (folder / "deep" / f"{number}.txt").write_text(str(number))
    model.upload_artifact(LocalFile(folder, label="run"))
    (folder / "deep" / "7.txt").write_text("seven")
    model.upload_artifact(LocalFile(folder / "deep" / "7.txt", label="run/deep/7.txt"))
    model.track_artifacts("s3://elsewhere/weights")

    places = model.download_artifacts(tmp_path / "out")

    assert len(places) == 60
    read = {place.relative_to(tmp_path / "out" / "run" / "deep").name: place.read_text() for place in places}
    assert read == {f"{number}.txt": str(number) for number in range(60)} | {"7.txt": "seven"}


def test_after_an_error_no_further_file_is_begun(model: Model, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(200):
        (folder / f"{number:03}").write_bytes(os.urandom(70_000))

    def fail(path: str, _done: int, _total: int) -> None:
        if path.endswith("010"):
            raise RuntimeError(path)

    with pytest.raises(RuntimeError, match="010"):
        model.upload_artifact(folder, on_progress=fail)
    assert len(model.artifacts()) < 100
