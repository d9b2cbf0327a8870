"""What was published of ModelBox's Python SDK is here, under its name, takes what it took and does what it says."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import modelbox
from modelbox import (
    Artifact,
    ArtifactMime,
    Checkpoint,
    Event,
    EventSource,
    Experiment,
    LocalFile,
    MetricValue,
    MLFramework,
    Model,
    ModelBox,
    ModelBoxClient,
    ModelVersion,
)
from modelbox.proto import modelstore_pb2 as pb
from tests.integration.sdk_server import SdkServer

SELF = object()

CALLS: dict[Callable[..., Any], tuple[tuple[Any, ...], dict[str, Any]]] = {
    ModelBox: ((), {"addr": ""}),
    ModelBox.new_experiment: ((SELF, "name", "owner", "namespace", "external_id", MLFramework.PYTORCH), {}),
    ModelBox.experiment: ((SELF, "id"), {}),
    ModelBox.experiments: ((SELF, "namespace"), {}),
    ModelBox.new_model: (
        (SELF, "name", "owner", "namespace", "task", "description"),
        {"artifacts": [], "metadata": {}},
    ),
    ModelBox.model: ((SELF, "id"), {}),
    ModelBox.models: ((SELF, "namespace"), {}),
    Experiment.parent: ((SELF,), {}),
    Experiment.children: ((SELF,), {}),
    Experiment.new_checkpoint: ((SELF, 1, {"loss": 0.5}), {}),
    Experiment.checkpoints: ((SELF,), {}),
    Model.new_model_version: (
        (SELF, "version", "name", "description", []),
        {"metadata": {}, "unique_tags": [], "framework": MLFramework.PYTORCH},
    ),
    Model.model_versions: ((SELF,), {}),
    LocalFile: (("path", "", ArtifactMime.Unknown), {}),
    LocalFile.from_path: (("path", ""), {}),
    Artifact: ((), {"parent": "", "path": "", "mime_type": ArtifactMime.Text, "checksum": "", "id": ""}),
    Artifact.download: ((SELF, "dst_path"), {}),
    Event: (("name", EventSource("source"), 1_700_000_000, {}), {}),
    MetricValue: ((1, 1_700_000_000, 0.5), {}),
    ModelBoxClient: (("addr",), {}),
}

ON_OBJECTS: dict[str, tuple[Any, ...]] = {
    "log_metrics": ({"loss": 0.5}, 1, 1_700_000_000),
    "all_metrics": (),
    "update_metadata": ("key", "value"),
    "metadata": (),
    "log_event": (Event("name"),),
    "events": (),
    "artifacts": (),
    "track_artifacts": (["path"],),
    "upload_artifact": (["path"],),
    "download_artifact": ("id", "path"),
    "track_file": ("artifact_name", LocalFile("path")),
    "upload_file": ("artifact_name", LocalFile("path")),
}

LOW_LEVEL = (
    "create_experiment",
    "update_metadata",
    "log_metrics",
    "get_all_metrics",
    "create_model",
    "upload_artifact",
    "download_asset",
    "download_artifact",
    "track_artifacts",
    "list_artifacts",
    "log_event",
    "list_events",
    "list_metadata",
    "list_models",
    "list_experiments",
    "create_model_version",
    "list_model_versions",
    "get_experiment",
    "create_checkpoint",
    "list_checkpoints",
    "close",
)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__qualname__)
def test_published_calls_take_what_they_took(call: Callable[..., Any]) -> None:
    arguments, named = CALLS[call]
    inspect.signature(call).bind(*arguments, **named)


@pytest.mark.parametrize("kind", [Experiment, Model, ModelVersion, Checkpoint])
@pytest.mark.parametrize("name", ON_OBJECTS)
def test_published_methods_of_objects_take_what_they_took(kind: type, name: str) -> None:
    inspect.signature(getattr(kind, name)).bind(SELF, *ON_OBJECTS[name])


def test_published_fields_and_members_are_there(client: ModelBox, model: Model) -> None:
    experiment = client.new_experiment("e", "o", "n", "x", MLFramework.TENSORFLOW)
    for name in ("id", "name", "owner", "namespace", "external_id", "created_at", "updated_at", "framework"):
        assert getattr(experiment, name)
    assert {"UNKNOWN", "PYTORCH", "TENSORFLOW"} <= set(MLFramework.__members__)
    for name in ("Unknown", "ModelVersion", "Checkpoint", "Text", "Image", "Video", "Audio"):
        assert name in ArtifactMime.__members__
    version = model.new_model_version("1", unique_tags=["production"])
    assert (version.model_id, version.version, version.unique_tags) == (model.id, "1", ("production",))
    assert all(callable(getattr(ModelBoxClient, name)) for name in LOW_LEVEL)
    assert set(modelbox.__all__) >= {"ModelBox", "ModelBoxClient", "Event", "EventSource", "LocalFile", "MetricValue"}


def test_all_metrics_has_step_time_and_value(client: ModelBox) -> None:
    experiment = client.new_experiment("e")
    experiment.log_metrics({"loss": 0.5, "text": "a"}, step=2, wallclock=1_700_000_000)
    assert experiment.all_metrics() == {
        "loss": [MetricValue(2, 1_700_000_000, 0.5)],
        "text": [MetricValue(2, 1_700_000_000, "a")],
    }
    assert experiment.all_metrics()["loss"][0].wallclock_time == 1_700_000_000


def test_named_artifacts_hold_files(model: Model, tmp_path: Path) -> None:
    (tmp_path / "net.pt").write_bytes(b"weights")
    uploaded = model.upload_file("weights", LocalFile.from_path(tmp_path / "net.pt"))
    tracked = model.track_file("weights", LocalFile("s3://b/net.onnx"))
    assert (uploaded.path, tracked.path) == ("weights/net.pt", "s3://b/net.onnx")
    assert tracked.metadata() == {"artifact_name": "weights"}
    assert uploaded.download(tmp_path / "out").read_bytes() == b"weights"
    assert (tmp_path / "out" / "weights" / "net.pt").exists()


def test_the_low_level_client_speaks_the_calls_of_the_service(sdk_server: SdkServer) -> None:
    with ModelBoxClient(sdk_server.address) as low:
        created = low.create_experiment("e", "o", "n", "x", pb.PYTORCH)
        assert not created.experiment_exists
        experiment = low.get_experiment(created.experiment_id).experiment
        assert (experiment.name, experiment.framework) == ("e", pb.PYTORCH)
        assert [one.id for one in low.list_experiments("n").experiments] == [experiment.id]
        for value in (MetricValue(1, 1_700_000_000, 0.1), MetricValue(2, 1_700_000_000, 0.2)):
            low.log_metrics(experiment.id, "loss", value)
        low.log_metrics(experiment.id, "text", MetricValue(0, 1_700_000_000.5, "a"))
        low.log_metrics(experiment.id, "blob", MetricValue(0, 1_700_000_000, b"b"))
        points = low.get_all_metrics(experiment.id)
        assert [point.value for point in points["loss"]] == [0.1, 0.2]
        assert (points["text"][0].value, points["blob"][0].value) == ("a", b"b")
        low.update_metadata(experiment.id, "a/b", {"c": [1, None]})
        assert low.list_metadata(experiment.id) == {"a/b": {"c": [1, None]}}
        low.log_event(experiment.id, Event("deployed", EventSource("ci"), 1_700_000_000, {"to": "eu"}))
        [event] = low.list_events(experiment.id).events
        assert (event.name, event.source.name, event.metadata.json["to"]) == ("deployed", "ci", '"eu"')
        checkpoint = low.create_checkpoint(experiment.id, 3, [], {"loss": 0.5}).checkpoint_id
        assert [one.id for one in low.list_checkpoints(experiment.id).checkpoints] == [checkpoint]


def test_the_low_level_client_creates_models_and_moves_files(sdk_server: SdkServer, tmp_path: Path) -> None:
    (tmp_path / "net.pt").write_bytes(b"weights" * 1_000)
    with ModelBoxClient(sdk_server.address) as low:
        model_id = low.create_model("m", "o", "n", "asr", "d", metadata={"k": 1}).id
        version = low.create_model_version(
            model_id, "1", "name", "d", [pb.FileMetadata(path="s3://b/x")], framework_proto=pb.KERAS, unique_tags=["p"]
        )
        assert [one.id for one in low.list_models("n").models] == [model_id]
        [listed] = low.list_model_versions(model_id).models
        assert (listed.id, list(listed.unique_tags)) == (version.model_version, ["p"])
        uploaded = low.upload_artifact(model_id, tmp_path / "net.pt", pb.CHECKPOINT)
        tracked = low.track_artifacts([pb.FileMetadata(parent_id=model_id, path="s3://b/y")])
        assert tracked.num_files_tracked == 1
        listed_files = {file.id: file.file_type for file in low.list_artifacts(model_id).files}
        assert listed_files[uploaded.id] == pb.CHECKPOINT
        target = tmp_path / "again.pt"
        target.write_bytes(b"older")
        downloaded = low.download_artifact(uploaded.id, str(target))
        assert (downloaded.path, downloaded.checksum) == (str(target), uploaded.sha256)
        assert target.read_bytes() == (tmp_path / "net.pt").read_bytes()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["again.pt", "blobs", "net.pt"]
        assert low.download_asset(uploaded.id, target).id == uploaded.id
