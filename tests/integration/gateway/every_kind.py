"""One object of each kind behind a gateway, and how each kind is read: for rules that hold for all of them."""

from collections.abc import Awaitable, Mapping
from typing import Any

import grpc.aio
import pytest

from modelbox.proto import modelstore_pb2 as pb
from tests.integration.gateway_server import Gateway, Refusal, refusal_of

Ids = Mapping[str, str]


@pytest.fixture
async def ids(gateway: Gateway) -> Ids:
    """One object of each kind."""
    stub = gateway.stub
    experiment = (await stub.CreateExperiment(pb.CreateExperimentRequest(name="e"))).experiment_id
    run = (await stub.CreateRun(pb.CreateRunRequest(experiment_id=experiment))).id
    model = (await stub.CreateModel(pb.CreateModelRequest(name="m"))).id
    files = [pb.FileMetadata(parent_id=run, path="p")]
    return {
        "experiment": experiment,
        "run": run,
        "checkpoint": (await stub.CreateCheckpoint(pb.CreateCheckpointRequest(run_id=run))).checkpoint_id,
        "model": model,
        "model_version": (await stub.CreateModelVersion(version_of(model))).model_version,
        "dataset": (await stub.CreateDataset(pb.CreateDatasetRequest(name="d"))).id,
        "artifact": (await stub.TrackArtifacts(pb.TrackArtifactsRequest(files=files))).file_ids[0],
    }


KINDS = ("experiment", "run", "checkpoint", "model", "model_version", "dataset")


def version_of(model: str) -> pb.CreateModelVersionRequest:
    return pb.CreateModelVersionRequest(model=model, version="1")


async def get(gateway: Gateway, kind: str, object_id: str) -> Any:
    """Return an object of any kind."""
    name = {"model_version": "ModelVersion"}.get(kind, kind.title())
    answer = await getattr(gateway.stub, f"Get{name}")(getattr(pb, f"Get{name}Request")(id=object_id))
    return getattr(answer, kind)


async def listed(gateway: Gateway, kind: str, ids: Ids, **fields: Any) -> list[str]:
    """Return the ids of a list that holds the object unless it is deleted."""
    stub = gateway.stub
    match kind:
        case "experiment":
            found: Any = (await stub.ListExperiments(pb.ListExperimentsRequest(**fields))).experiments
        case "run":
            found = (await stub.ListRuns(pb.ListRunsRequest(experiment_id=ids["experiment"], **fields))).runs
        case "checkpoint":
            request = pb.ListCheckpointsRequest(run_id=ids["run"], **fields)
            found = (await stub.ListCheckpoints(request)).checkpoints
        case "model":
            found = (await stub.ListModels(pb.ListModelsRequest(**fields))).models
        case "model_version":
            found = (await stub.ListModelVersions(pb.ListModelVersionsRequest(model=ids["model"], **fields))).models
        case _:
            found = (await stub.ListDatasets(pb.ListDatasetsRequest(**fields))).datasets
    return [item.id for item in found]


async def refused(call: Awaitable[Any]) -> Refusal:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    return refusal_of(error.value)
