"""Deleting and restoring objects of every kind through the gateway."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc
import grpc.aio
import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log, Position, new_id
from modelbox_gateway.rpc.frame.call import IDEMPOTENCY_KEY
from tests.integration.gateway.every_kind import KINDS, Ids, get, ids, listed, refused, version_of
from tests.integration.gateway_server import Gateway, Refusal, refusal_of, running_gateway

__all__ = ["ids"]


@pytest.fixture
async def gateway(log: Log, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(log, tmp_path / "blobs") as running:
        yield running


async def delete(gateway: Gateway, object_id: str) -> pb.DeleteObjectResponse:
    answer: pb.DeleteObjectResponse = await gateway.stub.DeleteObject(pb.DeleteObjectRequest(id=object_id))
    return answer


async def restore(gateway: Gateway, object_id: str) -> pb.RestoreObjectResponse:
    answer: pb.RestoreObjectResponse = await gateway.stub.RestoreObject(pb.RestoreObjectRequest(id=object_id))
    return answer


async def test_a_deleted_object_leaves_the_lists_until_it_is_restored(gateway: Gateway, ids: Ids) -> None:
    """It can still be got, and what is logged on it is kept."""
    for kind in KINDS:
        object_id = ids[kind]
        deleted = await delete(gateway, object_id)

        shown = await get(gateway, kind, object_id)
        assert shown.deleted_at == shown.updated_at == deleted.deleted_at
        assert await listed(gateway, kind, ids) == []
        assert await listed(gateway, kind, ids, include_deleted=True) == [object_id]
        metadata = pb.Metadata(json={"late": "1"})
        await gateway.stub.UpdateMetadata(pb.UpdateMetadataRequest(parent_id=object_id, metadata=metadata))

        restored = await restore(gateway, object_id)

        shown = await get(gateway, kind, object_id)
        assert not shown.HasField("deleted_at")
        assert shown.updated_at == restored.updated_at
        assert dict(shown.metadata.json) == {"late": "1"}
        assert await listed(gateway, kind, ids) == [object_id]


async def test_deleting_and_restoring_again_changes_nothing(gateway: Gateway, ids: Ids, log: Log) -> None:
    for kind in KINDS:
        before = log.head.position
        untouched = await restore(gateway, ids[kind])
        assert log.head.position == before
        assert untouched.updated_at == (await get(gateway, kind, ids[kind])).updated_at

        assert await delete(gateway, ids[kind]) == await delete(gateway, ids[kind])
        assert await restore(gateway, ids[kind]) == await restore(gateway, ids[kind])

        assert log.head.position == before + 2


async def test_an_artifact_is_not_deleted(gateway: Gateway, ids: Ids, log: Log) -> None:
    before = log.head.position
    artifact = ids["artifact"]

    for call in (delete(gateway, artifact), restore(gateway, artifact)):
        refusal = await refused(call)
        assert (refusal.code, refusal.reason, refusal.field) == (
            grpc.StatusCode.INVALID_ARGUMENT,
            "INVALID_FIELD",
            "id",
        )

    assert log.head.position == before


Create = Callable[[Ids], Any]

RECREATED: Mapping[str, tuple[Create, str]] = {
    "experiment": (lambda _: pb.CreateExperimentRequest(name="e"), "name"),
    "run": (lambda ids: pb.CreateRunRequest(id=ids["run"], experiment_id=ids["experiment"]), "id"),
    "checkpoint": (lambda ids: pb.CreateCheckpointRequest(run_id=ids["run"]), "epoch"),
    "model": (lambda _: pb.CreateModelRequest(name="m"), "name"),
    "model_version": (lambda ids: version_of(ids["model"]), "version"),
    "dataset": (lambda _: pb.CreateDatasetRequest(name="d"), "name"),
}

CHILDREN: Mapping[str, tuple[str, Create, str]] = {
    "experiment of an experiment": (
        "experiment",
        lambda ids: pb.CreateExperimentRequest(name="child", parent_id=ids["experiment"]),
        "parent_id",
    ),
    "run": ("experiment", lambda ids: pb.CreateRunRequest(experiment_id=ids["experiment"]), "experiment_id"),
    "run of a run": (
        "run",
        lambda ids: pb.CreateRunRequest(experiment_id=ids["experiment"], parent_id=ids["run"]),
        "parent_id",
    ),
    "checkpoint of an experiment": (
        "experiment",
        lambda ids: pb.CreateCheckpointRequest(experiment_id=ids["experiment"]),
        "experiment_id",
    ),
    "checkpoint of a run": ("run", lambda ids: pb.CreateCheckpointRequest(run_id=ids["run"], epoch=9), "run_id"),
    "model version": ("model", lambda ids: pb.CreateModelVersionRequest(model=ids["model"]), "model"),
    "promotion of a checkpoint": (
        "checkpoint",
        lambda ids: pb.PromoteCheckpointRequest(checkpoint_id=ids["checkpoint"], model=ids["model"]),
        "checkpoint_id",
    ),
    "promotion to a model": (
        "model",
        lambda ids: pb.PromoteCheckpointRequest(checkpoint_id=ids["checkpoint"], model=ids["model"]),
        "model",
    ),
}


def sent(gateway: Gateway, request: Any, **options: Any) -> Awaitable[Any]:
    name = type(request).__name__.removesuffix("Request")
    call: Awaitable[Any] = getattr(gateway.stub, name)(request, **options)
    return call


def assert_deleted(refusal: Refusal, field: str, kind: str, object_id: str) -> None:
    assert (refusal.code, refusal.reason, refusal.field) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "OBJECT_DELETED",
        field,
    )
    assert (refusal.metadata["kind"], refusal.metadata["object_id"]) == (kind, object_id)
    assert "RestoreObject" in refusal.message


async def test_what_is_deleted_is_not_created_again(gateway: Gateway, ids: Ids, log: Log) -> None:
    for kind in RECREATED:
        request, field = RECREATED[kind][0](ids), RECREATED[kind][1]
        await delete(gateway, ids[kind])
        before = log.head.position

        refusal = await refused(sent(gateway, request))

        assert_deleted(refusal, field, kind, ids[kind])
        assert log.head.position == before
        await restore(gateway, ids[kind])
        answer = await sent(gateway, request)
        assert answer.experiment_exists if kind == "experiment" else answer.exists


async def test_nothing_is_created_under_what_is_deleted(gateway: Gateway, ids: Ids, log: Log) -> None:
    for case in CHILDREN:
        kind, request_of, field = CHILDREN[case]
        await delete(gateway, ids[kind])
        before = log.head.position

        refusal = await refused(sent(gateway, request_of(ids)))

        assert_deleted(refusal, field, kind, ids[kind])
        assert log.head.position == before
        await restore(gateway, ids[kind])
        await sent(gateway, request_of(ids))


async def test_a_deletion_at_another_gateway_is_known_at_once(
    gateway: Gateway, ids: Ids, dsn: str, tmp_path: Path
) -> None:
    """What a process remembers of the parent is out of date: the log tells it, deletion after deletion."""
    other_log = await Log.open(dsn)
    async with running_gateway(other_log, tmp_path / "other") as other:
        for kind, request_of, field in CHILDREN.values():
            for _ in range(2):
                await delete(other, ids[kind])
                assert_deleted(await refused(sent(gateway, request_of(ids))), field, kind, ids[kind])
                await restore(other, ids[kind])
            await sent(gateway, request_of(ids))
    await other_log.close()


async def test_a_create_sent_again_with_its_key_is_answered_though_the_parent_is_deleted(
    gateway: Gateway, ids: Ids
) -> None:
    """The answer of the first was lost; it was made."""
    for case, (kind, request_of, _) in CHILDREN.items():
        options = {"metadata": ((IDEMPOTENCY_KEY, case),)}
        first = await sent(gateway, request_of(ids), **options)
        await delete(gateway, ids[kind])
        assert await sent(gateway, request_of(ids), **options) == first, case
        await restore(gateway, ids[kind])


async def test_a_deletion_sent_again_with_its_key_is_answered_as_at_first(gateway: Gateway, ids: Ids) -> None:
    request, key = pb.DeleteObjectRequest(id=ids["run"]), ((IDEMPOTENCY_KEY, "k"),)
    first = await gateway.stub.DeleteObject(request, metadata=key)
    await restore(gateway, ids["run"])

    again = await gateway.stub.DeleteObject(request, metadata=key)

    assert first == again
    assert not (await get(gateway, "run", ids["run"])).HasField("deleted_at")


async def test_no_run_begins_after_the_deletion_of_its_experiment(
    gateway: Gateway, ids: Ids, dsn: str, tmp_path: Path
) -> None:
    """Creates and deletions at once, at two gateways: in the log, every run stands where the experiment was there."""
    reasons: set[str] = set()
    other_log = await Log.open(dsn)
    async with running_gateway(other_log, tmp_path / "other") as other:

        async def begin(which: Gateway) -> bool:
            try:
                await which.stub.CreateRun(pb.CreateRunRequest(experiment_id=ids["experiment"]))
            except grpc.aio.AioRpcError as error:
                reasons.add(refusal_of(error).reason)
                return False
            return True

        async def come_and_go() -> list[bool]:
            for _ in range(10):
                await delete(other, ids["experiment"])
                await restore(gateway, ids["experiment"])
            return []

        begun = await asyncio.gather(come_and_go(), *(begin(which) for _ in range(60) for which in (gateway, other)))
        events = await other_log.read(Position(0))
    await other_log.close()

    assert reasons <= {"OBJECT_DELETED"}
    deleted = False
    for event in events:
        match event.type:
            case "ObjectDeleted":
                deleted = True
            case "ObjectRestored":
                deleted = False
            case "RunCreated":
                assert not deleted, event.position
            case _:
                pass
    assert [event.type for event in events].count("RunCreated") == 1 + sum(found is True for found in begun)


async def test_unknown_objects_are_named(gateway: Gateway) -> None:
    unknown = str(new_id())

    for request in (
        pb.UpdateObjectRequest(id=unknown, owner="x"),
        pb.DeleteObjectRequest(id=unknown),
        pb.RestoreObjectRequest(id=unknown),
    ):
        refusal = await refused(sent(gateway, request))
        assert (refusal.reason, refusal.field) == ("OBJECT_NOT_FOUND", "id")


async def test_the_streams_that_deletions_open_are_no_objects(gateway: Gateway, ids: Ids, log: Log) -> None:
    await delete(gateway, ids["run"])
    async with log.database.acquire() as connection:
        opened: UUID = await connection.fetchval("SELECT id FROM modelbox.streams WHERE type = 'object_deletion'")

    refusal = await refused(gateway.stub.DeleteObject(pb.DeleteObjectRequest(id=str(opened))))

    assert refusal.reason == "OBJECT_NOT_FOUND"
