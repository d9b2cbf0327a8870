"""Transfers of the SDK straight to and from a real S3 service: parts, links, breaks, falling back on the server."""

import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from modelbox import ChecksumMismatchError, DamagedError, InvalidFieldError, Model, ModelBox
from modelbox.values import OnProgress
from modelbox_gateway.blobs.s3.bucket import Bucket
from modelbox_gateway.blobs.s3.keys import Keys
from modelbox_gateway.sections import S3Settings
from tests.conftest import open_folder
from tests.integration.s3_server import S3Server, running_s3
from tests.integration.sdk_server import SdkServer

MIB = 1024 * 1024
DATA = os.urandom(33 * MIB + 5)
PARTS = 5
SHA256 = hashlib.sha256(DATA).hexdigest()


class _BreakError(Exception):
    """A client that ends in the middle."""


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELBOX_CACHE", "off")


@pytest.fixture
def sdk_server(dsn: str, tmp_path: Path, bucket: S3Settings) -> Iterator[SdkServer]:
    server = SdkServer(dsn, tmp_path / "blobs", bucket=bucket)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "weights.pt"
    path.write_bytes(DATA)
    return path


def left_in(bucket: S3Settings) -> list[str]:
    """Return what the bucket holds that is no blob."""
    opened, keys = Bucket(bucket), Keys(bucket.prefix)
    names = [found.key for found in opened.objects(keys.uploads)] + [
        found.key for found in opened.under_way(keys.uploads)
    ]
    opened.close()
    return names


def test_a_large_file_goes_and_comes_straight(model: Model, file: Path, tmp_path: Path, bucket: S3Settings) -> None:
    seen: list[int] = []
    [artifact] = model.upload_artifact(file, on_progress=lambda _, done, __: seen.append(done))

    assert (artifact.sha256, artifact.size, artifact.uploaded) == (SHA256, len(DATA), True)
    assert sorted(seen) == seen
    assert seen[-1] == len(DATA)
    assert left_in(bucket) == []
    place = model.download_artifact(model.artifacts()[0], tmp_path / "out")
    assert place.read_bytes() == DATA
    assert model.download_artifact(artifact.id, tmp_path / "by id").read_bytes() == DATA


def test_bytes_that_are_there_are_not_sent_again(model: Model, file: Path, client: ModelBox, tmp_path: Path) -> None:
    [first] = model.upload_artifact(file)
    model.artifacts()  # the view has it
    calls: list[int] = []

    [again] = model.upload_artifact(file, on_progress=lambda _, done, __: calls.append(done))
    copy = tmp_path / "copy.pt"
    copy.write_bytes(DATA)
    [other] = model.upload_artifact(copy, on_progress=lambda _, done, __: calls.append(done))

    assert again.id == first.id
    assert other.id != first.id
    assert calls == [len(DATA), len(DATA)]
    assert client.download_artifact(other, tmp_path / "out").read_bytes() == DATA


def break_after(size: int) -> OnProgress:
    def on_progress(_path: str, done: int, _total: int) -> None:
        if done >= size:
            raise _BreakError

    return on_progress


def test_an_upload_cut_at_every_part_goes_on_with_the_others(model: Model, file: Path, bucket: S3Settings) -> None:
    """The next try begins where the parts that arrived whole end, and nothing is visible before the end."""
    begins = []
    for part in range(1, PARTS + 1):
        first: list[int] = []

        def on_progress(path: str, done: int, total: int, first: list[int] = first, part: int = part) -> None:
            first.append(done)
            break_after(min(part * 8 * MIB, len(DATA)))(path, done, total)

        with pytest.raises(_BreakError):
            model.upload_artifact(file, on_progress=on_progress)
        begins.append(first[0])
        assert model.artifacts() == []

    [artifact] = model.upload_artifact(file)

    assert begins == sorted(begins)
    assert begins[-1] > 8 * MIB
    assert [one.id for one in model.artifacts()] == [artifact.id]
    assert left_in(bucket) == []


def test_a_download_cut_off_leaves_nothing(model: Model, file: Path, tmp_path: Path) -> None:
    [artifact] = model.upload_artifact(file)
    with pytest.raises(_BreakError):
        model.download_artifact(artifact, tmp_path / "out", on_progress=break_after(9 * MIB))
    assert list((tmp_path / "out").iterdir()) == []


def test_files_go_through_the_server_where_the_store_cannot_be_reached(
    dsn: str, tmp_path: Path, bucket: S3Settings, file: Path
) -> None:
    hidden = msgspec.structs.replace(bucket, public_endpoint="127.0.0.1:1")
    server = SdkServer(dsn, tmp_path / "blobs", bucket=hidden)
    server.start()
    try:
        with ModelBox(server.address) as client:
            model = client.new_model("digits", namespace="demo")
            [artifact] = model.upload_artifact(file)
            assert artifact.sha256 == SHA256
            assert model.download_artifact(artifact, tmp_path / "out").read_bytes() == DATA
        assert left_in(bucket) == []
    finally:
        server.stop()


def test_a_copy_in_the_store_sends_nothing_and_leaves_nothing(
    client: ModelBox, model: Model, file: Path, bucket: S3Settings
) -> None:
    model.upload_artifact(file)
    file.unlink()
    version = model.new_model_version()
    [copied] = version.copy_artifacts(model)
    assert (copied.sha256, copied.size) == (SHA256, len(DATA))
    with pytest.raises(InvalidFieldError, match="namespace"):
        client.new_model("m", namespace="other").copy_artifacts(model)
    assert left_in(bucket) == []


@pytest.mark.parametrize("damage", ["changed", "truncated", "removed"])
def test_damaged_objects_are_never_put_in_place_and_are_healed_by_uploading_again(
    model: Model, file: Path, tmp_path: Path, bucket: S3Settings, damage: str
) -> None:
    [artifact] = model.upload_artifact(file)
    opened, key = Bucket(bucket), Keys(bucket.prefix).place(SHA256)
    if damage == "removed":
        opened.remove(key)
    else:
        opened.put(key, DATA[:-1] + (b"" if damage == "truncated" else bytes([DATA[-1] ^ 1])))
    opened.close()

    with pytest.raises(ChecksumMismatchError if damage == "changed" else DamagedError):
        model.download_artifact(artifact, tmp_path / "out")
    assert list(tmp_path.glob("out/*")) == []

    model.upload_artifact(file, resend=damage == "changed")
    assert model.download_artifact(artifact, tmp_path / "out").read_bytes() == DATA


def test_two_clients_uploading_the_same_bytes_at_once_both_succeed(
    sdk_server: SdkServer, model: Model, file: Path
) -> None:
    found: list[str] = []

    def upload() -> None:
        with ModelBox(sdk_server.address) as client:
            [artifact] = client.object(model.id).upload_artifact(file)
            found.append(artifact.id)

    threads = [threading.Thread(target=upload) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 3
    assert [artifact.id for artifact in model.artifacts()] == [found[0]]
    assert set(found) == {found[0]}


@pytest.fixture
def mortal_s3() -> Iterator[S3Server]:
    """A service of this test's own, to be killed."""
    with open_folder() as folder, running_s3(folder) as server:
        yield server


@pytest.mark.slow
def test_a_store_that_goes_away_in_the_middle_is_waited_for(dsn: str, tmp_path: Path, mortal_s3: S3Server) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(DATA)
    server = SdkServer(dsn, tmp_path / "blobs", bucket=mortal_s3.new_bucket())
    server.start()
    restarts: list[threading.Thread] = []

    def kill_after(size: int) -> OnProgress:
        def on_progress(_path: str, done: int, _total: int) -> None:
            if done >= size and len(restarts) < (1 if size else 0) + kills:
                mortal_s3.kill()
                restarts.append(threading.Thread(target=mortal_s3.start))
                restarts[-1].start()

        return on_progress

    try:
        with ModelBox(server.address, timeout_s=60.0) as client:
            model = client.new_model("digits", namespace="demo")
            kills = 0
            [artifact] = model.upload_artifact(path, on_progress=kill_after(9 * MIB))
            restarts[0].join()
            assert [one.id for one in model.artifacts()] == [artifact.id]
            kills = 1
            place = model.download_artifact(artifact, tmp_path / "out", on_progress=kill_after(9 * MIB))
            assert place.read_bytes() == DATA
    finally:
        for restart in restarts:
            restart.join()
        server.stop()
    assert len(restarts) == 2
