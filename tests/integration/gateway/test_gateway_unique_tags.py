"""A unique tag belongs to the model version that it was last set on, and to none while that one is deleted."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import grpc.aio
import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log, Position
from tests.integration.gateway_server import Gateway, refusal_of, running_gateway

TAG = "production"


@pytest.fixture
async def gateway(log: Log, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(log, tmp_path / "blobs") as running:
        yield running


@pytest.fixture
async def model(gateway: Gateway) -> str:
    created = await gateway.stub.CreateModel(pb.CreateModelRequest(name="resnet", namespace="vision"))
    return str(created.id)


async def new_version(gateway: Gateway, model: str, *tags: str) -> str:
    request = pb.CreateModelVersionRequest(model=model, unique_tags=tags)
    return str((await gateway.stub.CreateModelVersion(request)).model_version)


async def delete(gateway: Gateway, version: str) -> None:
    await gateway.stub.DeleteObject(pb.DeleteObjectRequest(id=version))


async def restore(gateway: Gateway, version: str) -> None:
    await gateway.stub.RestoreObject(pb.RestoreObjectRequest(id=version))


async def set_tag(gateway: Gateway, version: str) -> None:
    await gateway.stub.SetUniqueTag(pb.SetUniqueTagRequest(model_version=version, tag=TAG))


async def tags_of(gateway: Gateway, version: str) -> list[str]:
    answer = await gateway.stub.GetModelVersion(pb.GetModelVersionRequest(id=version))
    return list(answer.model_version.unique_tags)


async def holders(gateway: Gateway, model: str) -> list[str]:
    """Return who holds the tag, as a look-up and as a search say."""
    found = pb.ListModelVersionsRequest(model=model, filter=f"tags = '{TAG}'", include_deleted=True)
    listed = [version.id for version in (await gateway.stub.ListModelVersions(found)).models]
    request = pb.GetModelVersionRequest(model=model, unique_tag=TAG)
    if not listed:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await gateway.stub.GetModelVersion(request)
        assert refusal_of(caught.value).code == grpc.StatusCode.NOT_FOUND
        return []
    holder = (await gateway.stub.GetModelVersion(request)).model_version
    assert listed == [holder.id]
    assert list(holder.unique_tags) == [TAG]
    return listed


async def test_nobody_holds_the_tag_of_a_deleted_version_until_it_is_restored(gateway: Gateway, model: str) -> None:
    version = await new_version(gateway, model, TAG)
    await delete(gateway, version)
    assert await holders(gateway, model) == []
    assert await tags_of(gateway, version) == []

    await restore(gateway, version)
    assert await holders(gateway, model) == [version]


async def test_the_tag_of_a_deleted_version_can_be_given_to_another_which_a_restoration_leaves_it(
    gateway: Gateway, model: str
) -> None:
    first = await new_version(gateway, model, TAG)
    await delete(gateway, first)
    second = await new_version(gateway, model, TAG)
    assert await holders(gateway, model) == [second]

    await restore(gateway, first)
    assert await holders(gateway, model) == [second]
    assert await tags_of(gateway, first) == []

    # It was last set on the second one, which is gone: the first does not have it back.
    await delete(gateway, second)
    assert await holders(gateway, model) == []
    await set_tag(gateway, first)
    await restore(gateway, second)
    assert await holders(gateway, model) == [first]


async def test_a_restored_version_keeps_its_tag_from_others(gateway: Gateway, model: str) -> None:
    version = await new_version(gateway, model, TAG)
    await delete(gateway, version)
    await restore(gateway, version)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await new_version(gateway, model, TAG)
    assert refusal_of(caught.value).reason == "UNIQUE_TAG_TAKEN"


@pytest.mark.parametrize("held", [True, False])
async def test_a_tag_is_not_set_on_a_deleted_version(gateway: Gateway, model: str, held: bool) -> None:
    version = await new_version(gateway, model, *([TAG] if held else []))
    await delete(gateway, version)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await set_tag(gateway, version)
    refusal = refusal_of(caught.value)
    assert (refusal.reason, refusal.field) == ("OBJECT_DELETED", "model_version")


async def test_a_version_takes_a_tag_unasked_only_before_its_holder_is_restored(
    gateway: Gateway, log: Log, model: str, tmp_path: Path
) -> None:
    """Whichever process restores it: what decides is the order in the log."""
    async with running_gateway(log, tmp_path / "other") as other:
        holder = await new_version(gateway, model, TAG)
        for _ in range(10):
            await delete(other, holder)
            created, _ = await asyncio.gather(
                new_version(gateway, model, TAG), restore(other, holder), return_exceptions=True
            )
            events = [event.type for event in await log.read(Position(0), limit=1_000)]
            restored = max(n for n, name in enumerate(events) if name == "ObjectRestored")
            moved = max((n for n, name in enumerate(events) if name == "UniqueTagMoved"), default=-1)
            if isinstance(created, str):
                assert moved < restored
                assert await holders(gateway, model) == [created]
                holder = created
            else:
                assert isinstance(created, grpc.RpcError)
                assert refusal_of(created).reason == "UNIQUE_TAG_TAKEN"
                assert await holders(other, model) == [holder]
