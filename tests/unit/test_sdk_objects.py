"""What the client knows without a server: ids, kinds of objects, events, comparisons, ranks."""

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from modelbox import (
    Artifact,
    ArtifactMime,
    Event,
    EventSource,
    FileType,
    InvalidFieldError,
    MetricSummary,
    MLFramework,
    Run,
    RunStatus,
    is_rank_zero,
)
from modelbox.comparison import comparison_of
from modelbox.enums import _WireEnum
from modelbox.ids import object_id
from modelbox.keyed import Keys
from modelbox.kinds.checkpoint import CHECKPOINTS
from modelbox.kinds.dataset import DATASETS
from modelbox.kinds.experiment import EXPERIMENTS
from modelbox.kinds.model import MODELS
from modelbox.kinds.model_version import MODEL_VERSIONS
from modelbox.kinds.run import RUNS
from modelbox.logged_events import event_of, wire_event
from modelbox.objects import Kind
from modelbox.proto import modelstore_pb2 as pb
from modelbox.session import Session
from modelbox_events import object_id as object_id_of_the_server

ADDRESS = "localhost:1"
RANK_VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "SLURM_PROCID", "SLURM_NTASKS")


@pytest.mark.parametrize(
    "key", [("experiment", "default", "ü/a"), ("checkpoint", "id", "epoch", "3"), ("a", "b\t", "")]
)
def test_ids_are_those_of_the_server(key: tuple[str, ...]) -> None:
    assert object_id(*key) == str(object_id_of_the_server(*key))


@pytest.mark.parametrize(("ours", "theirs"), [(MLFramework, pb.MLFramework), (FileType, pb.FileType)])
def test_enums_are_those_of_the_wire(ours: type[_WireEnum], theirs: Any) -> None:
    assert {member.name: member.value for member in ours} == dict(theirs.items())


def test_states_of_runs_are_those_of_the_wire() -> None:
    assert [member.value for member in RunStatus] == list(pb.RunStatus.values())
    assert {member.name for member in RunStatus if member.value} <= set(pb.RunStatus.keys())
    assert [status.name for status in RunStatus if status.ended] == ["FINISHED", "FAILED", "KILLED"]


def test_published_names_of_file_types_are_second_names() -> None:
    names = ("Unknown", "ModelVersion", "Checkpoint", "Text", "Image", "Audio", "Video")
    assert [getattr(ArtifactMime, name) for name in names] == list(FileType)
    assert FileType.parse("audio", field="mime_type") is FileType.AUDIO
    with pytest.raises(InvalidFieldError, match=r"UNDEFINED, MODEL, CHECKPOINT, TEXT, IMAGE, AUDIO, VIDEO$"):
        FileType.parse("sound", field="mime_type")


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (EXPERIMENTS, pb.Experiment(id="1", framework=pb.PYTORCH, labels={"env": "prod"})),
        (RUNS, pb.Run(id="1", status=pb.FAILED, source=pb.Source(commit="c"), labels={"env": "prod"})),
        (CHECKPOINTS, pb.Checkpoint(id="1", epoch=3, doubles={"loss": 0.5}, labels={"env": "prod"})),
        (DATASETS, pb.Dataset(id="1", row_count=0, columns=[pb.DatasetColumn(name="a")], labels={"env": "prod"})),
        (MODELS, pb.Model(id="1", labels={"env": "prod"})),
        (MODEL_VERSIONS, pb.ModelVersion(id="1", unique_tags=["b", "a"], labels={"env": "prod"})),
    ],
)
def test_objects_of_every_kind_are_read_from_the_wire(kind: Kind[Any], message: Any) -> None:
    message.created_at.FromDatetime(datetime(2030, 1, 2, tzinfo=UTC))
    message.updated_at.FromDatetime(datetime(2030, 1, 3, tzinfo=UTC))
    read = kind.of(Session(ADDRESS), message, exists=False)
    assert (read.id, read.exists, read.deleted_at) == ("1", False, None)
    assert (read.created_at, read.updated_at) == (datetime(2030, 1, 2, tzinfo=UTC), datetime(2030, 1, 3, tzinfo=UTC))
    assert read.labels == {"env": "prod"}
    assert read == kind.of(Session(ADDRESS), message)
    assert hash(read) == hash(kind.of(Session(ADDRESS), message))
    assert "_session" not in repr(read)
    message.deleted_at.FromDatetime(datetime(2030, 1, 4, tzinfo=UTC))
    assert kind.of(Session(ADDRESS), message).deleted_at == datetime(2030, 1, 4, tzinfo=UTC)


def test_a_checkpoint_is_keyed_by_its_epoch_or_its_step() -> None:
    session = Session(ADDRESS)
    by_epoch = CHECKPOINTS.of(session, pb.Checkpoint(epoch=0))
    by_step = CHECKPOINTS.of(session, pb.Checkpoint(step=0))
    assert (by_epoch.epoch, by_epoch.step) == (0, None)
    assert (by_step.epoch, by_step.step) == (None, 0)
    experiment = EXPERIMENTS.of(session, pb.Experiment(id="1"))
    wrong: dict[str, Any]
    for wrong in ({}, {"epoch": 1, "step": 1}, {"epoch": -1}, {"step": 0.5}):
        with pytest.raises(InvalidFieldError):
            experiment.new_checkpoint(**wrong)
    with pytest.raises(InvalidFieldError, match="needs a number"):
        experiment.new_checkpoint(1, {"loss": "low"})


def test_an_event_keeps_its_parts_and_its_time_to_the_microsecond() -> None:
    event = Event("deployed", EventSource("pipeline"), 1_700_000_000.123456, {"to": ["eu", 1]})
    assert event_of(wire_event(event)) == event
    zoned = datetime(2030, 1, 2, 3, tzinfo=timezone(timedelta(hours=3)))
    assert event_of(wire_event(Event("a", wallclock_time=zoned))).wallclock_time == zoned.timestamp()
    with pytest.raises(InvalidFieldError, match="event: needs an Event"):
        wire_event({"name": "a"})  # type: ignore[arg-type]  # that is the test
    with pytest.raises(InvalidFieldError, match="time zone"):
        wire_event(Event("a", wallclock_time=datetime(2030, 1, 2)))  # noqa: DTZ001  # that is the test


def test_an_artifact_made_by_hand_says_that_it_has_no_client() -> None:
    made = Artifact("parent", "model.pt", ArtifactMime.ModelVersion)
    assert made == Artifact(parent="parent", path="model.pt", mime_type=FileType.MODEL, checksum="", id="")
    with pytest.raises(InvalidFieldError, match="made without a client"):
        made.download()
    with pytest.raises(InvalidFieldError, match="made without a client"):
        made.log_metrics({"a": 1.0})


def run(name: str, *, params: dict[str, Any], metrics: dict[str, float], seconds: int | None = None) -> Run:
    started = datetime(2030, 1, 2, tzinfo=UTC)
    values: dict[str, Any] = {field.name: "" for field in fields(Run)} | {
        "name": name,
        "status": RunStatus.FINISHED if seconds else RunStatus.RUNNING,
        "started_at": started,
        "ended_at": None if seconds is None else started + timedelta(seconds=seconds),
        "_keys": Keys(
            params=params, summaries={key: MetricSummary(value, value, value, 1, 1) for key, value in metrics.items()}
        ),
    }
    del values["_process"]
    return Run(**values)


def test_a_comparison_shows_what_differs() -> None:
    first = run("first", params={"lr": 0.1, "seed": 1, "layers": [64]}, metrics={"loss": 0.5}, seconds=60)
    second = run("second", params={"lr": 0.2, "seed": 1}, metrics={"acc": 0.9})
    compared = comparison_of([first, second])
    columns = ("name", "status", "duration_s", "params.layers", "params.lr", "metrics.acc", "metrics.loss")
    assert compared.columns == columns
    assert compared.rows() == [
        dict(zip(columns, ("first", "finished", 60.0, [64], 0.1, None, 0.5), strict=True)),
        dict(zip(columns, ("second", "running", None, None, 0.2, 0.9, None), strict=True)),
    ]
    assert compared.to_dict()["params.lr"] == [0.1, 0.2]
    assert comparison_of([first]).columns == ("name", "status", "duration_s", "metrics.loss")
    assert comparison_of([]).rows() == []


@pytest.mark.parametrize(
    ("environment", "zero"),
    [
        ({}, True),
        ({"RANK": "0", "WORLD_SIZE": "4"}, True),
        ({"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "2"}, False),
        ({"RANK": "1", "WORLD_SIZE": "1"}, True),
        ({"SLURM_PROCID": "1", "SLURM_NTASKS": "2"}, False),
        ({"SLURM_PROCID": "0", "SLURM_NTASKS": "2"}, True),
        ({"LOCAL_RANK": "1", "WORLD_SIZE": "2"}, False),
        ({"RANK": "one", "WORLD_SIZE": "4"}, True),
    ],
)
def test_the_rank_is_told_by_the_environment(
    environment: dict[str, str], zero: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in RANK_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    assert is_rank_zero() is zero


def test_a_state_and_a_framework_print_their_names() -> None:
    assert f"{RunStatus.FINISHED} {MLFramework.PYTORCH!s:>8} {FileType.MODEL:d}" == "FINISHED  PYTORCH 1"
    assert json.dumps({"status": RunStatus.FINISHED}) == '{"status": 2}'
