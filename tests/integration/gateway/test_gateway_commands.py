"""Writes through the gateway: unique names, numbers and tags under contention, idempotency keys, tokens."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import grpc
import grpc.aio
import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log, Position, StreamRef, Token
from modelbox_gateway.rpc.frame.call import IDEMPOTENCY_KEY, MIN_TOKEN, TOKEN
from modelbox_gateway.rules.model_registry import ModelState, claim
from tests.integration.gateway_server import Gateway, refusal_of, running_gateway


@pytest.fixture
async def gateway(log: Log, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(log, tmp_path / "blobs") as running:
        yield running


@pytest.fixture
async def model(gateway: Gateway) -> str:
    created = await gateway.stub.CreateModel(pb.CreateModelRequest(name="resnet", namespace="vision"))
    return str(created.id)


def key(value: str) -> tuple[tuple[str, str], ...]:
    return ((IDEMPOTENCY_KEY, value),)


async def types_in(log: Log) -> list[str]:
    return [event.type for event in await log.read(Position(0))]


async def test_of_many_creates_of_one_name_one_creates(gateway: Gateway, log: Log) -> None:
    request = pb.CreateModelRequest(name="resnet")

    answers = await asyncio.gather(*(gateway.stub.CreateModel(request) for _ in range(20)))

    assert sum(not answer.exists for answer in answers) == 1
    assert len({answer.id for answer in answers}) == 1
    assert len({answer.created_at.ToNanoseconds() for answer in answers}) == 1
    assert await types_in(log) == ["ModelCreated"]


async def test_one_name_in_two_namespaces_is_two_models(gateway: Gateway) -> None:
    one = await gateway.stub.CreateModel(pb.CreateModelRequest(name="b", namespace="a/b"))
    two = await gateway.stub.CreateModel(pb.CreateModelRequest(name="b/b", namespace="a"))

    assert one.id != two.id
    assert not two.exists


async def test_many_versions_at_once_get_the_numbers_in_a_row(gateway: Gateway, model: str) -> None:
    request = pb.CreateModelVersionRequest(model=model)

    answers = await asyncio.gather(*(gateway.stub.CreateModelVersion(request) for _ in range(30)))

    assert sorted(int(answer.version) for answer in answers) == list(range(1, 31))
    assert not any(answer.exists for answer in answers)


async def test_two_gateways_share_the_numbers(gateway: Gateway, model: str, dsn: str, tmp_path: Path) -> None:
    """Each decides on a state of its own; the log's expected version sends the loser back to decide again."""
    other_log = await Log.open(dsn)
    async with running_gateway(other_log, tmp_path / "other") as other:
        answers = await asyncio.gather(
            *(
                stub.CreateModelVersion(pb.CreateModelVersionRequest(model=model))
                for stub in (gateway.stub, other.stub)
                for _ in range(15)
            )
        )
        # What one gateway remembers of the tags is out of date as soon as the other moves them.
        [first, second] = answers[0].model_version, answers[-1].model_version
        for stub, version, before in (
            (gateway.stub, first, ""),
            (other.stub, second, first),
            (gateway.stub, first, second),
        ):
            moved = await stub.SetUniqueTag(pb.SetUniqueTagRequest(model_version=version, tag="production"))
            assert moved.from_model_version == before
    await other_log.close()

    assert sorted(int(answer.version) for answer in answers) == list(range(1, 31))


async def test_a_version_that_exists_is_answered_as_it_is(gateway: Gateway, model: str, log: Log) -> None:
    """Also when its tag has gone to another version since."""
    request = pb.CreateModelVersionRequest(model=model, version="1.0", name="first", unique_tags=["production"])
    first = await gateway.stub.CreateModelVersion(request)
    second = await gateway.stub.CreateModelVersion(
        pb.CreateModelVersionRequest(model=model, version="2.0", unique_tags=["production"], move_tags=True)
    )
    before = log.head.position

    again = await gateway.stub.CreateModelVersion(request)

    assert (again.exists, again.model_version, again.version, again.name) == (True, first.model_version, "1.0", "first")
    assert again.created_at == first.created_at
    assert log.head.position == before
    shown = await gateway.stub.GetModelVersion(pb.GetModelVersionRequest(model=model, unique_tag="production"))
    assert shown.model_version.id == second.model_version


async def test_a_taken_tag_is_refused_naming_its_holder(gateway: Gateway, model: str, log: Log) -> None:
    first = await gateway.stub.CreateModelVersion(pb.CreateModelVersionRequest(model=model, unique_tags=["production"]))
    before = log.head.position

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await gateway.stub.CreateModelVersion(pb.CreateModelVersionRequest(model=model, unique_tags=["production"]))

    refusal = refusal_of(refused.value)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.ALREADY_EXISTS, "UNIQUE_TAG_TAKEN")
    assert (refusal.metadata["tag"], refusal.metadata["holder"]) == ("production", first.model_version)
    assert log.head.position == before


async def test_a_tag_is_taken_away_once(gateway: Gateway, model: str) -> None:
    version = await gateway.stub.CreateModelVersion(pb.CreateModelVersionRequest(model=model, unique_tags=["a", "b"]))
    request = pb.RemoveUniqueTagRequest(model_version=version.model_version, tag="a")
    await gateway.stub.RemoveUniqueTag(request)

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await gateway.stub.RemoveUniqueTag(request)

    assert refusal_of(refused.value).reason == "UNIQUE_TAG_NOT_HELD"
    shown = await gateway.stub.GetModelVersion(pb.GetModelVersionRequest(id=version.model_version))
    assert list(shown.model_version.unique_tags) == ["b"]


async def test_what_is_logged_on_a_model_does_not_hold_up_its_versions(gateway: Gateway, model: str, log: Log) -> None:
    """Metadata and metrics raise the version of the same stream while versions are decided on."""

    async def write_metadata() -> None:
        for n in range(40):
            metadata = pb.Metadata(json={"n": str(n)})
            await gateway.stub.UpdateMetadata(pb.UpdateMetadataRequest(parent_id=model, metadata=metadata))

    async def create_versions() -> list[str]:
        request = pb.CreateModelVersionRequest(model=model)
        return [(await gateway.stub.CreateModelVersion(request)).version for _ in range(20)]

    versions, *_ = await asyncio.gather(create_versions(), write_metadata(), write_metadata())

    assert versions == [str(n) for n in range(1, 21)]
    assert len(await log.read(Position(0))) == 1 + 20 + 80


class TestIdempotencyKeys:
    """A call sent again with its key has its first result, whatever was done since."""

    async def test_a_model_created_again_with_its_key_does_not_exist_before(self, gateway: Gateway, log: Log) -> None:
        request = pb.CreateModelRequest(name="m")

        first = await gateway.stub.CreateModel(request, metadata=key("k"))
        again = await gateway.stub.CreateModel(request, metadata=key("k"))

        assert first == again
        assert not again.exists
        assert await types_in(log) == ["ModelCreated"]

    async def test_a_numbered_version_keeps_its_number(self, gateway: Gateway, model: str) -> None:
        request = pb.CreateModelVersionRequest(model=model, unique_tags=["latest"], move_tags=True)

        first = await gateway.stub.CreateModelVersion(request, metadata=key("k"))
        await gateway.stub.CreateModelVersion(request)
        again = await gateway.stub.CreateModelVersion(request, metadata=key("k"))

        assert first == again
        assert again.version == "1"

    async def test_a_moved_tag_tells_again_where_it_was(self, gateway: Gateway, model: str) -> None:
        versions = [
            (await gateway.stub.CreateModelVersion(pb.CreateModelVersionRequest(model=model))).model_version
            for _ in range(2)
        ]
        await gateway.stub.SetUniqueTag(pb.SetUniqueTagRequest(model_version=versions[0], tag="t"))
        request = pb.SetUniqueTagRequest(model_version=versions[1], tag="t")

        first = await gateway.stub.SetUniqueTag(request, metadata=key("k"))
        again = await gateway.stub.SetUniqueTag(request, metadata=key("k"))

        assert first.from_model_version == again.from_model_version == versions[0]

    async def test_a_removed_tag_is_removed_once(self, gateway: Gateway, model: str, log: Log) -> None:
        version = await gateway.stub.CreateModelVersion(pb.CreateModelVersionRequest(model=model, unique_tags=["t"]))
        request = pb.RemoveUniqueTagRequest(model_version=version.model_version, tag="t")

        await gateway.stub.RemoveUniqueTag(request, metadata=key("k"))
        before = log.head.position
        await gateway.stub.RemoveUniqueTag(request, metadata=key("k"))

        assert log.head.position == before

    async def test_a_point_is_logged_once(self, gateway: Gateway, model: str) -> None:
        """Even where the server draws the wallclock: the request counts, not the event made of it."""
        request = pb.LogMetricsRequest(parent_id=model, key="loss", value=pb.MetricsValue(step=1, d_val=0.5))
        for _ in range(3):
            await gateway.stub.LogMetrics(request, metadata=key("k"))

        answer = await gateway.stub.GetMetrics(pb.GetMetricsRequest(parent_id=model))

        assert [len(metrics.values) for metrics in answer.metrics] == [1]

    async def test_a_key_is_held_to_its_request(self, gateway: Gateway, model: str, log: Log) -> None:
        """Another body and another method are other requests."""
        await gateway.stub.CreateModel(pb.CreateModelRequest(name="m"), metadata=key("k"))
        before = log.head.position

        for call in (
            gateway.stub.CreateModel(pb.CreateModelRequest(name="m", owner="ana"), metadata=key("k")),
            gateway.stub.CreateModelVersion(pb.CreateModelVersionRequest(model=model), metadata=key("k")),
        ):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await call
            refusal = refusal_of(refused.value)
            assert (refusal.code, refusal.reason) == (grpc.StatusCode.ALREADY_EXISTS, "IDEMPOTENCY_KEY_REUSED")

        assert log.head.position == before


async def test_a_token_of_a_write_makes_a_read_see_it(gateway: Gateway, log: Log) -> None:
    call = gateway.stub.CreateModel(pb.CreateModelRequest(name="m"))
    created = await call
    token = dict(await call.trailing_metadata())[TOKEN]

    reading = gateway.stub.GetModel(pb.GetModelRequest(id=created.id), metadata=((MIN_TOKEN, token),))
    answer = await reading

    assert answer.model.id == created.id
    assert Token.parse(dict(await reading.trailing_metadata())[TOKEN]) >= Token(log.log_id, Position(1))


@pytest.mark.parametrize(
    ("token", "code", "reason"),
    [
        ("{log}.999", grpc.StatusCode.FAILED_PRECONDITION, "NOT_CAUGHT_UP"),
        ("0191f3a0-6f7b-7c3e-9a55-0a1b2c3d4e5f.1", grpc.StatusCode.FAILED_PRECONDITION, "LOG_FORKED"),
        ("garbage", grpc.StatusCode.INVALID_ARGUMENT, "INVALID_TOKEN"),
    ],
)
async def test_a_token_that_cannot_be_met_is_an_error(
    gateway: Gateway, log: Log, token: str, code: grpc.StatusCode, reason: str
) -> None:
    """Nothing stale is answered in its place; a token of the future waits for the call's deadline at most."""
    metadata = ((MIN_TOKEN, token.format(log=log.log_id)),)

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await gateway.stub.ListModels(pb.ListModelsRequest(), metadata=metadata, timeout=0.5)

    assert (refusal_of(refused.value).code, refusal_of(refused.value).reason) == (code, reason)


async def test_a_refusal_rests_on_what_the_log_says_now(gateway: Gateway, model: str, dsn: str, tmp_path: Path) -> None:
    """Another gateway freed the tag and took it again: what this one remembers is looked up before it refuses."""
    request = pb.CreateModelVersionRequest(model=model, unique_tags=["t"])
    first = await gateway.stub.CreateModelVersion(request)
    other_log = await Log.open(dsn)
    async with running_gateway(other_log, tmp_path / "other") as other:
        second = await other.stub.CreateModelVersion(pb.CreateModelVersionRequest(model=model))
        tag = pb.SetUniqueTagRequest(model_version=second.model_version, tag="t")
        assert (await other.stub.SetUniqueTag(tag)).from_model_version == first.model_version
    await other_log.close()

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await gateway.stub.CreateModelVersion(request)

    assert refusal_of(refused.value).metadata["holder"] == second.model_version


async def test_the_claim_of_a_change_is_no_object(gateway: Gateway, model: str, log: Log) -> None:
    await gateway.stub.CreateModelVersion(pb.CreateModelVersionRequest(model=model))
    inner = claim(StreamRef("vision", "model", UUID(model)), ModelState(name="resnet", changes=1))
    assert await log.find_stream(inner.id) is not None

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await gateway.stub.ListMetadata(pb.ListMetadataRequest(parent_id=str(inner.id)))

    assert refusal_of(refused.value).reason == "OBJECT_NOT_FOUND"
