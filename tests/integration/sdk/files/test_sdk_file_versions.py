"""Several uploads under one path: the last one counts, whatever was there before."""

from pathlib import Path

import pytest

from modelbox import LocalFile, Model, ModelBox
from tests.integration.sdk_server import SdkServer

TRACKED = [LocalFile("s3://bucket/model.txt", checksum=checksum) for checksum in ("1", "2")]
SIZES = {"small": 1, "hashed first": 100_000}


@pytest.fixture(params=SIZES, ids=list(SIZES))
def versions(request: pytest.FixtureRequest, tmp_path: Path) -> list[LocalFile]:
    """Two contents of one file, which goes with others in a call, or by itself after its SHA-256."""
    for name in ("one", "two"):
        (tmp_path / name).write_text(name * SIZES[request.param], encoding="utf-8")
    return [LocalFile(tmp_path / name, label="run/model.txt") for name in ("one", "two")]


def test_the_last_upload_under_a_path_counts_also_when_its_bytes_were_there_before(
    sdk_server: SdkServer, model: Model, versions: list[LocalFile], tmp_path: Path
) -> None:
    first, second = versions
    uploaded = [model.upload_artifact(file)[0] for file in (first, second, first)]
    assert uploaded[2].id == uploaded[0].id
    assert [one.id for one in model.artifacts()] == [uploaded[0].id, uploaded[1].id]
    [place] = model.download_artifacts(tmp_path / "out")
    assert place.read_bytes() == Path(first.path).read_bytes()

    before = sdk_server.position()
    model.upload_artifact(first)
    assert sdk_server.position() == before, "the newest again changes nothing"


def test_a_version_that_comes_back_beside_a_new_file_counts_too(model: Model, tmp_path: Path) -> None:
    for name in ("one", "two", "new"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    for name in ("one", "two"):
        model.upload_artifact(LocalFile(tmp_path / name, label="a.txt"))
    model.upload_artifact([LocalFile(tmp_path / "one", label="a.txt"), LocalFile(tmp_path / "new", label="b.txt")])
    model.download_artifacts(tmp_path / "out")
    assert [(tmp_path / "out" / name).read_text(encoding="utf-8") for name in ("a.txt", "b.txt")] == ["one", "new"]


def test_a_promoted_checkpoint_hands_on_the_last_upload_under_a_path(
    client: ModelBox, model: Model, versions: list[LocalFile], tmp_path: Path
) -> None:
    first, second = versions
    run = client.new_experiment("digits", owner="me@example.org", namespace="demo").new_run("r")
    checkpoint = run.new_checkpoint(epoch=1)
    for file in (first, second, first):
        checkpoint.upload_artifact(file)
    version = checkpoint.promote(model, name="v1")
    [place] = version.download_artifacts(tmp_path / "out")
    assert place.read_bytes() == Path(first.path).read_bytes()


def test_the_last_file_tracked_under_a_path_counts_also_when_it_was_tracked_before(
    sdk_server: SdkServer, model: Model
) -> None:
    first, second = TRACKED
    tracked = [model.track_artifacts(file)[0] for file in (first, second, first)]
    assert tracked[2].id == tracked[0].id
    assert [one.id for one in model.artifacts()] == [tracked[0].id, tracked[1].id]

    before = sdk_server.position()
    model.track_artifacts(first)
    assert sdk_server.position() == before, "the newest again changes nothing"
    new = model.track_artifacts([second, LocalFile("new.txt", checksum="3")])
    assert {one.id for one in model.artifacts(limit=2)} == {one.id for one in new}


def test_a_promoted_checkpoint_hands_on_the_last_file_tracked_under_a_path(client: ModelBox, model: Model) -> None:
    run = client.new_experiment("digits", owner="me@example.org", namespace="demo").new_run("r")
    checkpoint = run.new_checkpoint(epoch=1)
    for file in (TRACKED[0], TRACKED[1], TRACKED[0]):
        checkpoint.track_artifacts(file)
    version = checkpoint.promote(model, name="v1")
    assert version.artifacts()[0].checksum == "1"
