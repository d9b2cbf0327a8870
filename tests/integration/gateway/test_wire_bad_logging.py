"""Bad input of what is logged on objects, and of what is asked about it, is refused naming the field."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log, object_id
from modelbox_gateway.rules import limits
from tests.integration.gateway.refused_input import INVALID, MODEL, NOT_FOUND, UNKNOWN, Bad, assert_named, metadata
from tests.integration.gateway_server import Gateway, running_gateway

COLUMN = pb.DatasetColumn
DATASET = "{dataset}"
"""Stands for the id of a dataset that exists."""
LARGE = f'"{"x" * 200_000}"'


@pytest.fixture
async def gateway(log: Log, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(log, tmp_path / "blobs") as running:
        yield running


@pytest.fixture
async def ids(gateway: Gateway) -> dict[str, str]:
    model = (await gateway.stub.CreateModel(pb.CreateModelRequest(name="m"))).id
    dataset = (await gateway.stub.CreateDataset(pb.CreateDatasetRequest(name="d"))).id
    return {MODEL: model, DATASET: dataset}


def event(**fields: Any) -> pb.LogEventRequest:
    merged: dict[str, Any] = {"name": "oom"} | fields
    return pb.LogEventRequest(parent_id=MODEL, event=pb.Event(**merged))


def params(*values: tuple[str, str]) -> pb.LogHyperparametersRequest:
    entries = [pb.Hyperparameter(name=name, json=json) for name, json in values]
    return pb.LogHyperparametersRequest(parent_id=MODEL, hyperparameters=entries)


def dataset(**fields: Any) -> pb.CreateDatasetRequest:
    merged: dict[str, Any] = {"name": "mnist"} | fields
    return pb.CreateDatasetRequest(**merged)


def link(**fields: str) -> pb.LinkLineageRequest:
    return pb.LinkLineageRequest(**({"from_id": DATASET, "to_id": MODEL} | fields))


EVENTS: Sequence[Bad] = [
    (pb.LogEventRequest(parent_id=MODEL), "event.name"),
    (pb.LogEventRequest(parent_id="x", event=pb.Event(name="e")), "parent_id"),
    (event(name="a\nb"), "event.name"),
    (event(name="x" * 256), "event.name"),
    (event(source=pb.EventSource(name=" x")), "event.source.name"),
    (event(wallclock_time=Timestamp(seconds=2**62)), "event.wallclock_time"),
    (event(wallclock_time=Timestamp(seconds=-(2**62))), "event.wallclock_time"),
    (event(wallclock_time=Timestamp(nanos=-1)), "event.wallclock_time"),
    (event(wallclock_time=Timestamp(nanos=10**9)), "event.wallclock_time"),
    (event(metadata=metadata("k", "NaN")), "event.metadata['k']"),
    (event(metadata=metadata("", "1")), "event.metadata key"),
    (event(metadata=pb.Metadata(json=dict.fromkeys("abc", LARGE))), "event.metadata"),
    (pb.ListEventsRequest(parent_id=""), "parent_id"),
    (pb.ListEventsRequest(parent_id=MODEL, since=Timestamp(seconds=2**60)), "since"),
    (pb.ListEventsRequest(parent_id=MODEL, page_token="x"), "page_token"),
]

HYPERPARAMETERS: Sequence[Bad] = [
    (params(), "hyperparameters"),
    (params(("", "1")), "hyperparameters[0].name"),
    (params(("a", "1"), ("b\n", "1")), "hyperparameters[1].name"),
    (params(("a", "1"), ("a", "1")), "hyperparameters[1].name"),
    (params(("x" * 256, "1")), "hyperparameters[0].name"),
    (params(("a", "")), "hyperparameters[0].json"),
    (params(("a", "NaN")), "hyperparameters[0].json"),
    (params(("a", "0.1"), ("b", "'x'")), "hyperparameters[1].json"),
    (params(("a", f'"{"x" * limits.HYPERPARAMETER_BYTES_MAX}"')), "hyperparameters[0].json"),
    (params(*((f"p{n}", "1") for n in range(limits.HYPERPARAMETERS_MAX + 1))), "hyperparameters"),
    (params(*((f"p{n}", f'"{"x" * 16_000}"') for n in range(40))), "hyperparameters"),
    (pb.LogHyperparametersRequest(parent_id="{}"), "parent_id"),
]

DATASETS: Sequence[Bad] = [
    (dataset(name=""), "name"),
    (dataset(namespace="a\nb"), "namespace"),
    (dataset(location="x" * 1_025), "location"),
    (dataset(location="a\x00"), "location"),
    (dataset(digest="9f86d081"), "digest"),
    (dataset(digest="sha256:xyz"), "digest"),
    (dataset(digest="sha256:" + "0" * 300), "digest"),
    (dataset(row_count=2**63), "row_count"),
    (dataset(column_count=2**64 - 1), "column_count"),
    (dataset(labels={"": "x"}), "labels key"),
    (dataset(labels={"a": "x" * 256}), "labels['a']"),
    (dataset(labels={f"l{n}": "" for n in range(limits.LABELS_MAX + 1)}), "labels"),
    (dataset(columns=[COLUMN()] * (limits.COLUMNS_MAX + 1)), "columns"),
    (dataset(columns=[COLUMN(), COLUMN(name="x" * 256)]), "columns[1].name"),
    (dataset(columns=[COLUMN(type="a\x00")]), "columns[0].type"),
    (dataset(columns=[COLUMN(summary_json="{")]), "columns[0].summary_json"),
    (dataset(columns=[COLUMN(summary_json=f'"{"x" * 16_384}"')]), "columns[0].summary_json"),
    (dataset(columns=[COLUMN(summary_json=f'"{"x" * 16_000}"')] * 40), "columns"),
    (dataset(columns=[COLUMN(summary_json=f'"{"x" * 16_000}"')] * 28, metadata=metadata("k", LARGE)), "columns"),
    (dataset(metadata=metadata("k", "NaN")), "metadata['k']"),
    (pb.GetDatasetRequest(id="1"), "id"),
    (pb.ListDatasetsRequest(namespace="\n"), "namespace"),
]

LINEAGE: Sequence[Bad] = [
    (link(from_id="x"), "from_id"),
    (link(to_id=""), "to_id"),
    (link(relation="a\nb"), "relation"),
    (link(to_id=DATASET), "to_id"),
    (pb.GetLineageRequest(id=""), "id"),
]

HISTORY: Sequence[Bad] = [
    (pb.GetMetadataHistoryRequest(parent_id="x"), "parent_id"),
    (pb.GetMetadataHistoryRequest(parent_id=MODEL, key="a\n"), "key"),
    (pb.GetMetadataHistoryRequest(parent_id=MODEL, page_token="AAAA"), "page_token"),
]

UNKNOWN_OBJECTS: Sequence[Bad] = [
    (pb.LogEventRequest(parent_id=UNKNOWN, event=pb.Event(name="e")), "parent_id"),
    (pb.ListEventsRequest(parent_id=UNKNOWN), "parent_id"),
    (
        pb.LogHyperparametersRequest(parent_id=UNKNOWN, hyperparameters=[pb.Hyperparameter(name="a", json="1")]),
        "parent_id",
    ),
    (pb.GetDatasetRequest(id=UNKNOWN), "id"),
    (pb.GetDatasetRequest(id=MODEL), "id"),
    (link(from_id=UNKNOWN), "from_id"),
    (link(to_id=UNKNOWN), "to_id"),
    (pb.GetLineageRequest(id=UNKNOWN), "id"),
    (pb.GetLineageRequest(id=str(object_id("code", "https://git.example.org/a", "0" * 40))), "id"),
    (pb.GetMetadataHistoryRequest(parent_id=UNKNOWN), "parent_id"),
]


@pytest.mark.parametrize(
    ("cases", "code", "reason"),
    [
        pytest.param(EVENTS, INVALID, "INVALID_FIELD", id="events"),
        pytest.param(HYPERPARAMETERS, INVALID, "INVALID_FIELD", id="hyperparameters"),
        pytest.param(DATASETS, INVALID, "INVALID_FIELD", id="datasets"),
        pytest.param(LINEAGE, INVALID, "INVALID_FIELD", id="lineage"),
        pytest.param(HISTORY, INVALID, "INVALID_FIELD", id="history"),
        pytest.param(UNKNOWN_OBJECTS, NOT_FOUND, "OBJECT_NOT_FOUND", id="unknown objects"),
    ],
)
async def test_the_field_is_named(
    gateway: Gateway, log: Log, ids: dict[str, str], *, cases: Sequence[Bad], code: grpc.StatusCode, reason: str
) -> None:
    await assert_named(gateway, log, cases, ids=ids, code=code, reason=reason)
