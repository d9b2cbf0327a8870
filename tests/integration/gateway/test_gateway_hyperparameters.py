"""Hyperparameters: any JSON under flat names, the last value of each name counts."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log, Position
from modelbox_gateway.rpc.frame.call import IDEMPOTENCY_KEY
from modelbox_gateway.rules import limits
from tests.integration.gateway_server import Gateway, running_gateway


@pytest.fixture
async def gateway(log: Log, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(log, tmp_path / "blobs") as running:
        yield running


@pytest.fixture
async def version(gateway: Gateway) -> str:
    model = (await gateway.stub.CreateModel(pb.CreateModelRequest(name="m", namespace="vision"))).id
    return str((await gateway.stub.CreateModelVersion(pb.CreateModelVersionRequest(model=model))).model_version)


def request(parent: str, *values: tuple[str, str]) -> pb.LogHyperparametersRequest:
    entries = [pb.Hyperparameter(name=name, json=json) for name, json in values]
    return pb.LogHyperparametersRequest(parent_id=parent, hyperparameters=entries)


async def held(gateway: Gateway, version: str) -> list[tuple[str, str]]:
    found = (await gateway.stub.GetModelVersion(pb.GetModelVersionRequest(id=version))).model_version
    return [(entry.name, entry.json) for entry in found.hyperparameters]


async def test_values_come_back_as_they_were_logged_by_name(gateway: Gateway, version: str) -> None:
    values = [
        ("epochs", "9007199254740993"),
        ("optimizer.betas", "[0.9,0.999]"),
        ("optimizer.lr", "0.001"),
        ("optimizer.name", '"adam"'),
        ("scheduler", "null"),
    ]

    await gateway.stub.LogHyperparameters(request(version, *reversed(values)))

    assert await held(gateway, version) == values


async def test_the_last_value_of_a_name_counts_and_others_stay(gateway: Gateway, version: str) -> None:
    await gateway.stub.LogHyperparameters(request(version, ("lr", "0.1"), ("batch", "32")))
    await gateway.stub.LogHyperparameters(request(version, ("lr", '"auto"')))

    assert await held(gateway, version) == [("batch", "32"), ("lr", '"auto"')]


async def test_any_kind_of_object_has_hyperparameters(gateway: Gateway, version: str, log: Log) -> None:
    files = [pb.FileMetadata(parent_id=version, path="p")]
    [artifact] = (await gateway.stub.TrackArtifacts(pb.TrackArtifactsRequest(files=files))).file_ids
    dataset = (await gateway.stub.CreateDataset(pb.CreateDatasetRequest(name="d"))).id

    for parent in (artifact, dataset):
        await gateway.stub.LogHyperparameters(request(parent, ("quality", "0.5")))

    logged = [event for event in await log.read(Position(0)) if event.type == "HyperparametersLogged"]
    assert [(event.stream_type, str(event.stream_id)) for event in logged] == [
        ("artifact", artifact),
        ("dataset", dataset),
    ]


async def test_a_key_records_once(gateway: Gateway, version: str, log: Log) -> None:
    for _ in range(2):
        await gateway.stub.LogHyperparameters(request(version, ("lr", "0.1")), metadata=((IDEMPOTENCY_KEY, "k"),))

    assert (await log.read_head()).position == 3


async def test_as_many_as_one_request_may_hold_are_taken(gateway: Gateway, version: str) -> None:
    values: list[Any] = [(f"p{n:04}", f'"{"x" * 400}"') for n in range(limits.HYPERPARAMETERS_MAX)]

    await gateway.stub.LogHyperparameters(request(version, *values))

    assert await held(gateway, version) == values
