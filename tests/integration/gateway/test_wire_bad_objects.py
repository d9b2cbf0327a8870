"""Bad input of experiments, runs, checkpoints, updates and deletion is refused naming the field."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, cast

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log
from modelbox_gateway.rules import limits
from tests.integration.gateway.refused_input import INVALID, MODEL, NOT_FOUND, UNKNOWN, Bad, assert_named, metadata
from tests.integration.gateway_server import Gateway, running_gateway

EXPERIMENT, RUN, CHECKPOINT = "{experiment}", "{run}", "{checkpoint}"
"""Stand for the ids of objects that exist."""


@pytest.fixture
async def gateway(log: Log, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(log, tmp_path / "blobs") as running:
        yield running


@pytest.fixture
async def ids(gateway: Gateway) -> dict[str, str]:
    stub = gateway.stub
    experiment = (await stub.CreateExperiment(pb.CreateExperimentRequest(name="e"))).experiment_id
    run = (await stub.CreateRun(pb.CreateRunRequest(experiment_id=experiment))).id
    checkpoint = (await stub.CreateCheckpoint(pb.CreateCheckpointRequest(run_id=run))).checkpoint_id
    model = (await stub.CreateModel(pb.CreateModelRequest(name="m"))).id
    return {EXPERIMENT: experiment, RUN: run, CHECKPOINT: checkpoint, MODEL: model}


def experiment(**fields: Any) -> pb.CreateExperimentRequest:
    merged: dict[str, Any] = {"name": "new"} | fields
    return pb.CreateExperimentRequest(**merged)


def run(**fields: Any) -> pb.CreateRunRequest:
    merged: dict[str, Any] = {"experiment_id": EXPERIMENT} | fields
    return pb.CreateRunRequest(**merged)


def source(**fields: Any) -> pb.CreateRunRequest:
    return run(source=pb.Source(**fields))


def checkpoint(**fields: Any) -> pb.CreateCheckpointRequest:
    merged: dict[str, Any] = {"run_id": RUN, "epoch": 9} | fields
    return pb.CreateCheckpointRequest(**merged)


def status(value: int = pb.FAILED, **fields: Any) -> pb.SetRunStatusRequest:
    merged: dict[str, Any] = {"id": RUN, "status": cast("pb.RunStatus", value)} | fields
    return pb.SetRunStatusRequest(**merged)


def promotion(**fields: Any) -> pb.PromoteCheckpointRequest:
    merged: dict[str, Any] = {"checkpoint_id": CHECKPOINT, "model": MODEL} | fields
    return pb.PromoteCheckpointRequest(**merged)


MANY_LABELS = {f"l{n}": "" for n in range(limits.LABELS_MAX + 1)}
LONG = "x" * 256

EXPERIMENTS: Sequence[Bad] = [
    (pb.CreateExperimentRequest(), "name"),
    (experiment(name="a\x00"), "name"),
    (experiment(namespace="a\n"), "namespace"),
    (experiment(owner=LONG), "owner"),
    (experiment(task=" t"), "task"),
    (experiment(external_id="\x7f"), "external_id"),
    (experiment(description="d" * 20_000), "description"),
    (experiment(framework=cast("pb.MLFramework", 99)), "framework"),
    (experiment(parent_id="x"), "parent_id"),
    (experiment(labels=MANY_LABELS), "labels"),
    (experiment(labels={"a\n": ""}), "labels key"),
    (experiment(labels={"a": "b\n"}), "labels['a']"),
    (experiment(metadata=metadata("k", "{")), "metadata['k']"),
    (pb.GetExperimentRequest(), "id"),
    (pb.GetExperimentRequest(id=EXPERIMENT, name="e"), "id"),
    (pb.GetExperimentRequest(id="x"), "id"),
    (pb.GetExperimentRequest(name="e", namespace="\n"), "namespace"),
    (pb.ListExperimentsRequest(namespace=LONG), "namespace"),
    (pb.ListExperimentsRequest(page_token="AAAA"), "page_token"),
    (pb.ListExperimentsRequest(page_token="größe"), "page_token"),
    (pb.ListExperimentsRequest(parent_id="x"), "parent_id"),
]

RUNS: Sequence[Bad] = [
    (pb.CreateRunRequest(), "experiment_id"),
    (run(id="x"), "id"),
    (run(id=MODEL), "id"),
    (run(experiment_id="x"), "experiment_id"),
    (run(parent_id="x"), "parent_id"),
    (run(name="a\n"), "name"),
    (run(owner="\x00"), "owner"),
    (run(comment="\x00"), "comment"),
    (run(started_at=Timestamp(seconds=2**60)), "started_at"),
    (run(started_at=Timestamp(nanos=-1)), "started_at"),
    (run(labels=MANY_LABELS), "labels"),
    (run(metadata=metadata("", "1")), "metadata key"),
    (run(hyperparameters=[pb.Hyperparameter(name="lr", json="nan")]), "hyperparameters[0].json"),
    (source(repository="r" * 2_000), "source.repository"),
    (source(commit=LONG), "source.commit"),
    (source(host="\x00"), "source.host"),
    (source(dependencies={"": "1"}), "source.dependencies key"),
    (source(dependencies={"torch": LONG}), "source.dependencies['torch']"),
    (source(dependencies={f"p{n}": "1" for n in range(limits.DEPENDENCIES_MAX + 1)}), "source.dependencies"),
    (pb.GetRunRequest(), "id"),
    (pb.ListRunsRequest(experiment_id="x"), "experiment_id"),
    (pb.ListRunsRequest(experiment_id=EXPERIMENT, namespace="default"), "namespace"),
    (pb.ListRunsRequest(namespace="\n"), "namespace"),
    (pb.ListRunsRequest(parent_id="x"), "parent_id"),
    (pb.ListRunsRequest(page_token="x"), "page_token"),
    (pb.SetRunStatusRequest(id=RUN), "status"),
    (status(pb.LOST), "status"),
    (status(99), "status"),
    (status(id=""), "id"),
    (status(at=Timestamp(seconds=-(2**60))), "at"),
    (status(reason="r" * 20_000), "reason"),
    (pb.HeartbeatRunsRequest(), "ids"),
    (pb.HeartbeatRunsRequest(ids=[UNKNOWN, "x"]), "ids[1]"),
    (pb.HeartbeatRunsRequest(ids=[UNKNOWN] * 1_001), "ids"),
]

CHECKPOINTS: Sequence[Bad] = [
    (pb.CreateCheckpointRequest(), "experiment_id"),
    (checkpoint(run_id="x"), "run_id"),
    (checkpoint(experiment_id=EXPERIMENT), "run_id"),
    (checkpoint(step=1), "epoch"),
    (checkpoint(epoch=2**63), "epoch"),
    (checkpoint(epoch=0, step=2**63), "step"),
    (checkpoint(doubles={"": 1.0}), "doubles key"),
    (checkpoint(metrics={"a\n": 1.0}), "metrics key"),
    (checkpoint(doubles={f"m{n}": 1.0 for n in range(limits.SERIES_MAX + 1)}), "doubles"),
    (checkpoint(files=[pb.FileMetadata(path="../x")]), "files[0].path"),
    (checkpoint(labels=MANY_LABELS), "labels"),
    (checkpoint(metadata=metadata("k", "")), "metadata['k']"),
    (pb.GetCheckpointRequest(), "experiment_id"),
    (pb.GetCheckpointRequest(id="x"), "id"),
    (pb.GetCheckpointRequest(id=CHECKPOINT, epoch=1), "id"),
    (pb.GetCheckpointRequest(run_id=RUN, epoch=1, step=1), "epoch"),
    (pb.ListCheckpointsRequest(), "experiment_id"),
    (pb.ListCheckpointsRequest(run_id="x"), "run_id"),
    (pb.ListCheckpointsRequest(run_id=RUN, page_token="x"), "page_token"),
    (promotion(checkpoint_id=""), "checkpoint_id"),
    (promotion(model="x"), "model"),
    (promotion(version=LONG), "version"),
    (promotion(name="\n"), "name"),
    (promotion(description="\x00"), "description"),
    (promotion(unique_tags=[""]), "unique_tags[0]"),
    (promotion(labels=MANY_LABELS), "labels"),
    (promotion(metadata=metadata("k", "[")), "metadata['k']"),
]

OTHERS: Sequence[Bad] = [
    (pb.CreateModelRequest(name="a", labels={"": "x"}), "labels key"),
    (pb.CreateModelVersionRequest(model=MODEL, labels=MANY_LABELS), "labels"),
    (pb.CreateModelVersionRequest(model=MODEL, run_id="x"), "run_id"),
    (pb.UpdateObjectRequest(), "id"),
    (pb.UpdateObjectRequest(id=MODEL, owner=LONG), "owner"),
    (pb.UpdateObjectRequest(id=RUN, comment="\x00"), "comment"),
    (pb.UpdateObjectRequest(id=MODEL, labels=MANY_LABELS), "labels"),
    (
        pb.UpdateObjectRequest(id=MODEL, labels_removed=[f"l{n}" for n in range(limits.LABELS_MAX + 1)]),
        "labels_removed",
    ),
    (pb.DeleteObjectRequest(id="x"), "id"),
    (pb.RestoreObjectRequest(), "id"),
]

UNKNOWN_OBJECTS: Sequence[Bad] = [
    (experiment(parent_id=UNKNOWN), "parent_id"),
    (experiment(parent_id=RUN), "parent_id"),
    (pb.GetExperimentRequest(id=MODEL), "id"),
    (pb.GetExperimentRequest(name="nobody"), "name"),
    (pb.ListExperimentsRequest(parent_id=UNKNOWN), "parent_id"),
    (run(experiment_id=UNKNOWN), "experiment_id"),
    (run(experiment_id=MODEL), "experiment_id"),
    (run(parent_id=EXPERIMENT), "parent_id"),
    (pb.GetRunRequest(id=UNKNOWN), "id"),
    (pb.ListRunsRequest(experiment_id=RUN), "experiment_id"),
    (pb.ListRunsRequest(parent_id=UNKNOWN), "parent_id"),
    (status(id=EXPERIMENT), "id"),
    (pb.HeartbeatRunsRequest(ids=[UNKNOWN]), "ids[0]"),
    (checkpoint(run_id=EXPERIMENT), "run_id"),
    (pb.CreateCheckpointRequest(experiment_id=RUN), "experiment_id"),
    (pb.GetCheckpointRequest(id=UNKNOWN), "id"),
    (pb.GetCheckpointRequest(run_id=UNKNOWN), "run_id"),
    (pb.GetCheckpointRequest(run_id=RUN, epoch=77), "epoch"),
    (pb.GetCheckpointRequest(run_id=RUN, step=0), "step"),
    (pb.ListCheckpointsRequest(experiment_id=UNKNOWN), "experiment_id"),
    (pb.ListCheckpointsRequest(experiment_id=EXPERIMENT, run_id=UNKNOWN), "run_id"),
    (promotion(checkpoint_id=RUN), "checkpoint_id"),
    (promotion(model=EXPERIMENT), "model"),
    (pb.CreateModelVersionRequest(model=MODEL, run_id=EXPERIMENT), "run_id"),
    (pb.UpdateObjectRequest(id=UNKNOWN), "id"),
    (pb.DeleteObjectRequest(id=UNKNOWN), "id"),
]


@pytest.mark.parametrize(
    ("cases", "code", "reason"),
    [
        (EXPERIMENTS, INVALID, "INVALID_FIELD"),
        (RUNS, INVALID, "INVALID_FIELD"),
        (CHECKPOINTS, INVALID, "INVALID_FIELD"),
        (OTHERS, INVALID, "INVALID_FIELD"),
        (UNKNOWN_OBJECTS, NOT_FOUND, "OBJECT_NOT_FOUND"),
    ],
    ids=["experiments", "runs", "checkpoints", "others", "unknown objects"],
)
async def test_the_field_is_named(
    gateway: Gateway, log: Log, ids: dict[str, str], *, cases: Sequence[Bad], code: grpc.StatusCode, reason: str
) -> None:
    await assert_named(gateway, log, cases, ids=ids, code=code, reason=reason)
