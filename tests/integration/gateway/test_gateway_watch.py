"""WatchNamespace: all that is recorded, then each change as it is committed, without a gap, a repeat or a wait."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import grpc
import grpc.aio
import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log, Position, Token
from modelbox_events.clock import correct_clock
from modelbox_gateway.rpc.frame.limits import WATCH_PAGE_EVENTS, WATCH_SPAN_POSITIONS
from tests.integration.gateway_server import Gateway, refusal_of, running_gateway, until

CREATED, UPDATED = pb.OBJECT_CREATED, pb.OBJECT_UPDATED


@pytest.fixture
async def gateway(log: Log, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(log, tmp_path / "blobs") as running:
        yield running


async def create(gateway: Gateway, name: str, namespace: str = "default") -> str:
    return str((await gateway.stub.CreateModel(pb.CreateModelRequest(name=name, namespace=namespace))).id)


async def take(
    gateway: Gateway, count: int, request: pb.WatchNamespaceRequest | None = None
) -> list[pb.WatchNamespaceResponse]:
    """Watch until so many changes have come."""
    watching = gateway.stub.WatchNamespace(request or pb.WatchNamespaceRequest())
    async with asyncio.timeout(20):
        changes = [await watching.read() for _ in range(count)]
    watching.cancel()
    return changes


async def test_every_kind_of_change_is_told_with_its_object(gateway: Gateway) -> None:
    stub = gateway.stub
    model = await create(gateway, "m")
    first = (await stub.CreateModelVersion(pb.CreateModelVersionRequest(model=model, unique_tags=["t"]))).model_version
    second = (await stub.CreateModelVersion(pb.CreateModelVersionRequest(model=model))).model_version
    await stub.SetUniqueTag(pb.SetUniqueTagRequest(model_version=second, tag="t"))
    await stub.RemoveUniqueTag(pb.RemoveUniqueTagRequest(model_version=second, tag="t"))
    await stub.UpdateMetadata(pb.UpdateMetadataRequest(parent_id=first, metadata=pb.Metadata(json={"a": "[1]"})))
    series = pb.MetricSeries(key="loss", steps=range(100), wallclock_s=[1.0] * 100, doubles=[0.5] * 99 + [float("nan")])
    await stub.LogMetricsBatch(pb.LogMetricsBatchRequest(parent_id=first, series=[series]))
    tracked = await stub.TrackArtifacts(
        pb.TrackArtifactsRequest(files=[pb.FileMetadata(parent_id=first, path=path) for path in "ab"])
    )

    changes = await take(gateway, 8)

    assert [(c.type, c.event, c.object_type, c.object_id) for c in changes] == [
        ("ModelCreated", CREATED, "model", model),
        ("ModelVersionCreated", CREATED, "model_version", first),
        ("ModelVersionCreated", CREATED, "model_version", second),
        ("UniqueTagMoved", UPDATED, "model_version", second),
        ("UniqueTagRemoved", UPDATED, "model_version", second),
        ("MetadataUpdated", UPDATED, "model_version", first),
        ("MetricsLogged", UPDATED, "model_version", first),
        ("ArtifactsTracked", CREATED, "artifact", tracked.file_ids[0]),
    ]
    assert [change.position for change in changes] == list(range(1, 9))
    payload: Any = changes[6].payload.struct_value
    values = payload["series"][0]["values"]
    assert (len(values), values[0], values[99]) == (100, 0.5, "NaN")


async def test_experiments_runs_and_what_is_logged_on_them_are_told(gateway: Gateway) -> None:
    """From an experiment to a deleted model version; what is logged on an object is a change of that object."""
    stub = gateway.stub
    data = (await stub.CreateDataset(pb.CreateDatasetRequest(name="mnist"))).id
    experiment = (await stub.CreateExperiment(pb.CreateExperimentRequest(name="e"))).experiment_id
    run = (await stub.CreateRun(pb.CreateRunRequest(experiment_id=experiment))).id
    await stub.LinkLineage(pb.LinkLineageRequest(from_id=data, to_id=run, relation="training"))
    learning_rate = pb.Hyperparameter(name="lr", json="0.1")
    await stub.LogHyperparameters(pb.LogHyperparametersRequest(parent_id=run, hyperparameters=[learning_rate]))
    await stub.LogEvent(pb.LogEventRequest(parent_id=run, event=pb.Event(name="oom")))
    await stub.SetRunStatus(pb.SetRunStatusRequest(id=run, status=pb.FAILED))
    await stub.SetRunStatus(pb.SetRunStatusRequest(id=run, status=pb.RUNNING))
    checkpoint = (await stub.CreateCheckpoint(pb.CreateCheckpointRequest(run_id=run, epoch=1))).checkpoint_id
    model = await create(gateway, "m")
    promote = pb.PromoteCheckpointRequest(checkpoint_id=checkpoint, model=model)
    version = (await stub.PromoteCheckpoint(promote)).model_version
    await stub.UpdateObject(pb.UpdateObjectRequest(id=version, labels={"env": "prod"}))
    await stub.DeleteObject(pb.DeleteObjectRequest(id=version))
    await stub.RestoreObject(pb.RestoreObjectRequest(id=version))

    changes = await take(gateway, 14)

    assert [(c.type, c.event, c.object_type, c.object_id) for c in changes] == [
        ("DatasetCreated", CREATED, "dataset", data),
        ("ExperimentCreated", CREATED, "experiment", experiment),
        ("RunCreated", CREATED, "run", run),
        ("LineageLinked", UPDATED, "run", run),
        ("HyperparametersLogged", UPDATED, "run", run),
        ("EventLogged", UPDATED, "run", run),
        ("RunEnded", UPDATED, "run", run),
        ("RunResumed", UPDATED, "run", run),
        ("CheckpointCreated", CREATED, "checkpoint", checkpoint),
        ("ModelCreated", CREATED, "model", model),
        ("ModelVersionCreated", CREATED, "model_version", version),
        ("ObjectUpdated", UPDATED, "model_version", version),
        ("ObjectDeleted", pb.OBJECT_DELETED, "model_version", version),
        ("ObjectRestored", UPDATED, "model_version", version),
    ]


async def test_changes_while_catching_up_come_once_and_in_order(gateway: Gateway) -> None:
    """Past many pages and spans, with other namespaces in between and writes going on meanwhile."""
    assert WATCH_PAGE_EVENTS < 150 < WATCH_SPAN_POSITIONS
    for n in range(100):
        await create(gateway, f"m{n}", "watched" if n % 2 else "other")

    async def write_on() -> None:
        for n in range(100, 250):
            await create(gateway, f"m{n}", "watched")

    writing = asyncio.create_task(write_on())
    changes = await take(gateway, 200, pb.WatchNamespaceRequest(namespace="watched"))
    await writing

    names = [change.payload.struct_value["name"] for change in changes]
    assert names == [f"m{n}" for n in range(250) if n % 2 or n >= 100]


async def test_a_live_change_comes_at_once(gateway: Gateway) -> None:
    """Well before any poll could have found it."""
    watching = gateway.stub.WatchNamespace(pb.WatchNamespaceRequest())
    await watching.initial_metadata()
    delays_s = []
    for n in range(20):
        await create(gateway, f"m{n}")
        committed_s = time.monotonic()
        await watching.read()
        delays_s.append(time.monotonic() - committed_s)
    watching.cancel()

    assert sorted(delays_s)[10] < 0.05


async def test_a_watch_resumes_after_its_token(gateway: Gateway, log: Log) -> None:
    for n in range(5):
        await create(gateway, f"m{n}")
    changes = await take(gateway, 5)
    assert changes[2].token == str(Token(log.log_id, Position(changes[2].position)))

    rest = await take(gateway, 2, pb.WatchNamespaceRequest(after_token=changes[2].token, since=2**40))

    assert rest == changes[3:]


@pytest.mark.parametrize(
    ("request_", "reason", "field"),
    [
        (pb.WatchNamespaceRequest(after_token="garbage"), "INVALID_TOKEN", "token"),
        (pb.WatchNamespaceRequest(after_token="{log}.-1"), "INVALID_TOKEN", "token"),
        (pb.WatchNamespaceRequest(after_token="{log}.999"), "INVALID_FIELD", "after_token"),
        (pb.WatchNamespaceRequest(after_token="0191f3a0-6f7b-7c3e-9a55-0a1b2c3d4e5f.1"), "LOG_FORKED", ""),
        (pb.WatchNamespaceRequest(since=2**63), "INVALID_FIELD", "since"),
        (pb.WatchNamespaceRequest(namespace="\n"), "INVALID_FIELD", "namespace"),
    ],
)
async def test_a_start_that_cannot_be_is_an_error(
    gateway: Gateway, log: Log, request_: pb.WatchNamespaceRequest, reason: str, field: str
) -> None:
    """Garbage, a negative position, beyond the end, of another log: each its own error, never a silent loss."""
    sent = pb.WatchNamespaceRequest(
        namespace=request_.namespace, since=request_.since, after_token=request_.after_token.format(log=log.log_id)
    )

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await take(gateway, 1, sent)

    assert (refusal_of(refused.value).reason, refusal_of(refused.value).field) == (reason, field)


async def test_a_watch_that_is_left_ends(gateway: Gateway) -> None:
    watching = gateway.stub.WatchNamespace(pb.WatchNamespaceRequest())
    await watching.initial_metadata()
    before = len(asyncio.all_tasks())

    watching.cancel()

    await until(lambda: len(asyncio.all_tasks()) < before)


async def test_a_server_that_stops_ends_its_watches(gateway: Gateway) -> None:
    """The watcher is told to come back, within the grace that other calls have to finish."""
    watching = gateway.stub.WatchNamespace(pb.WatchNamespaceRequest())
    await watching.initial_metadata()

    stopping = asyncio.create_task(gateway.server.stop(20.0))
    with pytest.raises(grpc.aio.AioRpcError) as ended:
        async with asyncio.timeout(10):
            await watching.read()
    await stopping

    assert (ended.value.code(), refusal_of(ended.value).reason) == (grpc.StatusCode.UNAVAILABLE, "DRAINING")


async def test_a_slow_watcher_holds_up_only_itself(gateway: Gateway) -> None:
    """It reads nothing while far more is written than gRPC buffers for it; then it reads all."""
    watching = gateway.stub.WatchNamespace(pb.WatchNamespaceRequest())
    await watching.initial_metadata()
    model = await create(gateway, "m")
    for n in range(60):
        metadata = pb.Metadata(json={"n": str(n), "fill": f'"{"x" * 200_000}"'})
        await gateway.stub.UpdateMetadata(pb.UpdateMetadataRequest(parent_id=model, metadata=metadata))

    changes = [await watching.read() for _ in range(61)]
    watching.cancel()

    assert [change.position for change in changes] == list(range(1, 62))


async def test_a_time_is_followed_in_every_span_of_the_clock(gateway: Gateway, log: Log) -> None:
    """What a clock wrote that was ahead, and all that came after it was corrected: none of it was before that time."""
    await create(gateway, "before")
    owner = await asyncpg.connect(log.database.dsn)
    await owner.execute("UPDATE modelbox.log_head SET recorded_at = clock_timestamp() + interval '1 day'")
    await owner.close()
    await create(gateway, "ahead")
    await correct_clock(log.database.dsn, reason="the host was a day ahead")
    await create(gateway, "corrected")

    since = int(time.time()) + 3_600
    changes = await take(gateway, 2, pb.WatchNamespaceRequest(since=since))

    assert [change.payload.struct_value.fields["name"].string_value for change in changes] == ["ahead", "corrected"]
