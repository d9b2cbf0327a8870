"""Events of experiments, runs, checkpoints and datasets, and of objects of any kind, for the tests of projections."""

from datetime import UTC, datetime
from types import UnionType
from typing import Any, Final, get_args, get_origin
from uuid import UUID

from msgspec.structs import fields as fields_of

from modelbox_events import ChangeEvent, Log, Position, StreamRef, object_id
from modelbox_events.event import Kind
from modelbox_events.types.artifact import TrackedFile
from modelbox_events.types.checkpoint import CheckpointCreated
from modelbox_events.types.dataset import DatasetCreated
from modelbox_events.types.experiment import ExperimentCreated
from modelbox_events.types.lineage import LineageLinked
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_events.types.objects import (
    EventLogged,
    HyperparametersLogged,
    ObjectDeleted,
    ObjectRestored,
    ObjectUpdated,
)
from modelbox_events.types.run import RunCreated, RunEnded, RunResumed, Source
from modelbox_projections.objects.kinds import KINDS
from tests.integration.projections_support import NAMESPACE, append, create_model, version_created

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = Source(
    repository="https://example.org/digits.git",
    commit="c0ffee",
    branch="main",
    dirty=False,
    entry_point="train.py",
    user="ada",
    host="box",
    python_version="3.13.1",
    platform="Linux",
    dependencies={"numpy": "2.0"},
)
ANY_ID = UUID(int=1, version=4)
_EMPTY: Final[dict[Any, Any]] = {UUID: ANY_ID, str: "", int: 1, bool: False, datetime: BEGIN, dict: {}, list: []}


def creation_of(kind: Kind, object_id_: UUID, **fields: Any) -> ChangeEvent:
    """Return the event that creates an object of any kind.

    What is not given is as empty as the field's type allows; texts that tell an object from others are its id.
    """
    creation = KINDS[kind].creation
    types = {field.name: field.type for field in fields_of(creation) if field.required}
    given: dict[str, Any] = {str(KINDS[kind].target.id_at[0]): object_id_, **fields}
    own = {name: str(object_id_) for name in ("name", "version", "digest") if types.get(name) is str}
    created: ChangeEvent = creation(**{name: _empty(of) for name, of in types.items()} | own | given)
    return created


def _empty(of: Any) -> Any:
    return None if get_origin(of) is UnionType and type(None) in get_args(of) else _EMPTY[get_origin(of) or of]


def experiment_ref(name: str, namespace: str = NAMESPACE) -> StreamRef:
    """Return the stream of the experiment of this name."""
    return StreamRef(namespace, "experiment", object_id("experiment", namespace, name))


def run_ref(number: int) -> StreamRef:
    """Return the stream of a run."""
    return StreamRef(NAMESPACE, "run", UUID(int=number))


def experiment_created(stream: StreamRef, name: str = "e", **fields: Any) -> ExperimentCreated:
    """Return the event that creates an experiment."""
    about: dict[str, Any] = {"name": name, "owner": "ada", "framework": "PYTORCH", "task": "", "description": ""}
    about |= {"external_id": "", "parent_id": None, "labels": {}, "metadata": {}, **fields}
    return ExperimentCreated(experiment_id=stream.id, **about)


def run_created(stream: StreamRef, experiment_id: UUID, **fields: Any) -> RunCreated:
    """Return the event that creates a run."""
    about: dict[str, Any] = {"name": "r", "owner": "ada", "parent_id": None, "started_at": BEGIN, "source": None}
    about |= {"comment": "", "labels": {}, "metadata": {}, "hyperparameters": {}, **fields}
    return RunCreated(run_id=stream.id, experiment_id=experiment_id, **about)


def checkpoint_created(experiment_id: UUID, run_id: UUID | None = None, **fields: Any) -> CheckpointCreated:
    """Return the event that creates a training checkpoint, keyed by `epoch` or `step`."""
    about: dict[str, Any] = {"epoch": None, "step": None, "metrics": {}, "labels": {}, "metadata": {}, "files": []}
    about |= fields
    word, number = ("step", about["step"]) if about["epoch"] is None else ("epoch", about["epoch"])
    checkpoint_id = object_id("checkpoint", str(run_id or experiment_id), word, str(number))
    return CheckpointCreated(checkpoint_id=checkpoint_id, experiment_id=experiment_id, run_id=run_id, **about)


def checkpoint_ref(created: CheckpointCreated) -> StreamRef:
    """Return the stream of a training checkpoint."""
    return StreamRef(NAMESPACE, "checkpoint", created.checkpoint_id)


def dataset_created(name: str, **fields: Any) -> DatasetCreated:
    """Return the event that registers a dataset."""
    about: dict[str, Any] = {"location": "", "digest": "sha256:00", "columns": [], "row_count": None}
    about |= {"column_count": None, "labels": {}, "metadata": {}, **fields}
    return DatasetCreated(dataset_id=object_id("dataset", NAMESPACE, name, about["digest"]), name=name, **about)


def dataset_ref(created: DatasetCreated) -> StreamRef:
    """Return the stream of a dataset."""
    return StreamRef(NAMESPACE, "dataset", created.dataset_id)


def updated(object_id_: UUID, **fields: Any) -> ObjectUpdated:
    """Return the event that changes what is known of an object; what is not named stays."""
    about: dict[str, Any] = dict.fromkeys(("owner", "description", "task", "comment"))
    about |= {"labels": {}, "labels_removed": [], **fields}
    return ObjectUpdated(object_id=object_id_, **about)


async def write_every_kind(log: Log) -> None:
    """Create an experiment, a run, a checkpoint and a dataset, and have everything happen to them that can."""
    experiment, run = experiment_ref("e"), run_ref(1)
    data = dataset_created("d", labels={"a": "1"}, metadata={"a": [1]})
    file = TrackedFile(id=UUID(int=8), path="s3://c", file_type="CHECKPOINT", checksum="1")
    made = checkpoint_created(experiment.id, run.id, epoch=1, metrics={"acc": 0.5, "loss": "NaN"}, files=[file])
    await append(log, dataset_ref(data), data, ObjectDeleted(object_id=data.dataset_id))
    await append(log, experiment, experiment_created(experiment, labels={"a": "1"}))
    await append(log, run, run_created(run, experiment.id, source=SOURCE, hyperparameters={"lr": 0.1}))
    await append(log, checkpoint_ref(made), made)
    reported: dict[str, Any] = {"id": UUID(int=7), "name": "n", "source": "s", "wallclock": BEGIN, "metadata": {"a": 1}}
    await append(
        log,
        run,
        LineageLinked(from_id=data.dataset_id, to_id=run.id, relation="training"),
        HyperparametersLogged(object_id=run.id, hyperparameters={"lr": 0.2, "seed": 1}),
        EventLogged(object_id=run.id, **reported),
        updated(run.id, owner="bob", labels={"b": "2"}, labels_removed=["a"]),
        RunEnded(run_id=run.id, status="failed", ended_at=BEGIN, reason="r"),
        RunResumed(run_id=run.id, resumed_at=BEGIN, reason=""),
    )
    await append(log, dataset_ref(data), ObjectRestored(object_id=data.dataset_id))


async def touch_every_object(log: Log) -> None:
    """Write metadata of every object that has a stream of its own, a model version too; create one of kinds without."""
    version = version_created(await create_model(log, "touched"), "1")
    await append(log, StreamRef(NAMESPACE, "model_version", version.model_version_id), version)
    written = await log.read(Position(0), limit=1000)
    streams = {StreamRef(event.namespace, event.stream_type, event.stream_id) for event in written}
    for kind in KINDS.keys() - {event.stream_type for event in written}:
        other = StreamRef(NAMESPACE, kind, object_id(kind, NAMESPACE, "touched"))
        await append(log, other, creation_of(kind, other.id))
        streams.add(other)
    for stream in streams:
        await append(log, stream, MetadataUpdated(object_id=stream.id, metadata={"touched": True}))
