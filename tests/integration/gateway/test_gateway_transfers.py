"""Uploads and downloads over gRPC: verified, durable before they are known, and nothing left of a broken one."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log, Position
from modelbox_gateway.rpc.frame.call import IDEMPOTENCY_KEY
from tests.integration.gateway_server import Gateway, refusal_of, running_gateway, until

DATA = os.urandom(300_000)
MD5 = hashlib.md5(DATA, usedforsecurity=False).hexdigest()
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
async def gateway(log: Log, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(log, tmp_path / "blobs") as running:
        yield running


@pytest.fixture
async def model(gateway: Gateway) -> str:
    return str((await gateway.stub.CreateModel(pb.CreateModelRequest(name="resnet"))).id)


async def frames_of(data: bytes, **metadata: Any) -> AsyncIterator[pb.UploadFileRequest]:
    announced: dict[str, Any] = {"path": "weights.pt"} | metadata
    yield pb.UploadFileRequest(metadata=pb.FileMetadata(**announced))
    for at in range(0, len(data), 65_536):
        yield pb.UploadFileRequest(chunks=data[at : at + 65_536])


async def download(gateway: Gateway, file_id: str) -> tuple[pb.FileMetadata, bytes]:
    frames = [frame async for frame in gateway.stub.DownloadFile(pb.DownloadFileRequest(file_id=file_id))]
    return frames[0].metadata, b"".join(frame.chunks for frame in frames[1:])


def kept(gateway: Gateway) -> Sequence[Path]:
    return [path for path in gateway.blobs.rglob("*") if path.is_file()]


@pytest.mark.parametrize("checksum", ["", MD5, MD5.upper(), SHA256], ids=["none", "md5", "upper case", "sha256"])
async def test_what_is_uploaded_comes_back(gateway: Gateway, model: str, checksum: str) -> None:
    uploaded = await gateway.stub.UploadFile(frames_of(DATA, parent_id=model, checksum=checksum, size=len(DATA)))

    metadata, data = await download(gateway, uploaded.file_id)

    assert (uploaded.exists, uploaded.sha256, uploaded.size) == (False, SHA256, len(DATA))
    assert (metadata.id, metadata.parent_id, metadata.path) == (uploaded.file_id, model, "weights.pt")
    assert (metadata.sha256, metadata.size, metadata.uploaded) == (SHA256, len(DATA), True)
    assert data == DATA


@pytest.mark.parametrize("offset", [0, 1, 150_000, len(DATA)])
async def test_a_download_begins_where_it_is_told(gateway: Gateway, model: str, offset: int) -> None:
    uploaded = await gateway.stub.UploadFile(frames_of(DATA, parent_id=model))

    request = pb.DownloadFileRequest(file_id=uploaded.file_id, offset=offset)
    frames = [frame async for frame in gateway.stub.DownloadFile(request)]

    assert frames[0].metadata.size == len(DATA)
    assert b"".join(frame.chunks for frame in frames[1:]) == DATA[offset:]


async def test_a_download_that_begins_beyond_the_file_is_refused(gateway: Gateway, model: str) -> None:
    uploaded = await gateway.stub.UploadFile(frames_of(DATA, parent_id=model))

    request = pb.DownloadFileRequest(file_id=uploaded.file_id, offset=len(DATA) + 1)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await anext(aiter(gateway.stub.DownloadFile(request)))

    assert (refusal_of(refused.value).reason, refusal_of(refused.value).field) == ("INVALID_FIELD", "offset")


async def test_an_empty_file_is_a_file(gateway: Gateway, model: str) -> None:
    uploaded = await gateway.stub.UploadFile(frames_of(b"", parent_id=model))

    assert (await download(gateway, uploaded.file_id))[1] == b""


async def test_the_same_file_is_answered_with_its_id(gateway: Gateway, model: str, log: Log) -> None:
    first = await gateway.stub.UploadFile(frames_of(DATA, parent_id=model))
    before = log.head.position

    again = await gateway.stub.UploadFile(frames_of(DATA, parent_id=model, checksum=MD5))

    assert (again.file_id, again.exists) == (first.file_id, True)
    assert log.head.position == before


async def test_the_same_file_is_kept_again_when_its_bytes_are_gone(gateway: Gateway, model: str) -> None:
    """A duplicate is never answered on the strength of the event alone."""
    first = await gateway.stub.UploadFile(frames_of(DATA, parent_id=model))
    [path] = kept(gateway)
    path.unlink()

    with pytest.raises(grpc.aio.AioRpcError) as damaged:
        await download(gateway, first.file_id)
    await gateway.stub.UploadFile(frames_of(DATA, parent_id=model))

    assert (refusal_of(damaged.value).code, refusal_of(damaged.value).reason) == (
        grpc.StatusCode.DATA_LOSS,
        "BLOB_DAMAGED",
    )
    assert (await download(gateway, first.file_id))[1] == DATA


async def test_the_same_bytes_under_two_objects_are_two_artifacts_and_one_blob(gateway: Gateway, model: str) -> None:
    other = await gateway.stub.CreateModel(pb.CreateModelRequest(name="other"))

    one = await gateway.stub.UploadFile(frames_of(DATA, parent_id=model))
    two = await gateway.stub.UploadFile(frames_of(DATA, parent_id=other.id))

    assert one.file_id != two.file_id
    assert not two.exists
    assert len(kept(gateway)) == 1


async def test_an_upload_sent_again_with_its_key_has_its_first_result(gateway: Gateway, model: str) -> None:
    metadata = ((IDEMPOTENCY_KEY, "k"),)

    first = await gateway.stub.UploadFile(frames_of(DATA, parent_id=model), metadata=metadata)
    again = await gateway.stub.UploadFile(frames_of(DATA, parent_id=model), metadata=metadata)
    with pytest.raises(grpc.aio.AioRpcError) as reused:
        await gateway.stub.UploadFile(frames_of(b"other", parent_id=model), metadata=metadata)

    assert first == again
    assert refusal_of(reused.value).reason == "IDEMPOTENCY_KEY_REUSED"


@pytest.mark.parametrize(
    ("metadata", "reason", "field"),
    [
        ({"checksum": "0" * 32}, "CHECKSUM_MISMATCH", "metadata.checksum"),
        ({"checksum": "0" * 64}, "CHECKSUM_MISMATCH", "metadata.checksum"),
        ({"sha256": "0" * 64}, "CHECKSUM_MISMATCH", "metadata.sha256"),
        ({"size": len(DATA) + 1}, "CHECKSUM_MISMATCH", "metadata.size"),
        ({"checksum": "nonsense"}, "INVALID_FIELD", "metadata.checksum"),
        ({"sha256": MD5}, "INVALID_FIELD", "metadata.sha256"),
        ({"path": "../x"}, "INVALID_FIELD", "metadata.path"),
        ({"path": ""}, "INVALID_FIELD", "metadata.path"),
        ({"file_type": 99}, "INVALID_FIELD", "metadata.file_type"),
        ({"parent_id": "x"}, "INVALID_FIELD", "metadata.parent_id"),
        ({"parent_id": "0191f3a0-6f7b-7c3e-9a55-0a1b2c3d4e5f"}, "OBJECT_NOT_FOUND", "metadata.parent_id"),
    ],
)
async def test_an_upload_that_is_not_what_it_says_leaves_nothing(
    gateway: Gateway, model: str, log: Log, *, metadata: dict[str, Any], reason: str, field: str
) -> None:
    before = (await log.read_head()).position

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await gateway.stub.UploadFile(frames_of(DATA, **{"parent_id": model} | metadata))

    assert (refusal_of(refused.value).reason, refusal_of(refused.value).field) == (reason, field)
    assert (await log.read_head()).position == before
    assert kept(gateway) == []


async def test_frames_out_of_order_are_refused(gateway: Gateway, model: str, log: Log) -> None:
    metadata = pb.UploadFileRequest(metadata=pb.FileMetadata(parent_id=model, path="p"))
    chunk = pb.UploadFileRequest(chunks=b"x")
    empty: list[pb.UploadFileRequest] = []
    for frames, field in (
        ([chunk], "metadata"),
        (empty, "metadata"),
        ([metadata, chunk, metadata], "chunks"),
        ([metadata, pb.UploadFileRequest()], "chunks"),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await gateway.stub.UploadFile(_each(frames))
        assert refusal_of(refused.value).field == field

    assert kept(gateway) == []
    assert [event.type for event in await log.read(Position(0))] == ["ModelCreated"]


async def test_an_upload_that_breaks_off_leaves_nothing(gateway: Gateway, model: str, log: Log) -> None:
    """The client goes away in the middle: no end of the stream was seen, so the file is not whole."""
    before = (await log.read_head()).position
    call = gateway.stub.UploadFile()
    async for frame in frames_of(DATA * 7, parent_id=model):
        await call.write(frame)
    await until(lambda: len(kept(gateway)) == 1)  # its temporary file

    call.cancel()

    await until(lambda: kept(gateway) == [])
    assert (await log.read_head()).position == before
    files = await gateway.stub.ListArtifacts(pb.ListArtifactsRequest(parent_id=model))
    assert list(files.files) == []


async def test_an_upload_cut_after_any_frame_leaves_nothing(gateway: Gateway, model: str, log: Log) -> None:
    before = (await log.read_head()).position
    frames = [frame async for frame in frames_of(DATA * 10, parent_id=model)]
    assert len(frames) > 40

    for count in range(1, len(frames) + 1):
        call = gateway.stub.UploadFile()
        for frame in frames[:count]:
            await call.write(frame)
        call.cancel()

    await until(lambda: kept(gateway) == [])
    assert (await log.read_head()).position == before
    uploaded = await gateway.stub.UploadFile(frames_of(DATA * 10, parent_id=model))
    assert (await download(gateway, uploaded.file_id))[1] == DATA * 10


async def test_a_wrong_hash_in_the_last_frame_leaves_nothing(gateway: Gateway, model: str, log: Log) -> None:
    before = (await log.read_head()).position
    frames = [frame async for frame in frames_of(DATA, parent_id=model)]
    for last, reason in (
        ([pb.UploadFileRequest(sha256=hashlib.sha256(b"").hexdigest())], "CHECKSUM_MISMATCH"),
        ([pb.UploadFileRequest(sha256="x")], "CHECKSUM_MISMATCH"),
        ([pb.UploadFileRequest(sha256=SHA256), frames[-1]], "INVALID_FIELD"),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await gateway.stub.UploadFile(_each([*frames, *last]))
        assert (refusal_of(refused.value).reason, refusal_of(refused.value).field) == (reason, "sha256")
    assert kept(gateway) == []
    assert (await log.read_head()).position == before
    uploaded = await gateway.stub.UploadFile(_each([*frames, pb.UploadFileRequest(sha256=SHA256)]))
    assert uploaded.sha256 == SHA256


async def test_a_sample_tells_whether_a_file_may_be_here(gateway: Gateway, model: str) -> None:
    middle = len(DATA) // 2
    changed = {
        "start": b"x" + DATA[1:],
        "middle": DATA[:middle] + b"x" + DATA[middle + 1 :],
        "end": DATA[:-1] + b"x",
    }
    assert DATA not in changed.values()
    assert not await needs_sha256(gateway, model, DATA)
    await gateway.stub.UploadFile(frames_of(DATA, parent_id=model))
    other = await gateway.stub.CreateModel(pb.CreateModelRequest(name="resnet", namespace="other"))

    assert await needs_sha256(gateway, model, DATA)
    found = {where: await needs_sha256(gateway, model, data) for where, data in changed.items()}
    assert found == {"start": True, "middle": False, "end": True}
    assert not await needs_sha256(gateway, model, DATA[:-1])
    assert not await needs_sha256(gateway, other.id, DATA)
    for blob in kept(gateway):
        blob.unlink()
    assert not await needs_sha256(gateway, model, DATA), "what is damaged is sent again"


async def test_of_very_many_files_of_one_size_none_is_read(gateway: Gateway, model: str) -> None:
    data = [number.to_bytes(2, "big") for number in range(66)]
    for number in range(65):
        assert not await needs_sha256(gateway, model, data[-1])
        await gateway.stub.UploadFile(frames_of(data[number], parent_id=model, path=str(number)))

    assert await needs_sha256(gateway, model, data[-1])


@pytest.mark.parametrize("size", [0, 1, 4095, 4097])
async def test_a_sample_of_another_length_is_refused(gateway: Gateway, model: str, size: int) -> None:
    file = pb.FileMetadata(parent_id=model, path="weights.pt", size=len(DATA))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await gateway.stub.BeginUpload(pb.BeginUploadRequest(file=file, sample=DATA[:size]))
    assert refusal_of(refused.value).field == ("sample" if size else "file.sha256")


async def needs_sha256(gateway: Gateway, parent_id: str, data: bytes) -> bool:
    file = pb.FileMetadata(parent_id=parent_id, path="weights.pt", size=len(data))
    sample = data[len(data) // 2 :][:4096]
    answer = await gateway.stub.BeginUpload(pb.BeginUploadRequest(file=file, sample=sample))
    return bool(answer.needs_sha256)


async def test_many_uploads_at_once_all_arrive(gateway: Gateway, model: str) -> None:
    contents = [os.urandom(50_000) for _ in range(10)]

    uploaded = await asyncio.gather(
        *(gateway.stub.UploadFile(frames_of(data, parent_id=model, path=f"f{n}")) for n, data in enumerate(contents))
    )

    for answer, data in zip(uploaded, contents, strict=True):
        assert (await download(gateway, answer.file_id))[1] == data


async def test_a_download_of_what_is_not_here_is_refused(gateway: Gateway, model: str) -> None:
    tracked = await gateway.stub.TrackArtifacts(
        pb.TrackArtifactsRequest(files=[pb.FileMetadata(parent_id=model, path="s3://elsewhere/x")])
    )
    for file_id, code, reason in (
        (tracked.file_ids[0], grpc.StatusCode.FAILED_PRECONDITION, "NOT_UPLOADED"),
        (model, grpc.StatusCode.NOT_FOUND, "OBJECT_NOT_FOUND"),
        ("x", grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD"),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await download(gateway, file_id)
        refusal = refusal_of(refused.value)
        assert (refusal.code, refusal.reason, refusal.metadata.get("field", "file_id")) == (code, reason, "file_id")


async def test_chunks_of_a_download_fit_a_clients_default_limit(gateway: Gateway, model: str) -> None:
    uploaded = await gateway.stub.UploadFile(frames_of(os.urandom(5_000_000), parent_id=model))

    answers = gateway.stub.DownloadFile(pb.DownloadFileRequest(file_id=uploaded.file_id))
    sizes = [len(frame.chunks) async for frame in answers]

    assert sum(sizes) == 5_000_000
    assert max(sizes) <= 1024 * 1024


async def _each(frames: Sequence[pb.UploadFileRequest]) -> AsyncIterator[pb.UploadFileRequest]:
    for frame in frames:
        yield frame
