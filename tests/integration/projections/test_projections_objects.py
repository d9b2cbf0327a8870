"""What the views answer about experiments, runs, checkpoints and datasets, and what every kind of object has."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from modelbox_events import ChangeEvent, Log, StreamRef
from modelbox_events.types.artifact import TrackedFile
from modelbox_events.types.dataset import DatasetColumn
from modelbox_events.types.objects import HyperparametersLogged, ObjectDeleted, ObjectRestored
from modelbox_events.types.run import RunEnded, RunResumed
from modelbox_projections import PROJECTIONS, Views, heartbeats, prepare
from modelbox_projections.artifacts.queries import Artifacts
from modelbox_projections.checkpoints.kind import Checkpoints
from modelbox_projections.datasets.kind import Datasets
from modelbox_projections.experiments.kind import Experiments
from modelbox_projections.limits import HEARTBEAT_LOST_S
from modelbox_projections.metadata.queries import Metadata
from modelbox_projections.model_versions.kind import ModelVersions
from modelbox_projections.models.kind import Models
from modelbox_projections.namespaces.queries import Namespaces
from modelbox_projections.objects.queries import Objects
from modelbox_projections.runs.kind import Runs
from tests.integration.projections.projections_objects import (
    BEGIN,
    SOURCE,
    checkpoint_created,
    checkpoint_ref,
    dataset_created,
    dataset_ref,
    experiment_created,
    experiment_ref,
    run_created,
    run_ref,
    updated,
)
from tests.integration.projections_support import (
    append,
    assert_rows_are_what_the_log_gives,
    create_model,
    model_created,
    model_ref,
    points,
    settled,
    version_created,
)

EXPERIMENT = experiment_ref("e")
RUN = run_ref(1)


async def create(log: Log, stream: StreamRef, *events: ChangeEvent) -> StreamRef:
    await append(log, stream, *events)
    return stream


async def set_heartbeat(log: Log, run_id: uuid.UUID, age: timedelta) -> None:
    """Let a run have been heard of so long ago."""
    await heartbeats.record(log.database, [run_id])
    async with log.database.acquire() as connection:
        await connection.execute(
            "UPDATE modelbox_views.run_heartbeats SET at = at - $2::interval WHERE run_id = $1", run_id, age
        )


async def status_of(views: Views, run_id: uuid.UUID) -> str:
    row = await views.of(Runs).get(run_id)
    assert row is not None
    return row.status


async def test_an_experiment_is_as_it_was_created_and_updated(dsn: str, log: Log) -> None:
    await prepare(dsn)
    parent = await create(log, experiment_ref("parent"), experiment_created(experiment_ref("parent"), "parent"))
    about: dict[str, Any] = {
        "task": "vision",
        "description": "d",
        "external_id": "x",
        "parent_id": parent.id,
        "labels": {"a": "1"},
    }
    await create(log, EXPERIMENT, experiment_created(EXPERIMENT, metadata={"m": 1}, **about))
    last = await append(log, EXPERIMENT, updated(EXPERIMENT.id, owner="bob", labels={"b": "é", "a": "2"}))
    views = await settled(log)
    row = await views.of(Experiments).get(EXPERIMENT.id)
    assert row is not None
    assert (row.namespace, row.name, row.owner, row.framework) == ("tests", "e", "bob", "PYTORCH")
    assert (row.task, row.description, row.external_id, row.parent_id) == ("vision", "d", "x", parent.id)
    assert (row.labels, row.deleted_at) == ({"a": "2", "b": "é"}, None)
    assert row.created_at < row.updated_at == last.recorded_at
    assert await views.of(Metadata).of(EXPERIMENT.id) == {"m": b"1"}
    other = uuid.uuid4()
    found = await views.of(Experiments).of_many([other, EXPERIMENT.id, parent.id])
    assert list(found) == [EXPERIMENT.id, parent.id]
    assert await views.of(Experiments).get(other) is None


async def test_every_kind_of_object_is_updated_deleted_and_restored_alike(dsn: str, log: Log) -> None:
    await prepare(dsn)
    model = await create_model(log, "m", labels={"kept": "1", "goes": "1"})
    version_made = version_created(model, "1", labels={"kept": "1", "goes": "1"})
    version = StreamRef("tests", "model_version", version_made.model_version_id)
    await append(log, model, version_made, opens=[version])
    labels: dict[str, Any] = {"labels": {"kept": "1", "goes": "1"}}
    await create(log, EXPERIMENT, experiment_created(EXPERIMENT, **labels))
    await create(log, RUN, run_created(RUN, EXPERIMENT.id, **labels))
    made = checkpoint_created(EXPERIMENT.id, epoch=1, **labels)
    data = dataset_created("d", **labels)
    streams = [model, version, EXPERIMENT, RUN]
    streams += [await create(log, checkpoint_ref(made), made), await create(log, dataset_ref(data), data)]
    deleted = {}
    for stream in streams:
        await append(log, stream, updated(stream.id, labels={"new": "2"}, labels_removed=["goes", "never"]))
        deleted[stream.id] = await append(log, stream, ObjectDeleted(object_id=stream.id))
    views = await settled(log)
    kinds: list[Objects[Any]] = [views.of(Models), views.of(ModelVersions), views.of(Experiments)]
    kinds += [views.of(Runs), views.of(Checkpoints), views.of(Datasets)]
    for kind, stream in zip(kinds, streams, strict=True):
        row = await kind.get(stream.id)
        assert row is not None
        assert row.labels == {"kept": "1", "new": "2"}
        assert row.deleted_at == row.updated_at == deleted[stream.id].recorded_at
    [namespace] = await views.of(Namespaces).list(limit=2)
    assert tuple(map(namespace.count, ("model", "experiment", "dataset"))) == (0, 0, 0)
    for stream in streams:
        await append(log, stream, ObjectRestored(object_id=stream.id))
    views = await settled(log)
    for kind, stream in zip(kinds, streams, strict=True):
        row = await kind.get(stream.id)
        assert row is not None
        assert row.deleted_at is None
        assert row.updated_at > deleted[stream.id].recorded_at
    [namespace] = await views.of(Namespaces).list(limit=2)
    assert tuple(map(namespace.count, ("model", "experiment", "dataset"))) == (1, 1, 1)
    await assert_rows_are_what_the_log_gives(log)


async def test_texts_of_a_model_and_its_versions_are_updated(dsn: str, log: Log) -> None:
    await prepare(dsn)
    model = await create_model(log, "m")
    made = version_created(model, "1")
    version = StreamRef("tests", "model_version", made.model_version_id)
    await append(log, model, made, opens=[version])
    await append(log, model, updated(model.id, owner="bob", task="speech", description=""))
    await append(log, version, updated(version.id, description="better"))
    views = await settled(log)
    row, held = await views.of(Models).get(model.id), await views.of(ModelVersions).get(version.id)
    assert row is not None
    assert held is not None
    assert (row.owner, row.task, row.description, held.description) == ("bob", "speech", "", "better")
    details = await views.of(Models).details(model.id)
    assert details is not None
    assert details.row == row


async def test_a_run_ends_and_is_taken_up_again(dsn: str, log: Log) -> None:
    await prepare(dsn)
    await create(log, EXPERIMENT, experiment_created(EXPERIMENT))
    parent = await create(log, run_ref(2), run_created(run_ref(2), EXPERIMENT.id))
    made = run_created(RUN, EXPERIMENT.id, name="calm-fox", parent_id=parent.id, source=SOURCE, comment="c")
    await create(log, RUN, made)
    ended_at = BEGIN + timedelta(hours=1)
    await append(log, RUN, RunEnded(run_id=RUN.id, status="failed", ended_at=ended_at, reason="out of memory"))
    views = await settled(log)
    row = await views.of(Runs).get(RUN.id)
    assert row is not None
    assert (row.status, row.ended_at, row.reason) == ("failed", ended_at, "out of memory")
    assert (row.name, row.comment, row.experiment_id, row.parent_id) == ("calm-fox", "c", EXPERIMENT.id, parent.id)
    assert (row.started_at, row.last_heard_of_at) == (BEGIN, None)
    assert row.source is not None
    assert (row.source["commit"], row.source["dependencies"]) == ("c0ffee", {"numpy": "2.0"})
    resumed = RunResumed(run_id=RUN.id, resumed_at=ended_at, reason="")
    await append(log, RUN, resumed, updated(RUN.id, comment="more memory"))
    row = await (await settled(log)).of(Runs).get(RUN.id)
    assert row is not None
    assert (row.status, row.ended_at, row.reason, row.comment) == ("running", None, "", "more memory")
    assert (await views.of(Runs).of_many([parent.id]))[parent.id].source is None


async def test_a_running_run_that_sends_no_heartbeats_any_more_is_lost(dsn: str, log: Log) -> None:
    await prepare(dsn)
    await create(log, EXPERIMENT, experiment_created(EXPERIMENT))
    silent, heard, quiet, ended = (run_ref(number) for number in range(1, 5))
    for run in (silent, heard, quiet, ended):
        await create(log, run, run_created(run, EXPERIMENT.id))
    await append(log, ended, RunEnded(run_id=ended.id, status="killed", ended_at=BEGIN, reason=""))
    long = timedelta(seconds=HEARTBEAT_LOST_S + 1)
    for run, age in ((heard, timedelta(0)), (quiet, long), (ended, long)):
        await set_heartbeat(log, run.id, age)
    views = await settled(log)
    statuses = {run: await status_of(views, run.id) for run in (silent, heard, quiet, ended)}
    assert statuses == {silent: "running", heard: "running", quiet: "lost", ended: "killed"}
    row = await views.of(Runs).get(heard.id)
    assert row is not None
    assert row.last_heard_of_at is not None
    await heartbeats.record(log.database, [quiet.id, heard.id, quiet.id])
    assert await status_of(views, quiet.id) == "running"


async def test_a_run_that_was_taken_up_again_has_time_for_its_first_heartbeat(dsn: str, log: Log) -> None:
    await prepare(dsn)
    await create(log, EXPERIMENT, experiment_created(EXPERIMENT))
    await create(log, RUN, run_created(RUN, EXPERIMENT.id))
    await append(log, RUN, RunEnded(run_id=RUN.id, status="failed", ended_at=BEGIN, reason=""))
    await append(log, RUN, RunResumed(run_id=RUN.id, resumed_at=BEGIN, reason=""))
    await set_heartbeat(log, RUN.id, timedelta(days=1))
    assert await status_of(await settled(log), RUN.id) == "running"


def test_the_sql_view_of_runs_counts_with_the_time_after_which_a_run_is_lost() -> None:
    assert PROJECTIONS["runs"].statements["tables"].count(f"now() - interval '{HEARTBEAT_LOST_S} s'") == 2


async def test_a_heartbeat_is_kept_when_the_view_of_runs_is_rebuilt_or_lags(dsn: str, log: Log) -> None:
    await prepare(dsn)
    await heartbeats.record(log.database, [RUN.id])
    await create(log, EXPERIMENT, experiment_created(EXPERIMENT))
    await create(log, RUN, run_created(RUN, EXPERIMENT.id))
    row = await (await settled(log)).of(Runs).get(RUN.id)
    assert row is not None
    assert row.last_heard_of_at is not None
    await heartbeats.record(log.database, [])


@pytest.mark.parametrize("key", ["epoch", "step"])
async def test_a_checkpoint_keeps_its_parent_and_key(dsn: str, log: Log, key: str) -> None:
    await prepare(dsn)
    three: dict[str, Any] = {key: 3}
    four: dict[str, Any] = {key: 4}
    await create(log, EXPERIMENT, experiment_created(EXPERIMENT))
    await create(log, RUN, run_created(RUN, EXPERIMENT.id))
    file = TrackedFile(id=uuid.UUID(int=9), path="s3://c", file_type="CHECKPOINT", checksum="1")
    of_run = checkpoint_created(EXPERIMENT.id, RUN.id, files=[file], metadata={"a": 1}, **three)
    of_experiment = checkpoint_created(EXPERIMENT.id, **three)
    for made in (of_run, of_experiment, checkpoint_created(EXPERIMENT.id, RUN.id, **four)):
        await create(log, checkpoint_ref(made), made)
    views = await settled(log)
    found = await views.of(Checkpoints).get(of_run.checkpoint_id)
    assert found is not None
    assert (found.id, found.experiment_id, found.run_id) == (of_run.checkpoint_id, EXPERIMENT.id, RUN.id)
    assert (found.epoch, found.step) == ((3, None) if key == "epoch" else (None, 3))
    direct = await views.of(Checkpoints).get(of_experiment.checkpoint_id)
    assert direct is not None
    assert (direct.experiment_id, direct.run_id) == (EXPERIMENT.id, None)
    assert (direct.epoch, direct.step) == (found.epoch, found.step)
    assert [row.path for row in await views.of(Artifacts).of(of_run.checkpoint_id, limit=2)] == ["s3://c"]
    assert await views.of(Metadata).of(of_run.checkpoint_id) == {"a": b"1"}


async def test_a_dataset_keeps_its_columns(dsn: str, log: Log) -> None:
    await prepare(dsn)
    columns = [DatasetColumn(name="pixel", type="float64", summary={"min": 0.0, "max": 16.0})]
    data = dataset_created("digits", location="s3://d", columns=columns, row_count=1797, column_count=64)
    await create(log, dataset_ref(data), data)
    row = await (await settled(log)).of(Datasets).get(data.dataset_id)
    assert row is not None
    assert (row.name, row.location, row.digest) == ("digits", "s3://d", "sha256:00")
    assert (row.row_count, row.column_count) == (1797, 64)
    assert row.columns == [{"name": "pixel", "type": "float64", "summary": {"min": 0.0, "max": 16.0}}]


async def test_what_is_measured_or_reported_does_not_change_an_object_but_hyperparameters_do(
    dsn: str, log: Log
) -> None:
    await prepare(dsn)
    await create(log, EXPERIMENT, experiment_created(EXPERIMENT), points(EXPERIMENT.id, [1.0]))
    await create(log, RUN, run_created(RUN, EXPERIMENT.id))
    await append(log, RUN, HyperparametersLogged(object_id=RUN.id, hyperparameters={"lr": 0.1}))
    views = await settled(log)
    experiment, run = await views.of(Experiments).get(EXPERIMENT.id), await views.of(Runs).get(RUN.id)
    assert experiment is not None
    assert run is not None
    assert experiment.updated_at == experiment.created_at
    assert run.updated_at > run.created_at


async def test_a_namespace_begins_with_whatever_is_created_in_it(dsn: str, log: Log) -> None:
    await prepare(dsn)
    far = experiment_ref("e", "far/away")
    data = dataset_created("d")
    await create(log, far, experiment_created(far))
    await create(log, dataset_ref(data), data)
    await append(log, model_ref("m", "far"), model_created("m", "far"))
    rows = await (await settled(log)).of(Namespaces).list(limit=9)
    counts = [(row.name, *map(row.count, ("model", "experiment", "dataset"))) for row in rows]
    assert counts == [("far", 1, 0, 0), ("far/away", 0, 1, 0), ("tests", 0, 0, 1)]
