"""Folders of small files through the SDK: sent and fetched together, each verified, one at fault named and alone."""

import os
from pathlib import Path

import pytest

from modelbox import ChecksumMismatchError, DamagedError, LocalFile, Model, ModelBox
from modelbox.transfer.small import in_calls
from tests.integration.sdk_server import SdkServer

KIB = 1024
FILES = {f"data/{number // 50}/{number}.bin": os.urandom(number) for number in range(230)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files of all small lengths, in folders, and one that is not small."""
    folder = tmp_path / "run"
    for name, content in (FILES | {"large.bin": os.urandom(70 * KIB)}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def read(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_small_files_go_together_and_others_alone() -> None:
    small, large = 20 * KIB, 65 * KIB
    assert in_calls([]) == []
    assert in_calls([0, large, small, None, small]) == [[0, 2, 4], [1], [3]]
    assert list(map(len, in_calls([1] * 250))) == [100, 100, 50]
    assert list(map(len, in_calls([small] * 60))) == [51, 9]


def test_a_folder_of_small_files_comes_back_as_it_was(
    sdk_server: SdkServer, model: Model, folder: Path, tmp_path: Path
) -> None:
    sent: list[tuple[str, int, int]] = []
    before = sdk_server.position()
    uploaded = model.upload_artifact(
        LocalFile(folder, label="run"), on_progress=lambda path, done, total: sent.append((path, done, total))
    )
    contents = read(folder)
    assert [(artifact.path, artifact.size) for artifact in uploaded] == [
        (f"run/{name}", len(contents[name])) for name in [path.path.removeprefix("run/") for path in uploaded]
    ]
    assert {artifact.path.removeprefix("run/") for artifact in uploaded} == set(contents)
    assert {path: done for path, done, total in sent if done == total} == {
        str(folder / name): len(content) for name, content in contents.items()
    }
    assert sdk_server.position() == before + len(contents)
    assert {artifact.id for artifact in model.artifacts()} == {artifact.id for artifact in uploaded}

    places = model.download_artifacts(tmp_path / "out")

    assert len(places) == len(contents)
    assert read(tmp_path / "out" / "run") == contents
    assert model.upload_artifact(LocalFile(folder, label="run")) == uploaded
    assert sdk_server.position() == before + len(contents)


def test_one_file_at_fault_is_named_and_the_others_of_its_call_arrive(model: Model, folder: Path) -> None:
    wrong = LocalFile(folder / "data/0/7.bin", checksum="0" * 64)
    others = [folder / f"data/0/{number}.bin" for number in range(1, 6)]
    with pytest.raises(ChecksumMismatchError) as error:
        model.upload_artifact([*others, wrong])
    assert error.value.field == "metadata.checksum"
    assert {artifact.path for artifact in model.artifacts()} == set(map(str, others))


def test_a_damaged_small_file_is_named_and_the_others_arrive(
    sdk_server: SdkServer, model: Model, folder: Path, tmp_path: Path
) -> None:
    for name in ("1", "2", "3"):
        model.upload_artifact(LocalFile(folder / f"data/0/{name}.bin", label=name))
    [damaged] = [artifact for artifact in model.artifacts() if artifact.path == "2"]
    [blob] = [path for path in sdk_server.blobs.rglob(damaged.sha256[2:]) if path.parent.name == damaged.sha256[:2]]
    blob.write_bytes(b"xx")
    with pytest.raises(ChecksumMismatchError, match=r"^2: .*resend=True"):
        model.download_artifacts(tmp_path / "out")
    assert "2" not in read(tmp_path / "out")
    blob.unlink()
    with pytest.raises(DamagedError):
        model.download_artifacts(tmp_path / "out")
    model.upload_artifact(LocalFile(folder / "data/0/2.bin", label="2"), resend=True)
    model.download_artifacts(tmp_path / "out")
    assert read(tmp_path / "out") == {str(number): FILES[f"data/0/{number}.bin"] for number in (1, 2, 3)}


def test_a_server_that_goes_away_is_waited_for(
    sdk_server: SdkServer, model: Model, folder: Path, tmp_path: Path
) -> None:
    """While small files go there, and while they come back."""
    restarted: list[str] = []

    def restart_once(way: str) -> None:
        if way not in restarted:
            restarted.append(way)
            sdk_server.stop()
            sdk_server.start()

    model.upload_artifact(LocalFile(folder, label="run"), on_progress=lambda *_: restart_once("up"))
    model.download_artifacts(tmp_path / "out", on_progress=lambda *_: restart_once("down"))

    assert restarted == ["up", "down"]
    assert read(tmp_path / "out" / "run") == read(folder)
    assert len(model.artifacts()) == len(FILES) + 1


def test_what_was_downloaded_before_is_not_asked_for(
    sdk_server: SdkServer, model: Model, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.upload_artifact(LocalFile(folder, label="run"))
    monkeypatch.setenv("MODELBOX_CACHE_DIR", str(tmp_path / "cache"))
    with ModelBox(sdk_server.address) as client:
        same = client.model(model.id)
        same.download_artifacts(tmp_path / "first")
        for blob in sdk_server.blobs.rglob("*"):
            if blob.is_file():
                blob.unlink()
        same.download_artifacts(tmp_path / "second")
    assert read(tmp_path / "second") == read(tmp_path / "first") != {}
