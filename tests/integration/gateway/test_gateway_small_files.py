"""Small files, many in one message: all or none, each verified, and what does not fit says so."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Sequence
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log, Position
from modelbox_gateway.blobs.s3 import S3Store
from modelbox_gateway.rpc.frame.call import IDEMPOTENCY_KEY
from tests.integration.gateway_server import Gateway, refusal_of, running_gateway

DATA = [b"", b"a", os.urandom(70_000), b"a"]
MIB = 1024 * 1024


@pytest.fixture(params=["filesystem", "s3"])
async def gateway(request: pytest.FixtureRequest, log: Log, tmp_path: Path) -> AsyncIterator[Gateway]:
    store = tmp_path / "blobs" if request.param == "filesystem" else S3Store(request.getfixturevalue("bucket"))
    async with running_gateway(log, store) as running:
        yield running


@pytest.fixture
async def model(gateway: Gateway) -> str:
    return str((await gateway.stub.CreateModel(pb.CreateModelRequest(name="resnet"))).id)


def small(parent_id: str, content: bytes, **metadata: Any) -> pb.SmallFile:
    return pb.SmallFile(metadata=pb.FileMetadata(parent_id=parent_id, **metadata), content=content)


def request_of(parent_id: str, data: Sequence[bytes] = DATA) -> pb.UploadFilesRequest:
    return pb.UploadFilesRequest(files=[small(parent_id, each, path=f"run/{n}") for n, each in enumerate(data)])


async def upload(gateway: Gateway, request: pb.UploadFilesRequest, *, key: str = "") -> pb.UploadFilesResponse:
    metadata = ((IDEMPOTENCY_KEY, key),) if key else ()
    answer: pb.UploadFilesResponse = await gateway.stub.UploadFiles(request, metadata=metadata)
    return answer


async def download(gateway: Gateway, ids: Sequence[str]) -> list[list[pb.SmallFile]]:
    call = gateway.stub.DownloadFiles(pb.DownloadFilesRequest(file_ids=ids))
    return [list(answer.files) async for answer in call]


async def refusal(call: Awaitable[object]) -> tuple[str, str]:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    found = refusal_of(refused.value)
    return found.reason, found.metadata.get("field", "")


async def visible(gateway: Gateway, parent_id: str) -> dict[str, str]:
    listed = await gateway.stub.ListArtifacts(pb.ListArtifactsRequest(parent_id=parent_id))
    return {file.path: file.id for file in listed.files}


async def test_what_goes_together_comes_back_together(gateway: Gateway, model: str, log: Log) -> None:
    before = (await log.read_head()).position
    answer = await upload(gateway, request_of(model))

    assert [(file.exists, file.size, file.sha256) for file in answer.files] == [
        (False, len(data), hashlib.sha256(data).hexdigest()) for data in DATA
    ]
    ids = [file.file_id for file in answer.files]
    assert await visible(gateway, model) == {f"run/{n}": file_id for n, file_id in enumerate(ids)}
    assert (await log.read_head()).position == before + len(DATA)
    [files] = await download(gateway, ids[::-1])
    assert [file.content for file in files] == DATA[::-1]
    assert [(file.metadata.id, file.metadata.path) for file in files] == [
        (file_id, f"run/{n}") for n, file_id in enumerate(ids)
    ][::-1]


async def test_files_that_are_there_are_recorded_once(gateway: Gateway, model: str, log: Log) -> None:
    """Whether they came alone, together, with the same key or with another, or twice in one message."""
    [first] = (await upload(gateway, pb.UploadFilesRequest(files=[small(model, b"a", path="run/1")]))).files
    both = pb.UploadFilesRequest(files=[*request_of(model).files, small(model, b"a", path="run/3")])

    answer = await upload(gateway, both, key="k")
    again = await upload(gateway, both, key="k")
    other = await upload(gateway, both, key="l")

    assert [file.exists for file in answer.files] == [False, True, False, False, False]
    assert [file.exists for file in other.files] == [True] * 5
    assert [file.file_id for file in answer.files] == [file.file_id for file in again.files]
    assert answer.files[1].file_id == first.file_id
    assert answer.files[4].file_id == answer.files[3].file_id
    events = await log.read(Position(0))
    assert [event.type for event in events].count("ArtifactUploaded") == len(DATA)
    with pytest.raises(grpc.aio.AioRpcError) as reused:
        await upload(gateway, request_of(model, [b"other"]), key="k")
    assert refusal_of(reused.value).reason == "IDEMPOTENCY_KEY_REUSED"


@pytest.mark.parametrize(
    ("wrong", "refused"),
    [
        ({"sha256": "0" * 64}, ("CHECKSUM_MISMATCH", "files[1].metadata.sha256")),
        ({"checksum": "0" * 32}, ("CHECKSUM_MISMATCH", "files[1].metadata.checksum")),
        ({"size": 7}, ("CHECKSUM_MISMATCH", "files[1].metadata.size")),
        ({"path": "../x"}, ("INVALID_FIELD", "files[1].metadata.path")),
        ({"parent_id": "00000000-0000-4000-8000-000000000000"}, ("OBJECT_NOT_FOUND", "files[1].metadata.parent_id")),
    ],
)
async def test_one_that_is_wrong_leaves_none(
    gateway: Gateway, model: str, log: Log, wrong: dict[str, Any], refused: tuple[str, str]
) -> None:
    before = (await log.read_head()).position
    request = request_of(model)
    for name, value in wrong.items():
        setattr(request.files[1].metadata, name, value)

    assert await refusal(upload(gateway, request)) == refused

    assert (await log.read_head()).position == before
    assert list(gateway.services.blobs.store.stored()) == []


async def test_files_of_two_objects_need_two_requests(gateway: Gateway, model: str) -> None:
    other = (await gateway.stub.CreateModel(pb.CreateModelRequest(name="lenet"))).id
    request = pb.UploadFilesRequest(files=[small(model, b"a", path="a"), small(other, b"b", path="b")])
    assert await refusal(upload(gateway, request)) == ("INVALID_FIELD", "files[1].metadata.parent_id")


async def test_what_does_not_fit_says_so(gateway: Gateway, model: str) -> None:
    zeros = bytes(MIB)
    for data, field in (
        ([], "files"),
        ([b""] * 201, "files"),
        ([zeros + b"1"], "files[0].content"),
        ([zeros] * 5, "files"),
    ):
        assert await refusal(upload(gateway, request_of(model, data))) == ("INVALID_FIELD", field)
    whole = await upload(gateway, request_of(model, [zeros] * 4))
    ids = [file.file_id for file in whole.files]
    assert [[file.content for file in files] for files in await download(gateway, ids)] == [[zeros]] * 4
    for file_ids, field in (([], "file_ids"), (ids[:1] * 201, "file_ids"), (["x"], "file_ids[0]")):
        assert await refusal(download(gateway, file_ids)) == ("INVALID_FIELD", field)


async def test_what_is_no_small_file_here_is_refused(gateway: Gateway, model: str) -> None:
    [known] = (await upload(gateway, request_of(model, [b"a"]))).files
    frames = [pb.UploadFileRequest(metadata=pb.FileMetadata(parent_id=model, path="large"))]
    frames += [pb.UploadFileRequest(chunks=bytes(MIB)), pb.UploadFileRequest(chunks=b"1")]
    large = await gateway.stub.UploadFile(iter(frames))
    tracked = await gateway.stub.TrackArtifacts(
        pb.TrackArtifactsRequest(files=[pb.FileMetadata(parent_id=model, path="s3://elsewhere/x")])
    )
    for file_id, reason in (
        (large.file_id, "INVALID_FIELD"),
        (tracked.file_ids[0], "NOT_UPLOADED"),
        (model, "OBJECT_NOT_FOUND"),
    ):
        assert await refusal(download(gateway, [known.file_id, file_id])) == (reason, "file_ids[1]")


async def test_a_damaged_one_is_told(gateway: Gateway, model: str) -> None:
    answer = await upload(gateway, request_of(model))
    blobs = gateway.services.blobs
    gone = answer.files[2].sha256
    await blobs.run(blobs.store.set_aside, gone)
    await blobs.run(blobs.store.remove, gone)

    with pytest.raises(grpc.aio.AioRpcError) as damaged:
        await download(gateway, [file.file_id for file in answer.files])

    assert refusal_of(damaged.value).reason == "BLOB_DAMAGED"


async def test_many_requests_at_once_all_arrive(gateway: Gateway, model: str) -> None:
    contents = [[os.urandom(500) for _ in range(20)] for _ in range(10)]
    requests = [
        pb.UploadFilesRequest(files=[small(model, data, path=f"{n}/{m}") for m, data in enumerate(files)])
        for n, files in enumerate(contents)
    ]
    answers = await asyncio.gather(*(upload(gateway, request) for request in requests))
    for answer, files in zip(answers, contents, strict=True):
        [brought] = await download(gateway, [file.file_id for file in answer.files])
        assert [file.content for file in brought] == files
