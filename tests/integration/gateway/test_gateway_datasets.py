"""Datasets: registered once by name and digest, found again with all that is known of them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log, Position
from modelbox_gateway.rpc.frame.call import IDEMPOTENCY_KEY
from tests.integration.gateway_server import Gateway, running_gateway

DIGEST = "sha256:9f86d081"


@pytest.fixture
async def gateway(log: Log, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(log, tmp_path / "blobs") as running:
        yield running


async def create(gateway: Gateway, **fields: Any) -> pb.CreateDatasetResponse:
    merged: dict[str, Any] = {"name": "mnist", "digest": DIGEST, "namespace": "vision"} | fields
    answer: pb.CreateDatasetResponse = await gateway.stub.CreateDataset(pb.CreateDatasetRequest(**merged))
    return answer


async def get(gateway: Gateway, dataset_id: str) -> pb.Dataset:
    answer: pb.GetDatasetResponse = await gateway.stub.GetDataset(pb.GetDatasetRequest(id=dataset_id))
    return answer.dataset


async def test_what_was_registered_is_found_again(gateway: Gateway) -> None:
    columns = [
        pb.DatasetColumn(name="label", type="int64", summary_json='{"counts":{"0":5923},"min":0}'),
        pb.DatasetColumn(name=" odd\nname ", type=""),
    ]
    created = await create(
        gateway,
        location="s3://data/mnist?version=3",
        columns=columns,
        row_count=60_000,
        column_count=785,
        labels={"privacy": "public", "empty": ""},
        metadata=pb.Metadata(json={"split": '"train"'}),
    )

    found = await get(gateway, created.id)

    assert (found.id, found.namespace, found.name, found.digest) == (created.id, "vision", "mnist", DIGEST)
    assert (found.location, found.row_count, found.column_count) == ("s3://data/mnist?version=3", 60_000, 785)
    assert list(found.columns) == columns
    assert dict(found.labels) == {"privacy": "public", "empty": ""}
    assert dict(found.metadata.json) == {"split": '"train"'}
    assert found.created_at == created.created_at == found.updated_at
    assert not found.HasField("deleted_at")


async def test_counts_that_nobody_knows_are_not_zero(gateway: Gateway) -> None:
    unknown = await get(gateway, (await create(gateway)).id)
    empty = await get(gateway, (await create(gateway, digest="", row_count=0)).id)

    assert not unknown.HasField("row_count")
    assert not unknown.HasField("column_count")
    assert (empty.HasField("row_count"), empty.row_count) == (True, 0)


async def test_the_same_name_and_digest_are_the_same_dataset(gateway: Gateway, log: Log) -> None:
    """Whoever registers it again gets the first, whatever else the request says."""
    answers = await asyncio.gather(*(create(gateway, location=f"/data/{n}") for n in range(10)))

    again = await create(gateway, digest=DIGEST.upper(), row_count=1)

    assert {answer.id for answer in answers} == {again.id}
    assert [answer.exists for answer in answers].count(False) == 1
    assert again.exists
    assert {answer.created_at.ToNanoseconds() for answer in answers} == {again.created_at.ToNanoseconds()}
    assert [event.type for event in await log.read(Position(0))] == ["DatasetCreated"]


async def test_another_digest_name_or_namespace_is_another_dataset(gateway: Gateway) -> None:
    ids = {
        (await create(gateway, **fields)).id
        for fields in ({}, {"digest": "md5:0f"}, {"digest": ""}, {"name": "emnist"}, {"namespace": ""})
    }

    assert len(ids) == 5


async def test_a_key_says_again_what_it_said_first(gateway: Gateway) -> None:
    request = pb.CreateDatasetRequest(name="mnist")
    first = await gateway.stub.CreateDataset(request, metadata=((IDEMPOTENCY_KEY, "k"),))
    again = await gateway.stub.CreateDataset(request, metadata=((IDEMPOTENCY_KEY, "k"),))

    assert (first.exists, again) == (False, first)


async def test_datasets_are_listed_by_filter_order_and_page(gateway: Gateway) -> None:
    for n in range(4):
        await create(gateway, name=f"d{n}", row_count=10 * n, labels={"env": "prod" if n % 2 else "dev"})
    await create(gateway, name="below", namespace="vision/faces")
    await create(gateway, name="elsewhere", namespace="audio")

    async def names(**fields: Any) -> list[str]:
        answer = await gateway.stub.ListDatasets(pb.ListDatasetsRequest(namespace="vision", **fields))
        return [dataset.name for dataset in answer.datasets]

    first = await gateway.stub.ListDatasets(pb.ListDatasetsRequest(namespace="vision", page_size=3))
    second = await names(page_size=3, page_token=first.next_page_token)

    assert [*(dataset.name for dataset in first.datasets), *second] == ["d3", "d2", "d1", "d0"]
    assert await names(recursive=True, page_size=1) == ["below"]
    assert await names(filter='labels.env = "prod" and row_count >= 10', order_by="name") == ["d1", "d3"]


async def test_what_is_logged_on_a_dataset_hangs_on_it(gateway: Gateway) -> None:
    dataset = (await create(gateway)).id
    stub = gateway.stub
    await stub.UpdateMetadata(pb.UpdateMetadataRequest(parent_id=dataset, metadata=pb.Metadata(json={"k": "1"})))
    await stub.LogMetrics(pb.LogMetricsRequest(parent_id=dataset, key="rows", value=pb.MetricsValue(d_val=5)))
    await stub.TrackArtifacts(pb.TrackArtifactsRequest(files=[pb.FileMetadata(parent_id=dataset, path="part-0")]))

    assert dict((await get(gateway, dataset)).metadata.json) == {"k": "1"}
    assert [m.key for m in (await stub.GetMetrics(pb.GetMetricsRequest(parent_id=dataset))).metrics] == ["rows"]
    listed = await stub.ListArtifacts(pb.ListArtifactsRequest(parent_id=dataset))
    assert [file.path for file in listed.files] == ["part-0"]
