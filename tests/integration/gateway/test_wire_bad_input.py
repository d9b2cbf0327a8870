"""Bad input on the raw wire is refused naming the field.

Nothing is written: the log's head does not move, and the connection goes on serving.
"""

import struct
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

import grpc
import grpc.aio
import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log
from modelbox_gateway.rpc.frame.call import IDEMPOTENCY_KEY
from modelbox_gateway.rpc.frame.limits import MESSAGE_BYTES_MAX
from tests.integration.gateway.refused_input import (
    INVALID,
    MODEL,
    NOT_FOUND,
    UNKNOWN,
    Bad,
    assert_named,
    metadata,
    refused,
)
from tests.integration.gateway_server import Gateway, running_gateway


@pytest.fixture
async def gateway(log: Log, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(log, tmp_path / "blobs") as running:
        yield running


@pytest.fixture
async def model(gateway: Gateway) -> str:
    return str((await gateway.stub.CreateModel(pb.CreateModelRequest(name="resnet"))).id)


def file(**fields: Any) -> pb.FileMetadata:
    merged: dict[str, Any] = {"path": "p", "parent_id": MODEL} | fields
    return pb.FileMetadata(**merged)


def point(**fields: Any) -> pb.LogMetricsRequest:
    return pb.LogMetricsRequest(parent_id=MODEL, key="loss", value=pb.MetricsValue(**fields))


def batch(**fields: Any) -> pb.LogMetricsBatchRequest:
    series = {"key": "loss", "steps": [1], "wallclock_s": [1.0], "doubles": [0.5]} | fields
    return pb.LogMetricsBatchRequest(parent_id=MODEL, series=[pb.MetricSeries(**series)])


BAD: Sequence[Bad] = [
    (pb.CreateModelRequest(name=""), "name"),
    (pb.CreateModelRequest(name="x" * 10_000_000), "name"),
    (pb.CreateModelRequest(name="a\x00b"), "name"),
    (pb.CreateModelRequest(name="a\nb"), "name"),
    (pb.CreateModelRequest(name=" a"), "name"),
    (pb.CreateModelRequest(name="a", namespace="x" * 256), "namespace"),
    (pb.CreateModelRequest(name="a", namespace="\x1b[31m"), "namespace"),
    (pb.CreateModelRequest(name="a", owner="\x7f"), "owner"),
    (pb.CreateModelRequest(name="a", task="t\t"), "task"),
    (pb.CreateModelRequest(name="a", description="d" * 20_000), "description"),
    (pb.CreateModelRequest(name="a", files=[file(path="../etc/passwd")]), "files[0].path"),
    (pb.CreateModelRequest(name="a", files=[file(), file(path="")]), "files[1].path"),
    (pb.CreateModelRequest(name="a", files=[file()] * 301), "files"),
    (pb.CreateModelRequest(name="a", files=[file(file_type=99)]), "files[0].file_type"),
    (pb.CreateModelRequest(name="a", metadata=metadata("k", "NaN")), "metadata['k']"),
    (pb.CreateModelRequest(name="a", metadata=metadata("", "1")), "metadata key"),
    (pb.CreateModelVersionRequest(model="nonsense"), "model"),
    (pb.CreateModelVersionRequest(model=MODEL, version="x" * 256), "version"),
    (pb.CreateModelVersionRequest(model=MODEL, unique_tags=["ok", ""]), "unique_tags[1]"),
    (pb.CreateModelVersionRequest(model=MODEL, unique_tags=["t"] * 101), "unique_tags"),
    (pb.CreateModelVersionRequest(model=MODEL, framework=cast("pb.MLFramework", 99)), "framework"),
    (pb.SetUniqueTagRequest(model_version="1", tag="t"), "model_version"),
    (pb.SetUniqueTagRequest(model_version=UNKNOWN, tag=""), "tag"),
    (pb.RemoveUniqueTagRequest(model_version=UNKNOWN, tag="\n"), "tag"),
    (pb.GetModelRequest(), "id"),
    (pb.GetModelRequest(id="x"), "id"),
    (pb.GetModelVersionRequest(model=MODEL), "id"),
    (pb.GetModelVersionRequest(model=MODEL, version="1", unique_tag="t"), "id"),
    (pb.UpdateMetadataRequest(parent_id=MODEL), "metadata"),
    (pb.UpdateMetadataRequest(parent_id="", metadata=metadata("k", "1")), "parent_id"),
    (pb.UpdateMetadataRequest(parent_id=MODEL, metadata=metadata("k", "[" * 40 + "]" * 40)), "metadata['k']"),
    (pb.UpdateMetadataRequest(parent_id=MODEL, metadata=metadata("k", '{"a":1,"a":2}')), "metadata['k']"),
    (pb.UpdateMetadataRequest(parent_id=MODEL, metadata=metadata("k", "1" + "0" * 400)), "metadata['k']"),
    (pb.UpdateMetadataRequest(parent_id=MODEL, metadata=metadata("k", '"\\ud800"')), "metadata['k']"),
    (pb.UpdateMetadataRequest(parent_id=MODEL, metadata=metadata("k", '"\\u0000"')), "metadata['k']"),
    (pb.UpdateMetadataRequest(parent_id=MODEL, metadata=metadata("k", f'"{"x" * 300_000}"')), "metadata['k']"),
    (pb.UpdateMetadataRequest(parent_id=MODEL, metadata=metadata("k" * 256, "1")), "metadata key"),
    (
        pb.UpdateMetadataRequest(
            parent_id=MODEL, metadata=pb.Metadata(json={f"k{n}": f'"{"x" * 200_000}"' for n in range(3)})
        ),
        "metadata",
    ),
    (point(step=1), "value"),
    (point(step=2**63, d_val=1.0), "value.step"),
    (point(step=1, d_val=1.0, wallclock_s=float("nan")), "value.wallclock_s"),
    (point(step=1, d_val=1.0, wallclock_time=2**64 - 1), "value.wallclock_time"),
    (point(step=1, s_tensor="a\x00"), "value.s_tensor"),
    (point(step=1, s_tensor="x" * 600_000), "value.s_tensor"),
    (point(step=1, b_tensor=b"x" * 600_000), "value.b_tensor"),
    (pb.LogMetricsRequest(parent_id=MODEL, key="", value=pb.MetricsValue(d_val=1.0)), "key"),
    (pb.LogMetricsBatchRequest(parent_id=MODEL), "series"),
    (batch(key=""), "series[0].key"),
    (batch(steps=[-1]), "series[0].steps"),
    (batch(steps=[1, 2]), "series[0]"),
    (batch(strings=["a"]), "series[0]"),
    (batch(doubles=[]), "series[0]"),
    (batch(wallclock_s=[float("nan")]), "series[0].wallclock_s"),
    (batch(steps=[1, 2], wallclock_s=[1.0, float("nan")], doubles=[1.0, 2.0]), "series[0].wallclock_s"),
    (batch(doubles=[], strings=["a\x00"]), "series[0].strings"),
    (batch(steps=[1] * 10_001, wallclock_s=[1.0] * 10_001, doubles=[1.0] * 10_001), "series[0]"),
    (batch(doubles=[], blobs=[b"x" * 500_000]), "series[0].blobs"),
    (pb.GetMetricsRequest(parent_id=MODEL, keys=["ok", ""]), "keys[1]"),
    (pb.TrackArtifactsRequest(), "files"),
    (pb.TrackArtifactsRequest(files=[file(path="a/../../b")]), "files[0].path"),
    (pb.TrackArtifactsRequest(files=[file(), file(parent_id=UNKNOWN)]), "files[1].parent_id"),
    (pb.TrackArtifactsRequest(files=[file(checksum="\x00")]), "files[0].checksum"),
    (pb.ListModelsRequest(page_token="x"), "page_token"),
    (pb.ListModelVersionsRequest(model=MODEL, page_token="größe"), "page_token"),
    (pb.ListArtifactsRequest(parent_id=MODEL, page_token="=" * 5_000), "page_token"),
    (pb.ListNamespacesRequest(page_token="AAAA"), "page_token"),
]


UNKNOWN_OBJECTS: Sequence[Bad] = [
    (pb.CreateModelVersionRequest(model=UNKNOWN), "model"),
    (pb.ListModelVersionsRequest(model=UNKNOWN), "model"),
    (pb.GetModelRequest(id=UNKNOWN), "id"),
    (pb.GetModelRequest(name="nobody"), "name"),
    (pb.GetModelVersionRequest(model=MODEL, unique_tag="production"), "unique_tag"),
    (pb.SetUniqueTagRequest(model_version=MODEL, tag="t"), "model_version"),
    (pb.RemoveUniqueTagRequest(model_version=UNKNOWN, tag="t"), "model_version"),
    (pb.UpdateMetadataRequest(parent_id=UNKNOWN, metadata=metadata("k", "1")), "parent_id"),
    (pb.ListMetadataRequest(parent_id=UNKNOWN), "parent_id"),
    (pb.LogMetricsRequest(parent_id=UNKNOWN, key="k", value=pb.MetricsValue(d_val=1.0)), "parent_id"),
    (pb.GetMetricsRequest(parent_id=UNKNOWN), "parent_id"),
    (pb.TrackArtifactsRequest(files=[file(parent_id=UNKNOWN)]), "files[0].parent_id"),
    (pb.ListArtifactsRequest(parent_id=UNKNOWN), "parent_id"),
]


@pytest.mark.parametrize(
    ("cases", "code", "reason"),
    [(BAD, INVALID, "INVALID_FIELD"), (UNKNOWN_OBJECTS, NOT_FOUND, "OBJECT_NOT_FOUND")],
    ids=["bad fields", "unknown objects"],
)
async def test_the_field_is_named(
    gateway: Gateway, log: Log, model: str, *, cases: Sequence[Bad], code: grpc.StatusCode, reason: str
) -> None:
    await assert_named(gateway, log, cases, ids={MODEL: model}, code=code, reason=reason)


async def test_bytes_that_are_no_message_are_refused(gateway: Gateway, log: Log) -> None:
    """Invalid UTF-8, half a surrogate pair, a field cut short, noise."""
    raw = gateway.channel.unary_unary("/modelbox.ModelStore/CreateModel", bytes, bytes)
    for body, field in (
        (b"\x12\x02\xff\xfe", "name"),
        (b"\x12\x03\xed\xa0\x80", "name"),
        (b"\x12\x05abc", "name"),
        (b"\x3a\x06\x0a\x04\x0a\x02\xff\xfe", "metadata.metadata.key"),
        (b"\xff" * 20, "request"),
    ):
        refusal = await refused(gateway, log, partial(raw, body))

        assert (refusal.code, refusal.field) == (INVALID, field)


async def test_a_message_beyond_the_limit_is_refused(gateway: Gateway, log: Log, model: str) -> None:
    """GRPC itself refuses it, before anything of ours sees it."""
    before = (await log.read_head()).position
    request = pb.UpdateMetadataRequest(parent_id=model, metadata=metadata("k", f'"{"x" * MESSAGE_BYTES_MAX}"'))

    with pytest.raises(grpc.aio.AioRpcError) as error:
        await gateway.stub.UpdateMetadata(request)

    assert error.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert (await log.read_head()).position == before


async def test_a_bad_idempotency_key_is_named(gateway: Gateway, log: Log) -> None:
    for key in ("x" * 256, " k"):
        call = partial(gateway.stub.CreateModel, pb.CreateModelRequest(name="m"), metadata=((IDEMPOTENCY_KEY, key),))

        refusal = await refused(gateway, log, call)

        assert (refusal.code, refusal.field) == (INVALID, IDEMPOTENCY_KEY)


async def test_a_bit_pattern_of_nan_in_a_value_is_refused(gateway: Gateway, log: Log, model: str) -> None:
    sent = pb.UpdateMetadataRequest(parent_id=model)
    sent.metadata.metadata["k"].number_value = struct.unpack("<d", b"\x01\x00\x00\x00\x00\x00\xf0\x7f")[0]

    refusal = await refused(gateway, log, lambda: gateway.stub.UpdateMetadata(sent))

    assert refusal.field == "metadata['k']"


async def test_a_key_in_both_maps_is_refused(gateway: Gateway, log: Log, model: str) -> None:
    sent = pb.UpdateMetadataRequest(parent_id=model, metadata=metadata("k", "1"))
    sent.metadata.metadata["k"].number_value = 2

    refusal = await refused(gateway, log, lambda: gateway.stub.UpdateMetadata(sent))

    assert refusal.field == "metadata['k']"


async def test_a_value_of_no_kind_is_refused(gateway: Gateway, log: Log, model: str) -> None:
    sent = pb.UpdateMetadataRequest(parent_id=model)
    sent.metadata.metadata["k"].SetInParent()

    refusal = await refused(gateway, log, lambda: gateway.stub.UpdateMetadata(sent))

    assert refusal.field == "metadata['k']"
