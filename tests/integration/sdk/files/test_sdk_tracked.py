"""Files that are only tracked: said at once and at the download; and files found by model, tag and path."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelbox import Model, ModelBox, ModelVersion, NotFoundError, NotUploadedError


@pytest.fixture(autouse=True)
def warned(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.WARNING, logger="modelbox"):
        yield caplog


@pytest.fixture
def model(client: ModelBox) -> Model:
    return client.new_model("digits", namespace="vision")


@pytest.fixture
def version(model: Model, tmp_path: Path) -> ModelVersion:
    """A version with two uploaded files, one in a folder."""
    version = model.new_model_version(unique_tags=["production"])
    for name in ("sub/model.joblib", "config.json"):
        path = tmp_path / "up" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    version.upload_artifact(tmp_path / "up", artifact_path="")
    return version


def test_a_file_of_this_machine_that_is_only_tracked_is_told_at_once(
    client: ModelBox, model: Model, warned: pytest.LogCaptureFixture
) -> None:
    model.new_model_version(artifacts=["model.joblib"])
    client.new_model("other", artifacts="a.bin")
    client.start_run("e", source=False).new_checkpoint(1, artifacts="b.bin")
    told = [record.getMessage() for record in warned.records]
    assert [text.split("'")[1] for text in told] == ["model.joblib", "a.bin", "b.bin"]
    assert all("tracked, not uploaded" in text and "upload_artifact(…) sends them" in text for text in told)


def test_a_file_that_is_kept_elsewhere_or_meant_to_be_tracked_is_not_told(
    model: Model, warned: pytest.LogCaptureFixture
) -> None:
    model.new_model_version(artifacts=["s3://bucket/model.joblib"]).track_artifacts("model.joblib")
    assert warned.records == []


def test_a_download_of_tracked_files_alone_says_where_they_were(model: Model, tmp_path: Path) -> None:
    version = model.new_model_version(artifacts=["/srv/ada/model.joblib", "s3://bucket/x"])
    with pytest.raises(NotUploadedError, match=r"'/srv/ada/model\.joblib'.*only tracked"):
        version.download_artifacts(tmp_path / "down")
    with pytest.raises(NotUploadedError, match="s3://bucket/x"):
        version.download_artifact("s3://bucket/x", tmp_path / "down")
    assert not (tmp_path / "down").exists()


def test_a_download_warns_about_the_files_that_were_only_tracked(
    version: ModelVersion, tmp_path: Path, warned: pytest.LogCaptureFixture
) -> None:
    version.track_artifacts("/srv/ada/data.npz")
    assert len(version.download_artifacts(tmp_path / "down")) == 2
    assert "'/srv/ada/data.npz': only tracked" in warned.text
    assert "left out" in warned.text


def test_an_object_without_files_gives_none(model: Model, tmp_path: Path) -> None:
    assert model.download_artifacts(tmp_path / "down") == []


def test_a_file_is_downloaded_by_its_path_in_the_object(version: ModelVersion, tmp_path: Path) -> None:
    one = tmp_path / "one"
    assert version.download_artifact("sub/model.joblib", one) == one / "sub/model.joblib"
    assert (one / "sub/model.joblib").read_text() == "sub/model.joblib"
    two = tmp_path / "two"
    assert version.download_artifacts(two, path="sub") == [two / "sub/model.joblib"]
    assert version.download_artifacts(two, path="config.json") == [two / "config.json"]
    with pytest.raises(NotFoundError, match=r"no file 'sub/model\.job'; there are 'sub/model\.joblib'"):
        version.download_artifact("sub/model.job", one)
    with pytest.raises(NotFoundError, match="no file 'nowhere'"):
        version.download_artifacts(one, path="nowhere")


def test_the_newest_of_several_files_with_a_path_is_downloaded(version: ModelVersion, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("newer")
    version.upload_artifact(tmp_path / "config.json", artifact_path="")
    assert version.download_artifact("config.json", tmp_path / "down").read_text() == "newer"


def test_the_files_of_a_version_are_downloaded_by_model_and_tag(
    client: ModelBox, version: ModelVersion, tmp_path: Path
) -> None:
    named = {"namespace": "vision", "path": "sub/model.joblib"}
    assert version.version == "1"
    for which in ({"tag": "production"}, {"version": 1}):
        [place] = client.download_model("digits", tmp_path / str(which), **named, **which)  # type: ignore[arg-type]
        assert place.read_text() == "sub/model.joblib"
    with pytest.raises(NotFoundError, match="no files"):
        client.download_model("digits", tmp_path, **named)  # type: ignore[arg-type]
