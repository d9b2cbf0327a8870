"""Changing, deleting and restoring objects of every kind through the gateway."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc
import grpc.aio
import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log, Position, new_id
from modelbox_gateway.commands import limits
from modelbox_gateway.rpc.call import IDEMPOTENCY_KEY
from tests.integration.gateway_server import Gateway, Refusal, refusal_of, running_gateway

Ids = Mapping[str, str]


@pytest.fixture
async def gateway(log: Log, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(log, tmp_path / "blobs") as running:
        yield running


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
        "model_version": (await stub.CreateModelVersion(_version(model))).model_version,
        "dataset": (await stub.CreateDataset(pb.CreateDatasetRequest(name="d"))).id,
        "artifact": (await stub.TrackArtifacts(pb.TrackArtifactsRequest(files=files))).file_ids[0],
    }


KINDS = ("experiment", "run", "checkpoint", "model", "model_version", "dataset")


def _version(model: str) -> pb.CreateModelVersionRequest:
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


async def delete(gateway: Gateway, object_id: str) -> pb.DeleteObjectResponse:
    answer: pb.DeleteObjectResponse = await gateway.stub.DeleteObject(pb.DeleteObjectRequest(id=object_id))
    return answer


async def restore(gateway: Gateway, object_id: str) -> pb.RestoreObjectResponse:
    answer: pb.RestoreObjectResponse = await gateway.stub.RestoreObject(pb.RestoreObjectRequest(id=object_id))
    return answer


async def refused(call: Awaitable[Any]) -> Refusal:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    return refusal_of(error.value)


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
    "model_version": (lambda ids: _version(ids["model"]), "version"),
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


BAD_UPDATES: Sequence[tuple[str, dict[str, Any], str]] = [
    ("run", {"task": "t"}, "task"),
    ("run", {"description": ""}, "description"),
    ("experiment", {"comment": "c"}, "comment"),
    ("checkpoint", {"owner": "ana"}, "owner"),
    ("dataset", {"description": "d"}, "description"),
    ("model", {"owner": "a\n"}, "owner"),
    ("model", {"labels": {"": "v"}}, "labels key"),
    ("model", {"labels": {"k": "v" * 256}}, "labels['k']"),
    ("model", {"labels": {"k": "v"}, "labels_removed": ["k"]}, "labels_removed[0]"),
    ("model", {"labels_removed": [""]}, "labels_removed[0]"),
    ("artifact", {"labels": {"k": "v"}}, "id"),
]


class TestUpdates:
    """Owner, description, task, comment and labels; what is not named stays."""

    async def test_what_is_named_changes(self, gateway: Gateway, ids: Ids) -> None:
        experiment = ids["experiment"]
        first = pb.UpdateObjectRequest(
            id=experiment, owner="ana", description="d", task="t", labels={"env": "dev", "team": "x"}
        )
        await gateway.stub.UpdateObject(first)
        second = pb.UpdateObjectRequest(id=experiment, owner="", labels={"env": "prod"}, labels_removed=["team", "no"])

        updated = await gateway.stub.UpdateObject(second)

        shown = await get(gateway, "experiment", experiment)
        assert (shown.owner, shown.description, shown.task) == ("", "d", "t")
        assert dict(shown.labels) == {"env": "prod"}
        assert shown.updated_at == updated.updated_at

    async def test_every_kind_is_found_by_its_labels(self, gateway: Gateway, ids: Ids) -> None:
        for kind in KINDS:
            await gateway.stub.UpdateObject(pb.UpdateObjectRequest(id=ids[kind], labels={"privacy/level": "high"}))

            assert await listed(gateway, kind, ids, filter='labels.`privacy/level` = "high"') == [ids[kind]]
            assert await listed(gateway, kind, ids, filter='labels.`privacy/level` = "low"') == []

    async def test_a_comment_of_a_run_and_a_description_of_a_version_change(self, gateway: Gateway, ids: Ids) -> None:
        await gateway.stub.UpdateObject(pb.UpdateObjectRequest(id=ids["run"], comment="c", owner="bob"))
        await gateway.stub.UpdateObject(pb.UpdateObjectRequest(id=ids["model_version"], description="d"))

        run = await get(gateway, "run", ids["run"])
        assert (run.comment, run.owner) == ("c", "bob")
        assert (await get(gateway, "model_version", ids["model_version"])).description == "d"

    async def test_an_update_of_nothing_changes_nothing(self, gateway: Gateway, ids: Ids, log: Log) -> None:
        before = log.head.position

        answer = await gateway.stub.UpdateObject(pb.UpdateObjectRequest(id=ids["model"]))

        assert answer.updated_at == (await get(gateway, "model", ids["model"])).updated_at
        assert log.head.position == before

    async def test_an_object_has_a_bounded_number_of_labels(self, gateway: Gateway, ids: Ids) -> None:
        """However many requests they come in, and at once."""
        half = limits.LABELS_MAX // 2 + 1
        requests = [
            pb.UpdateObjectRequest(id=ids["model"], labels={f"{part}-{n}": "" for n in range(half)}) for part in "ab"
        ]

        results = await asyncio.gather(
            *(gateway.stub.UpdateObject(request) for request in requests), return_exceptions=True
        )

        [error] = [result for result in results if isinstance(result, grpc.aio.AioRpcError)]
        assert (refusal_of(error).reason, refusal_of(error).field) == ("INVALID_FIELD", "labels")
        assert len((await get(gateway, "model", ids["model"])).labels) == half

    async def test_what_a_kind_has_not_is_refused(self, gateway: Gateway, ids: Ids, log: Log) -> None:
        before = log.head.position

        for kind, fields, field in BAD_UPDATES:
            refusal = await refused(gateway.stub.UpdateObject(pb.UpdateObjectRequest(id=ids[kind], **fields)))
            assert (refusal.reason, refusal.field) == ("INVALID_FIELD", field)

        assert log.head.position == before


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
