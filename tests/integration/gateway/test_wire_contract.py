"""The published wire contract, spoken with messages that only the contract knows, as the published client speaks it."""

import asyncio
import hashlib
import os
import socket
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from modelbox_events import Log
from modelbox_gateway.members import Lease, Member
from tests.integration.gateway.published_contract import MESSAGES, PublishedClient
from tests.integration.gateway_server import running_gateway


class Published:
    """The synchronous client, moved out of the event loop that serves it."""

    def __init__(self, address: str) -> None:
        self._client = PublishedClient(address)

    async def call(self, rpc: str, **fields: Any) -> Any:
        return await asyncio.to_thread(self._client.call, rpc, **fields)

    async def upload(self, frames: list[Any]) -> Any:
        return await asyncio.to_thread(self._client.upload, frames)

    async def read(self, rpc: str, count: int | None = None, **fields: Any) -> list[Any]:
        return await asyncio.to_thread(self._read, rpc, count, fields)

    def _read(self, rpc: str, count: int | None, fields: dict[str, Any]) -> list[Any]:
        answers = self._client.stream(rpc, **fields)
        if count is None:
            return list(answers)
        found = [next(answers) for _ in range(count)]
        answers.cancel()
        return found

    async def close(self) -> None:
        await asyncio.to_thread(self._client.close)


def known(message: Any) -> Any:
    """Return what the contract knows of a message: the entries of a map that it does not know come in any order."""
    copy = type(message).FromString(message.SerializeToString())
    copy.DiscardUnknownFields()
    return copy


@pytest.fixture
async def client(log: Log, tmp_path: Path) -> AsyncIterator[Published]:
    async with running_gateway(log, tmp_path / "blobs") as gateway:
        published = Published(gateway.address)
        yield published
        await published.close()


@pytest.fixture
async def model(client: Published) -> str:
    created = await client.call("CreateModel", name="resnet")
    assert isinstance(created.id, str)
    return created.id


def value_of(kind: str, value: object) -> Any:
    made = MESSAGES["Metadata"]().metadata["v"]
    setattr(made, kind, value)
    return made


def frames_of(data: bytes, **metadata: Any) -> list[Any]:
    """Return the frames of an upload as the published client cuts them: the metadata, then 1 KiB at a time."""
    frame = MESSAGES["UploadFileRequest"]
    first = frame(metadata=MESSAGES["FileMetadata"](**metadata))
    return [first, *(frame(chunks=data[at : at + 1024]) for at in range(0, len(data), 1024))]


async def test_a_model_is_created_once_and_listed_in_the_default_namespace(client: Published) -> None:
    """An empty namespace is the default one; creating a model again answers the same id."""
    file = MESSAGES["FileMetadata"](path="/data/weights.pt", file_type=1, checksum="abc")
    metadata = MESSAGES["Metadata"](metadata={"lr": value_of("number_value", 0.1)})
    before_s = time.time() - 1

    created = await client.call(
        "CreateModel", name="resnet", owner="ana", task="vision", description="d", metadata=metadata, files=[file]
    )
    again = await client.call("CreateModel", name="resnet", namespace="default", owner="somebody else")
    listed = await client.call("ListModels", namespace="")

    assert created.id == again.id
    assert before_s < created.created_at.seconds < time.time() + 1
    [model] = listed.models
    assert (model.id, model.name, model.owner, model.namespace) == (created.id, "resnet", "ana", "default")
    assert (model.description, model.task) == ("d", "vision")
    [shown] = model.files
    assert (shown.path, shown.file_type, shown.checksum, shown.parent_id) == ("/data/weights.pt", 1, "abc", model.id)
    assert model.created_at == created.created_at


async def test_a_model_version_is_listed_as_it_was_created(client: Published, model: str) -> None:
    metadata = MESSAGES["Metadata"](metadata={"epochs": value_of("number_value", 20)})
    created = await client.call(
        "CreateModelVersion",
        model=model,
        name="best",
        version="1.2",
        description="d",
        metadata=metadata,
        framework=1,
        unique_tags=["production"],
        files=[MESSAGES["FileMetadata"](path="s3://bucket/v")],
    )

    [version] = (await client.call("ListModelVersions", model=model)).models

    assert (version.id, version.model_id, version.name) == (created.model_version, model, "best")
    assert (version.version, version.description, version.framework) == ("1.2", "d", 1)
    assert list(version.unique_tags) == ["production"]
    assert version.metadata.metadata["epochs"].number_value == 20
    assert version.files[0].path == "s3://bucket/v"


async def test_a_unique_tag_belongs_to_one_version(client: Published, model: str) -> None:
    await client.call("CreateModelVersion", model=model, version="1", unique_tags=["production"])

    with pytest.raises(grpc.RpcError) as refused:
        await client.call("CreateModelVersion", model=model, version="2", unique_tags=["production"])

    assert refused.value.code() is grpc.StatusCode.ALREADY_EXISTS
    assert "production" in str(refused.value.details())


async def test_an_experiment_is_created_once_and_read_as_it_was_created(client: Published) -> None:
    """Creating an experiment again answers the first and says so; nothing of it is changed."""
    metadata = MESSAGES["Metadata"](metadata={"lr": value_of("number_value", 0.1)})
    request: dict[str, Any] = {
        "name": "e",
        "owner": "ana",
        "framework": 2,
        "task": "vision",
        "metadata": metadata,
        "external_id": "x/7",
    }

    created = await client.call("CreateExperiment", **request)
    again = await client.call("CreateExperiment", **request | {"namespace": "default", "owner": "somebody else"})
    elsewhere = await client.call("CreateExperiment", **request | {"namespace": "other"})
    got = (await client.call("GetExperiment", id=created.experiment_id)).experiment
    [listed] = (await client.call("ListExperiments", namespace="")).experiments

    assert (created.experiment_exists, again.experiment_exists, elsewhere.experiment_exists) == (False, True, False)
    assert again.experiment_id == created.experiment_id != elsewhere.experiment_id
    assert again.created_at == created.created_at
    assert known(listed) == known(got)
    assert (got.id, got.name, got.namespace, got.owner) == (created.experiment_id, "e", "default", "ana")
    assert (got.framework, got.external_id, got.created_at) == (2, "x/7", created.created_at)
    shown = await client.call("ListMetadata", parent_id=created.experiment_id)
    assert shown.metadata["lr"].number_value == 0.1


async def test_a_checkpoint_is_created_once_an_epoch_and_read_as_it_was_created(client: Published) -> None:
    """Epochs are kept apart, and the zeroth is one."""
    experiment = (await client.call("CreateExperiment", name="e")).experiment_id
    file = MESSAGES["FileMetadata"](path="/data/w.pt", file_type=2, checksum="abc")
    metadata = MESSAGES["Metadata"](metadata={"note": value_of("string_value", "best")})

    created = await client.call(
        "CreateCheckpoint",
        experiment_id=experiment,
        epoch=3,
        files=[file],
        metrics={"acc": 0.5, "loss": 0.25},
        metadata=metadata,
    )
    again = await client.call("CreateCheckpoint", experiment_id=experiment, epoch=3, metrics={"acc": 0.75})
    zeroth = await client.call("CreateCheckpoint", experiment_id=experiment)
    got = (await client.call("GetCheckpoint", experiment_id=experiment, epoch=3)).checkpoint
    listed = (await client.call("ListCheckpoints", experiment_id=experiment)).checkpoints

    assert again.checkpoint_id == created.checkpoint_id != zeroth.checkpoint_id
    assert again.created_at == created.created_at == got.created_at
    assert [(found.id, found.epoch) for found in listed] == [(zeroth.checkpoint_id, 0), (created.checkpoint_id, 3)]
    assert known(listed[1]) == known(got)
    assert (got.experiment_id, dict(got.metrics)) == (experiment, {"acc": 0.5, "loss": 0.25})
    [shown] = got.files
    assert (shown.path, shown.file_type, shown.checksum, shown.parent_id) == ("/data/w.pt", 2, "abc", got.id)
    assert (await client.call("ListMetadata", parent_id=got.id)).metadata["note"].string_value == "best"


async def test_metadata_of_any_json_comes_back_as_it_went(client: Published, model: str) -> None:
    """One key a call, as the published client does; any JSON comes back as it went."""
    values = {
        "dataset/size": value_of("number_value", 60000),
        "name": value_of("string_value", "größe"),
        "done": value_of("bool_value", True),  # the value, not a flag
        "nothing": value_of("null_value", 0),
        "list": value_of("string_value", ""),
    }
    values["list"].list_value.values.add().number_value = 0.5
    for key, value in values.items():
        answer = await client.call(
            "UpdateMetadata", parent_id=model, metadata=MESSAGES["Metadata"](metadata={key: value})
        )
        assert answer.num_keys_written == 1
        assert answer.updated_at.seconds > 0

    listed = await client.call("ListMetadata", parent_id=model)

    assert dict(listed.metadata) == values


async def test_points_logged_one_by_one_are_read_by_key_and_step(client: Published, model: str) -> None:
    """One call a key with `f_val`, read back from `f_val`; strings and bytes are kept as such."""
    now = int(time.time())
    points: list[tuple[str, int, dict[str, Any]]] = [
        ("loss", 2, {"f_val": 0.25}),
        ("loss", 1, {"f_val": 0.5}),
        ("loss", 3, {"f_val": float("nan")}),
        ("note", 1, {"s_tensor": "ok"}),
        ("tensor", 1, {"b_tensor": b"\x00\xff"}),
    ]
    for key, step, value in points:
        point = MESSAGES["MetricsValue"](step=step, wallclock_time=now, **value)
        await client.call("LogMetrics", parent_id=model, key=key, value=point)

    metrics = {found.key: found.values for found in (await client.call("GetMetrics", parent_id=model)).metrics}

    assert [(point.step, point.wallclock_time) for point in metrics["loss"]] == [(1, now), (2, now), (3, now)]
    assert [point.f_val for point in metrics["loss"]][:2] == [0.5, 0.25]
    assert metrics["loss"][2].f_val != metrics["loss"][2].f_val
    assert metrics["note"][0].s_tensor == "ok"
    assert metrics["tensor"][0].b_tensor == b"\x00\xff"


async def test_an_equal_event_is_kept_once_and_listed_since_a_time(client: Published, model: str) -> None:
    """An equal event is no error and kept once; `since` counts, and an event comes back with its metadata."""
    metadata = MESSAGES["Metadata"](metadata={"gpu": value_of("number_value", 3)})
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    events = [
        MESSAGES["Event"](
            name=name,
            source=MESSAGES["EventSource"](name="trainer"),
            wallclock_time=noon + timedelta(seconds=second + 0.5),
            metadata=metadata,
        )
        for second, name in ((2, "oom"), (1, "start"), (1, "start"))
    ]
    logged = [await client.call("LogEvent", parent_id=model, event=event) for event in events]

    listed = (await client.call("ListEvents", parent_id=model)).events
    later = (await client.call("ListEvents", parent_id=model, since=noon + timedelta(seconds=2))).events

    assert logged[1].created_at == logged[2].created_at
    assert logged[0].created_at.seconds > 0
    assert [(event.name, event.source.name) for event in listed] == [("start", "trainer"), ("oom", "trainer")]
    assert [event.wallclock_time for event in listed] == [events[1].wallclock_time, events[0].wallclock_time]
    assert dict(listed[0].metadata.metadata) == dict(metadata.metadata)
    assert [event.name for event in later] == ["oom"]


async def test_a_server_is_a_member_of_its_cluster_by_its_addresses(client: Published, log: Log) -> None:
    await Lease(log, Member.here("127.0.0.1:8085", "127.0.0.1:8080")).renew()

    [member] = (await client.call("GetClusterMembers")).members

    assert (member.host_name, member.rpc_addr, member.http_addr) == (
        socket.gethostname(),
        "127.0.0.1:8085",
        "127.0.0.1:8080",
    )
    assert member.id


async def test_files_tracked_again_are_listed_once(client: Published, model: str) -> None:
    files = [
        MESSAGES["FileMetadata"](parent_id=model, path=f"/data/{name}", file_type=kind, checksum="c")
        for name, kind in (("a.txt", 3), ("b.wav", 5), ("c.mp4", 6))
    ]

    tracked = await client.call("TrackArtifacts", files=files)
    again = await client.call("TrackArtifacts", files=files)
    listed = (await client.call("ListArtifacts", parent_id=model)).files

    assert (tracked.num_files_tracked, again.num_files_tracked) == (3, 3)
    assert again.created_at == tracked.created_at
    assert {(file.path, file.file_type) for file in listed} == {
        ("/data/a.txt", 3),
        ("/data/b.wav", 5),
        ("/data/c.mp4", 6),
    }


async def test_an_uploaded_file_comes_back_whole_under_its_path(client: Published, model: str) -> None:
    """An absolute path is a label; the checksum is the MD5; the metadata frame comes back first."""
    data = os.urandom(100_000)
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    frames = frames_of(data, parent_id=model, path="/etc/passwd", file_type=1, checksum=md5)

    uploaded = await client.upload(frames)
    again = await client.upload(frames)
    first, *rest = await client.read("DownloadFile", file_id=uploaded.file_id)

    assert again.file_id == uploaded.file_id
    assert first.metadata.id == uploaded.file_id
    assert (first.metadata.path, first.metadata.parent_id, first.metadata.file_type) == ("/etc/passwd", model, 1)
    assert b"".join(frame.chunks for frame in rest) == data
    [listed] = (await client.call("ListArtifacts", parent_id=model)).files
    assert listed.id == uploaded.file_id


async def test_a_watch_from_the_beginning_tells_every_kind_of_change(client: Published, model: str) -> None:
    """Every kind of change arrives, created apart from updated, with the JSON of what was written."""
    await client.call("CreateModel", name="elsewhere", namespace="other")
    version = (await client.call("CreateModelVersion", model=model, version="1")).model_version
    metadata = MESSAGES["Metadata"](metadata={"k": value_of("string_value", "v")})
    await client.call("UpdateMetadata", parent_id=version, metadata=metadata)
    await client.call("LogMetrics", parent_id=version, key="loss", value=MESSAGES["MetricsValue"](step=1, f_val=0.5))
    await client.call("TrackArtifacts", files=[MESSAGES["FileMetadata"](parent_id=version, path="p")])
    await client.upload(frames_of(b"data", parent_id=version, path="p"))

    changes = await client.read("WatchNamespace", 6, namespace="", since=0)

    assert [change.event for change in changes] == [1, 1, 2, 2, 1, 1]
    payloads = [change.payload.struct_value.fields for change in changes]
    assert payloads[0]["name"].string_value == "resnet"
    assert payloads[1]["version"].string_value == "1"
    assert payloads[2]["metadata"].struct_value.fields["k"].string_value == "v"
    assert payloads[3]["series"].list_value.values[0].struct_value.fields["key"].string_value == "loss"
    assert payloads[5]["size"].number_value == 4


async def test_watch_since_leaves_out_what_came_before(client: Published, model: str) -> None:
    """`since` counts seconds since the epoch and includes its own second."""
    assert model
    created_s = int(time.time())
    await asyncio.to_thread(_wait_until, created_s + 1)
    await client.call("CreateModel", name="later")

    [change] = await client.read("WatchNamespace", 1, namespace="default", since=created_s + 1)

    assert change.payload.struct_value.fields["name"].string_value == "later"


def _wait_until(second: int) -> None:
    while (left := second - time.time()) > 0:
        time.sleep(left)
