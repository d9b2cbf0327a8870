"""Draws logs: events of every type, and what a projection may meet of their order."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from modelbox_events import ChangeEvent
from modelbox_events.types.artifact import ArtifactsTracked, ArtifactUploaded, TrackedFile, UploadedFile
from modelbox_events.types.checkpoint import CheckpointCreated
from modelbox_events.types.dataset import DatasetColumn, DatasetCreated
from modelbox_events.types.experiment import ExperimentCreated
from modelbox_events.types.lineage import LineageLinked
from modelbox_events.types.metadata import MetadataRemoved, MetadataUpdated
from modelbox_events.types.metrics import Double, DoubleSeries, MetricsLogged, Series, StringSeries
from modelbox_events.types.model import ModelCreated
from modelbox_events.types.model_version import ModelVersionCreated, UniqueTagMoved, UniqueTagRemoved
from modelbox_events.types.objects import (
    EventLogged,
    HyperparametersLogged,
    ObjectDeleted,
    ObjectRestored,
    ObjectUpdated,
)
from modelbox_events.types.run import RunCreated, RunEnded, RunResumed, Source

KINDS = ["model", "model_version", "experiment", "run", "checkpoint", "dataset"]
IDS = [UUID(int=number) for number in range(len(KINDS))]
ids = st.sampled_from(IDS)
maybe_ids = st.none() | ids
keys = st.sampled_from(["a", "b", "c"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False, allow_infinity=False), st.lists
)
json_objects = st.dictionaries(keys, values, max_size=3)
labels = st.dictionaries(keys, keys, max_size=2)
times = st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 2), timezones=st.just(UTC))  # noqa: DTZ001  # its bounds
_doubles: list[Double] = [-0.0, 0.0, 1.5, -3.0, "NaN", "Infinity", "-Infinity"]
doubles = st.sampled_from(_doubles)
metrics = st.dictionaries(keys, doubles, max_size=2)
file = st.builds(TrackedFile, id=ids, path=keys, file_type=st.just("MODEL"), checksum=keys)
content = {"path": keys, "file_type": keys, "size": st.integers(0, 9), "sha256": keys, "md5": keys}
uploaded_file = st.builds(UploadedFile, id=ids, **content)
files = st.lists(file, max_size=3)
sources = st.none() | st.builds(
    Source,
    repository=st.sampled_from(["", "r"]),
    commit=keys,
    dirty=st.booleans(),
    dependencies=labels,
    **dict.fromkeys(("branch", "entry_point", "user", "host", "python_version", "platform"), keys),
)


@st.composite
def few_points(draw: st.DrawFn) -> DoubleSeries:
    """Draw a few points in any order, some at the same place, with values that are no numbers."""
    points = draw(st.lists(st.tuples(st.integers(-2, 2), st.sampled_from([0.5, 1.5]), doubles), max_size=5))
    return DoubleSeries(
        key=draw(keys),
        steps=[step for step, _, _ in points],
        wallclock_s=[wallclock_s for _, wallclock_s, _ in points],
        values=[value for _, _, value in points],
    )


@st.composite
def logged(draw: st.DrawFn) -> MetricsLogged:
    """Draw points; up to several chunks of them, in one or more series."""
    count = draw(st.sampled_from([0, 1, 3, 1023, 1024, 2500]))
    many = DoubleSeries(
        key=draw(keys), steps=list(range(count)), wallclock_s=[0.5] * count, values=[draw(st.floats(-1, 1))] * count
    )
    strings = StringSeries(key=draw(keys), steps=[7], wallclock_s=[1.0], values=[draw(keys)])
    series: list[Series] = draw(st.sampled_from([[], [many], [many, strings, many]]))
    return MetricsLogged(object_id=draw(ids), series=[*series, draw(few_points())])


texts = st.none() | keys
updates: st.SearchStrategy[ChangeEvent] = st.one_of(
    logged(),
    st.builds(MetadataUpdated, object_id=ids, metadata=json_objects),
    st.builds(MetadataRemoved, object_id=ids, keys=st.lists(keys, max_size=2)),
    st.builds(HyperparametersLogged, object_id=ids, hyperparameters=json_objects),
    st.builds(ArtifactsTracked, object_id=ids, files=files),
    st.builds(ArtifactUploaded, object_id=ids, id=ids, **content),
    st.builds(EventLogged, object_id=ids, id=ids, name=keys, source=keys, wallclock=times, metadata=json_objects),
    st.builds(
        ObjectUpdated,
        object_id=ids,
        owner=texts,
        description=texts,
        task=texts,
        comment=texts,
        labels=labels,
        labels_removed=st.lists(keys, max_size=2),
    ),
    st.builds(ObjectDeleted, object_id=ids),
    st.builds(ObjectRestored, object_id=ids),
    st.builds(LineageLinked, from_id=ids, to_id=ids, relation=keys),
    st.builds(RunEnded, run_id=ids, status=st.sampled_from(["finished", "failed"]), ended_at=times, reason=keys),
    st.builds(RunResumed, run_id=ids, resumed_at=times, reason=keys),
    st.builds(UniqueTagMoved, model_id=ids, tag=keys, model_version_id=ids, from_model_version_id=maybe_ids),
    st.builds(UniqueTagRemoved, model_id=ids, tag=keys, model_version_id=ids),
)


def kind_of(object_id: UUID) -> str:
    """Return the kind of the object that has this id."""
    return KINDS[object_id.int]


def creation(object_id: UUID, name: str) -> st.SearchStrategy[ChangeEvent]:
    """Draw the creation of the object with this id, with a name that no other has."""
    own: dict[str, Any] = {"labels": labels, "metadata": json_objects}
    named: dict[str, Any] = {"name": st.just(name), **own}
    about: dict[str, Any] = {"owner": keys, "task": keys, "description": keys, **named}
    match kind_of(object_id):
        case "model":
            return st.builds(ModelCreated, model_id=st.just(object_id), files=files, **about)
        case "model_version":
            return _model_version(object_id, st.just(name), named)
        case "experiment":
            of_experiment = {"framework": keys, "external_id": keys, "parent_id": maybe_ids}
            return st.builds(ExperimentCreated, experiment_id=st.just(object_id), **of_experiment, **about)
        case "run":
            return _run(object_id, named)
        case "checkpoint":
            return st.sampled_from([(3, None), (None, 4)]).flatmap(lambda place: _checkpoint(object_id, place, own))
        case _:
            return _dataset(object_id, named)


def _model_version(
    object_id: UUID, version: st.SearchStrategy[str], named: dict[str, Any]
) -> st.SearchStrategy[ChangeEvent]:
    return st.builds(
        ModelVersionCreated,
        model_id=ids,
        model_version_id=st.just(object_id),
        version=version,
        description=keys,
        framework=keys,
        unique_tags=st.lists(keys),
        files=files,
        uploaded=st.lists(uploaded_file, max_size=2),
        experiment_id=maybe_ids,
        run_id=maybe_ids,
        checkpoint_id=maybe_ids,
        metrics=metrics,
        step=st.integers(-2, 2),
        **named,
    )


def _run(object_id: UUID, named: dict[str, Any]) -> st.SearchStrategy[ChangeEvent]:
    return st.builds(
        RunCreated,
        run_id=st.just(object_id),
        experiment_id=ids,
        owner=keys,
        parent_id=maybe_ids,
        started_at=times,
        source=sources,
        comment=keys,
        hyperparameters=json_objects,
        **named,
    )


def _checkpoint(
    object_id: UUID, place: tuple[int | None, int | None], own: dict[str, Any]
) -> st.SearchStrategy[ChangeEvent]:
    epoch, step = (st.just(number) for number in place)
    key = {"epoch": epoch, "step": step}
    parents = {"experiment_id": ids, "run_id": maybe_ids}
    created = st.just(object_id)
    return st.builds(CheckpointCreated, checkpoint_id=created, metrics=metrics, files=files, **key, **parents, **own)


def _dataset(object_id: UUID, named: dict[str, Any]) -> st.SearchStrategy[ChangeEvent]:
    return st.builds(
        DatasetCreated,
        dataset_id=st.just(object_id),
        location=keys,
        digest=keys,
        columns=st.lists(st.builds(DatasetColumn, name=keys, type=keys, summary=values), max_size=2),
        row_count=st.none() | st.integers(0, 9),
        column_count=st.none() | st.integers(0, 9),
        **named,
    )


@st.composite
def logs(draw: st.DrawFn) -> list[ChangeEvent]:
    """Draw a log: some updates, and a few creations among them, each of an id of its own."""
    events = draw(st.lists(updates, max_size=30))
    for number, object_id in enumerate(draw(st.lists(ids, unique=True))):
        events.insert(draw(st.integers(0, len(events))), draw(creation(object_id, str(number))))
    return events
