"""Whatever can be logged can be logged on every kind of object, also on a deleted one."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import grpc
import grpc.aio
import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log
from modelbox_events.registry import REGISTRY
from modelbox_events.types.artifact import ARTIFACT
from modelbox_projections.hyperparameters.queries import Hyperparameters
from tests.integration.gateway_server import Gateway, refusal_of, running_gateway


@pytest.fixture
async def gateway(log: Log, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(log, tmp_path / "blobs") as running:
        yield running


@pytest.fixture
async def objects(gateway: Gateway) -> dict[str, str]:
    """One object of each kind, by kind."""
    stub = gateway.stub
    experiment = (await stub.CreateExperiment(pb.CreateExperimentRequest(name="e"))).experiment_id
    run = (await stub.CreateRun(pb.CreateRunRequest(experiment_id=experiment))).id
    model = (await stub.CreateModel(pb.CreateModelRequest(name="m"))).id
    files = [pb.FileMetadata(parent_id=model, path="p")]
    return {
        "experiment": experiment,
        "run": run,
        "checkpoint": (await stub.CreateCheckpoint(pb.CreateCheckpointRequest(run_id=run, epoch=1))).checkpoint_id,
        "model": model,
        "model_version": (await stub.CreateModelVersion(pb.CreateModelVersionRequest(model=model))).model_version,
        "dataset": (await stub.CreateDataset(pb.CreateDatasetRequest(name="d"))).id,
        "artifact": (await stub.TrackArtifacts(pb.TrackArtifactsRequest(files=files))).file_ids[0],
    }


async def log_everything(gateway: Gateway, parent: str) -> None:
    stub = gateway.stub
    await stub.UpdateMetadata(pb.UpdateMetadataRequest(parent_id=parent, metadata=pb.Metadata(json={"k": "1"})))
    await stub.LogMetrics(pb.LogMetricsRequest(parent_id=parent, key="loss", value=pb.MetricsValue(step=1, d_val=0.5)))
    entries = [pb.Hyperparameter(name="lr", json="0.1")]
    await stub.LogHyperparameters(pb.LogHyperparametersRequest(parent_id=parent, hyperparameters=entries))
    await stub.LogEvent(pb.LogEventRequest(parent_id=parent, event=pb.Event(name="oom")))
    await stub.TrackArtifacts(pb.TrackArtifactsRequest(files=[pb.FileMetadata(parent_id=parent, path="log.txt")]))


async def assert_everything_is_there(gateway: Gateway, parent: str) -> None:
    stub = gateway.stub
    assert dict((await stub.ListMetadata(pb.ListMetadataRequest(parent_id=parent))).json) == {"k": "1"}
    [metric] = (await stub.GetMetrics(pb.GetMetricsRequest(parent_id=parent))).metrics
    assert (metric.key, metric.values[0].d_val) == ("loss", 0.5)
    [event] = (await stub.ListEvents(pb.ListEventsRequest(parent_id=parent))).events
    assert event.name == "oom"
    files = (await stub.ListArtifacts(pb.ListArtifactsRequest(parent_id=parent))).files
    assert "log.txt" in {file.path for file in files}
    [change] = (await stub.GetMetadataHistory(pb.GetMetadataHistoryRequest(parent_id=parent))).changes
    assert change.json == "1"


async def test_everything_can_be_logged_on_every_kind_of_object(gateway: Gateway, objects: dict[str, str]) -> None:
    assert objects.keys() == REGISTRY.kinds
    for parent in objects.values():
        await log_everything(gateway, parent)
        await assert_everything_is_there(gateway, parent)
        held = await gateway.services.views.of(Hyperparameters).of_many([UUID(parent)])
        assert held == {UUID(parent): {"lr": b"0.1"}}


async def test_a_deleted_object_takes_what_its_trainer_still_sends(gateway: Gateway, objects: dict[str, str]) -> None:
    for kind, parent in objects.items():
        if kind != ARTIFACT:
            await gateway.stub.DeleteObject(pb.DeleteObjectRequest(id=parent))

    for parent in objects.values():
        await log_everything(gateway, parent)
        await assert_everything_is_there(gateway, parent)
    assert not (
        await gateway.stub.LinkLineage(pb.LinkLineageRequest(from_id=objects["dataset"], to_id=objects["run"]))
    ).exists


async def test_a_deleted_dataset_is_restored_not_registered_again(gateway: Gateway, objects: dict[str, str]) -> None:
    """Lists leave it out, and it can still be read."""
    stub, dataset = gateway.stub, objects["dataset"]
    await stub.DeleteObject(pb.DeleteObjectRequest(id=dataset))

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub.CreateDataset(pb.CreateDatasetRequest(name="d"))
    assert refusal_of(refused.value).reason == "OBJECT_DELETED"
    assert (await stub.GetDataset(pb.GetDatasetRequest(id=dataset))).dataset.HasField("deleted_at")
    assert list((await stub.ListDatasets(pb.ListDatasetsRequest())).datasets) == []
    shown = (await stub.ListDatasets(pb.ListDatasetsRequest(include_deleted=True))).datasets
    assert [found.id for found in shown] == [dataset]
    [namespace] = (await stub.ListNamespaces(pb.ListNamespacesRequest())).namespaces
    assert (namespace.models, namespace.experiments, namespace.datasets) == (1, 1, 0)

    await stub.RestoreObject(pb.RestoreObjectRequest(id=dataset))

    assert (await stub.CreateDataset(pb.CreateDatasetRequest(name="d"))).exists
    assert not (await stub.GetDataset(pb.GetDatasetRequest(id=dataset))).dataset.HasField("deleted_at")
