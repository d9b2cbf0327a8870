"""Each defect of the published client, absent here: one test a defect."""

from itertools import islice
from pathlib import Path
from time import time

import pytest

from modelbox import FileType, Model, ModelBox
from tests.integration.sdk_server import SdkServer, wait_until


def test_the_type_of_a_file_is_told_by_its_extension(model: Model) -> None:
    """Published: "pt" was compared with ".pt", so the type was always unknown."""
    [artifact] = model.track_artifacts("models/net.PT")
    assert artifact.mime_type is FileType.MODEL
    assert model.artifacts()[0].mime_type is FileType.MODEL


def test_a_film_is_a_video_and_a_song_is_audio(model: Model) -> None:
    """Published: audio and video were swapped."""
    tracked = model.track_artifacts(["a.mp4", "b.wav"])
    assert [artifact.mime_type for artifact in tracked] == [FileType.VIDEO, FileType.AUDIO]


def test_the_address_comes_from_the_environment(sdk_server: SdkServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Published: an empty address or the variable crashed the client."""
    monkeypatch.setenv("MODELBOX_API_ADDR", sdk_server.address)
    with ModelBox() as client:
        assert client.address == sdk_server.address
        assert client.models() == []


def test_no_address_is_the_default_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Published: as before."""
    monkeypatch.delenv("MODELBOX_API_ADDR", raising=False)
    monkeypatch.chdir(tmp_path)
    with ModelBox("") as client:
        assert client.address == "localhost:8085"


def test_the_time_of_a_point_is_taken_at_each_call(model: Model) -> None:
    """Published: the default time was that of the import."""
    model.log_metrics({"loss": 1.0}, step=1)
    between = time()
    wait_until(lambda: time() > between)
    model.log_metrics({"loss": 1.0}, step=2)
    first, second = model.metrics()["loss"]
    assert first.wallclock <= between < second.wallclock


def test_text_and_bytes_are_metric_values(model: Model) -> None:
    """Published: they were sent as a float, which raised."""
    model.log_metrics({"text": "a", "bytes": b"b"})
    assert {key: points[0].value for key, points in model.metrics().items()} == {"text": "a", "bytes": b"b"}


def test_a_given_time_is_kept(model: Model) -> None:
    """Published: it was ignored."""
    model.log_metrics({"loss": 1.0}, wallclock=1_234.5)
    assert model.metrics()["loss"][0].wallclock == 1_234.5


def test_all_paths_are_tracked(model: Model) -> None:
    """Published: only the first was."""
    model.track_artifacts(["a.pt", "b.pt", "c.pt"])
    assert {artifact.path for artifact in model.artifacts()} == {"a.pt", "b.pt", "c.pt"}


def test_a_download_never_overwrites_the_original(model: Model, tmp_path: Path) -> None:
    """Published: an absolute path in the label replaced the folder asked for."""
    original = tmp_path / "model.pt"
    original.write_text("uploaded", encoding="utf-8")
    [artifact] = model.upload_artifact(original)
    original.write_text("changed since", encoding="utf-8")
    place = model.download_artifact(artifact.id, tmp_path / "downloads")
    assert place == tmp_path / "downloads" / "model.pt"
    assert place.read_text(encoding="utf-8") == "uploaded"
    assert original.read_text(encoding="utf-8") == "changed since"


def test_a_new_model_and_version_keep_artifacts_and_metadata(client: ModelBox) -> None:
    """Published: both were dropped."""
    model = client.new_model("net", artifacts=["a.pt"], metadata={"k": 1})
    version = model.new_model_version(artifacts=["b.pt", "c.pt"], metadata={"k": 2})
    assert [artifact.path for artifact in model.artifacts()] == ["a.pt"]
    assert {artifact.path for artifact in version.artifacts()} == {"b.pt", "c.pt"}
    assert (model.metadata(), version.metadata()) == ({"k": 1}, {"k": 2})


def test_model_versions_are_listed(model: Model) -> None:
    """Published: it raised."""
    versions = [model.new_model_version() for _ in range(3)]
    assert model.model_versions() == versions[::-1]


def test_a_watch_begins_where_it_was_asked_to(client: ModelBox, model: Model) -> None:
    """Published: `since` was ignored, and only creations were told."""
    model.update_metadata("k", 1)
    assert [change.type for change in islice(client.watch("demo", since=0), 2)] == ["ModelCreated", "MetadataUpdated"]
