"""Uploads and downloads by signed links, on a real S3 service: verified, resumable, never half visible."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator

import grpc
import grpc.aio
import pytest
import urllib3

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log
from modelbox_gateway.blobs.s3 import S3Store
from modelbox_gateway.blobs.s3.bucket import Bucket
from modelbox_gateway.blobs.s3.keys import Keys
from modelbox_gateway.sections import S3Settings
from tests.integration.gateway.test_gateway_transfers import frames_of
from tests.integration.gateway_server import Gateway, refusal_of, running_gateway

MIB = 1024 * 1024
DATA = os.urandom(20 * MIB + 5)
HTTP = urllib3.PoolManager(retries=False)


@pytest.fixture
async def gateway(log: Log, bucket: S3Settings) -> AsyncIterator[Gateway]:
    async with running_gateway(log, S3Store(bucket)) as running:
        yield running


@pytest.fixture
async def model(gateway: Gateway) -> str:
    return str((await gateway.stub.CreateModel(pb.CreateModelRequest(name="resnet"))).id)


def file_of(parent_id: str, data: bytes = DATA, *, path: str = "weights.pt") -> pb.FileMetadata:
    return pb.FileMetadata(
        parent_id=parent_id, path=path, size=len(data), sha256=hashlib.sha256(data).hexdigest(), file_type="MODEL"
    )


async def begin(gateway: Gateway, file: pb.FileMetadata) -> pb.BeginUploadResponse:
    answer: pb.BeginUploadResponse = await gateway.stub.BeginUpload(pb.BeginUploadRequest(file=file))
    return answer


async def complete(gateway: Gateway, file: pb.FileMetadata, upload_id: str) -> pb.CompleteUploadResponse:
    request = pb.CompleteUploadRequest(upload_id=upload_id, file=file)
    answer: pb.CompleteUploadResponse = await gateway.stub.CompleteUpload(request)
    return answer


async def send(part: pb.SignedPart, data: bytes = DATA) -> int:
    piece = data[part.offset : part.offset + part.size]
    answer = await asyncio.to_thread(HTTP.request, "PUT", part.url, body=piece)
    return answer.status


async def visible(gateway: Gateway, parent_id: str) -> list[str]:
    listed = await gateway.stub.ListArtifacts(pb.ListArtifactsRequest(parent_id=parent_id))
    return [file.id for file in listed.files]


def objects(gateway: Gateway) -> int:
    """Count what the bucket holds, in whatever state."""
    store = gateway.services.blobs.store
    return len(list(store.stored())) + len(list(store.abandoned())) + len(list(store.aside()))


async def test_what_is_sent_by_links_comes_back_in_every_way(gateway: Gateway, model: str) -> None:
    file = file_of(model)
    begun = await begin(gateway, file)
    assert [(part.number, part.offset, part.size) for part in begun.parts] == [
        (1, 0, 8 * MIB),
        (2, 8 * MIB, 8 * MIB),
        (3, 16 * MIB, 4 * MIB + 5),
    ]
    assert await asyncio.gather(*map(send, begun.parts)) == [200, 200, 200]
    assert await visible(gateway, model) == []

    done = await complete(gateway, file, begun.upload_id)

    assert (done.exists, done.sha256, done.size) == (False, file.sha256, len(DATA))
    assert await visible(gateway, model) == [done.file_id]
    frames = [frame async for frame in gateway.stub.DownloadFile(pb.DownloadFileRequest(file_id=done.file_id))]
    assert b"".join(frame.chunks for frame in frames) == DATA
    link = await gateway.stub.GetDownloadLink(pb.GetDownloadLinkRequest(file_id=done.file_id))
    assert (link.file.sha256, link.file.size) == (file.sha256, len(DATA))
    assert (await asyncio.to_thread(HTTP.request, "GET", link.url)).data == DATA
    assert objects(gateway) == 1


async def test_bytes_the_namespace_has_are_recorded_without_being_sent(gateway: Gateway, model: str) -> None:
    file = file_of(model)
    begun = await begin(gateway, file)
    await asyncio.gather(*map(send, begun.parts))
    first = await complete(gateway, file, begun.upload_id)
    await visible(gateway, model)  # the view has it

    again = await begin(gateway, file)
    other = await begin(gateway, file_of(model, path="copy.pt"))

    assert (again.file_id, again.exists, again.upload_id) == (first.file_id, True, "")
    assert other.file_id not in {"", first.file_id}
    assert (other.exists, other.upload_id) == (False, "")
    assert set(await visible(gateway, model)) == {first.file_id, other.file_id}


async def test_bytes_of_another_namespace_must_be_sent(gateway: Gateway, model: str) -> None:
    """Knowing a hash is no right to the bytes."""
    file = file_of(model)
    begun = await begin(gateway, file)
    await asyncio.gather(*map(send, begun.parts))
    await complete(gateway, file, begun.upload_id)
    foreign = await gateway.stub.CreateModel(pb.CreateModelRequest(name="resnet", namespace="foreign"))
    await visible(gateway, model)

    answer = await begin(gateway, file_of(foreign.id))

    assert (answer.file_id, len(answer.parts)) == ("", 3)


async def test_an_upload_that_broke_off_at_any_part_goes_on_with_the_missing_ones(gateway: Gateway, model: str) -> None:
    file = file_of(model)
    for missing in ([1, 2, 3], [2, 3], [3]):
        begun = await begin(gateway, file)
        assert [part.number for part in begun.parts] == missing
        with pytest.raises(grpc.aio.AioRpcError) as early:
            await complete(gateway, file, begun.upload_id)
        assert refusal_of(early.value).reason == "UPLOAD_INCOMPLETE"
        assert await visible(gateway, model) == []
        assert await send(begun.parts[0]) == 200

    last = await begin(gateway, file)
    assert list(last.parts) == []
    done = await complete(gateway, file, last.upload_id)

    assert await visible(gateway, model) == [done.file_id]


async def test_what_was_put_together_before_a_crash_is_not_sent_again(gateway: Gateway, model: str) -> None:
    """A server that was killed after any step of CompleteUpload left what the next call goes on with."""
    file = file_of(model)
    begun = await begin(gateway, file)
    await asyncio.gather(*map(send, begun.parts))
    links = gateway.services.blobs.links
    assert links is not None
    name, _, token = begun.upload_id.partition(".")
    links.complete(name, token, size=len(DATA))

    again = await begin(gateway, file)
    assert (again.file_id, list(again.parts)) == ("", [])
    reader = links.reader(name)
    assert reader is not None
    links.keep(name, file.sha256, version=reader.version)
    reader.close()
    assert await visible(gateway, model) == []
    done = await complete(gateway, file, again.upload_id)

    assert await visible(gateway, model) == [done.file_id]
    assert objects(gateway) == 1


@pytest.mark.parametrize("wrong", ["other bytes", "fewer bytes"])
async def test_bytes_that_are_not_the_announced_ones_are_refused_and_removed(
    gateway: Gateway, model: str, log: Log, *, wrong: str
) -> None:
    file = file_of(model)
    before = (await log.read_head()).position
    begun = await begin(gateway, file)
    bad = DATA[:-1] + bytes([DATA[-1] ^ 1]) if wrong == "other bytes" else DATA[:-1]
    for part in begun.parts:
        await send(part, bad)

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await complete(gateway, file, begun.upload_id)

    reason = "CHECKSUM_MISMATCH" if wrong == "other bytes" else "UPLOAD_INCOMPLETE"
    assert refusal_of(refused.value).reason == reason
    assert (await log.read_head()).position == before
    await gateway.stub.AbortUpload(pb.AbortUploadRequest(upload_id=begun.upload_id, file=file))
    assert objects(gateway) == 0


async def test_bytes_that_are_replaced_after_they_were_verified_get_no_place(
    gateway: Gateway, model: str, bucket: S3Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has two uploads of one name can complete the second between the server's look and its copy."""
    file = file_of(model)
    begun = await begin(gateway, file)
    await asyncio.gather(*map(send, begun.parts))
    links = gateway.services.blobs.links
    assert links is not None
    opened, name = Bucket(bucket), begun.upload_id.partition(".")[0]
    key, evil = Keys(bucket.prefix).upload(name), os.urandom(len(DATA))
    keep, kept = links.keep, list[str]()

    def replaced(name: str, sha256: str, *, version: str) -> None:
        if not kept:
            kept.append(sha256)
            token = opened.begin(key)
            for part in begun.parts:
                opened.put_part(key, token, part.number, evil[part.offset : part.offset + part.size])
            opened.complete(key, token, len(begun.parts))
        keep(name, sha256, version=version)

    monkeypatch.setattr(links, "keep", replaced)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await complete(gateway, file, begun.upload_id)

    assert refusal_of(refused.value).reason == "UPLOAD_NOT_FOUND"
    assert await visible(gateway, model) == []
    assert list(gateway.services.blobs.store.stored()) == []
    again = await begin(gateway, file)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await complete(gateway, file, again.upload_id)
    assert refusal_of(refused.value).reason == "CHECKSUM_MISMATCH"
    opened.close()


async def test_two_clients_with_the_same_file_both_get_it(gateway: Gateway, model: str) -> None:
    file = file_of(model)

    async def upload() -> str:
        begun = await begin(gateway, file)
        if begun.file_id:  # the other one has finished meanwhile
            return begun.file_id
        await asyncio.gather(*map(send, begun.parts))
        try:
            return (await complete(gateway, file, begun.upload_id)).file_id
        except grpc.aio.AioRpcError as error:
            if refusal_of(error).reason not in {"UPLOAD_NOT_FOUND", "UPLOAD_INCOMPLETE"}:
                raise
            return await upload()  # the other one was faster, and what is there now says so

    one, two = await asyncio.gather(upload(), upload())

    assert one == two
    assert await visible(gateway, model) == [one]
    assert sum(1 for _ in gateway.services.blobs.store.stored()) == 1


async def test_an_upload_that_was_given_up_leaves_nothing_and_cannot_be_completed(gateway: Gateway, model: str) -> None:
    file = file_of(model)
    begun = await begin(gateway, file)
    await send(begun.parts[0])

    await gateway.stub.AbortUpload(pb.AbortUploadRequest(upload_id=begun.upload_id, file=file))

    assert objects(gateway) == 0
    assert await send(begun.parts[1]) == 404
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await complete(gateway, file, begun.upload_id)
    assert refusal_of(refused.value).reason == "UPLOAD_NOT_FOUND"


async def test_an_upload_is_completed_only_by_who_names_its_file(gateway: Gateway, model: str) -> None:
    file = file_of(model)
    begun = await begin(gateway, file)
    await asyncio.gather(*map(send, begun.parts))
    for upload_id, other in (
        (begun.upload_id, file_of(model, path="elsewhere")),
        (begun.upload_id.partition(".")[0], file),
        ("", file),
        ("x.y", file),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await complete(gateway, other, upload_id)
        assert (refusal_of(refused.value).reason, refusal_of(refused.value).field) == ("UPLOAD_NOT_FOUND", "upload_id")


async def test_small_files_go_through_the_server(gateway: Gateway, model: str) -> None:
    for size in (0, 1, 8 * MIB - 1):
        answer = await begin(gateway, file_of(model, DATA[:size]))
        assert answer == pb.BeginUploadResponse()


async def test_a_file_that_can_go_by_links_needs_its_hash_whatever_is_here(gateway: Gateway, model: str) -> None:
    for size, needs_sha256 in ((8 * MIB, True), (8 * MIB - 1, False)):
        file = pb.FileMetadata(parent_id=model, path="weights.pt", size=size)
        request = pb.BeginUploadRequest(file=file, sample=DATA[:4096])
        assert await gateway.stub.BeginUpload(request) == pb.BeginUploadResponse(needs_sha256=needs_sha256)


async def test_a_file_without_its_hash_or_with_a_flaw_is_refused(gateway: Gateway, model: str) -> None:
    for name, value in (("sha256", ""), ("sha256", "0" * 32), ("path", ""), ("checksum", "x")):
        file = file_of(model)
        setattr(file, name, value)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await begin(gateway, file)
        assert (refusal_of(refused.value).reason, refusal_of(refused.value).field) == ("INVALID_FIELD", f"file.{name}")


@pytest.mark.parametrize("damage", ["removed", "truncated"])
async def test_a_damaged_object_is_refused_and_healed_by_the_next_upload(
    gateway: Gateway, model: str, *, damage: str
) -> None:
    file = file_of(model)
    begun = await begin(gateway, file)
    await asyncio.gather(*map(send, begun.parts))
    done = await complete(gateway, file, begun.upload_id)
    store = gateway.services.blobs.store
    assert isinstance(store, S3Store)
    key = store._keys.place(file.sha256)
    if damage == "removed":
        store._bucket.remove(key)
    else:
        store._bucket.put(key, DATA[:100])

    for ask in (
        gateway.stub.GetDownloadLink(pb.GetDownloadLinkRequest(file_id=done.file_id)),
        anext(aiter(gateway.stub.DownloadFile(pb.DownloadFileRequest(file_id=done.file_id)))),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ask
        assert refusal_of(refused.value).reason == "BLOB_DAMAGED"
    healing = await begin(gateway, file)
    await asyncio.gather(*map(send, healing.parts))
    healed = await complete(gateway, file, healing.upload_id)
    assert (healed.file_id, healed.exists) == (done.file_id, True)
    link = await gateway.stub.GetDownloadLink(pb.GetDownloadLinkRequest(file_id=done.file_id))
    assert (await asyncio.to_thread(HTTP.request, "GET", link.url)).data == DATA


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("run/page.html", 'attachment; filename="page.html"'),
        ("C:\\net 2.pt", 'attachment; filename="net 2.pt"'),
        ('grün; "x".svg', "attachment; filename=\"gr_n_ _x_.svg\"; filename*=UTF-8''gr%C3%BCn%3B%20%22x%22.svg"),
    ],
)
async def test_a_link_has_a_browser_save_the_file_under_its_name_and_never_show_it(
    gateway: Gateway, model: str, path: str, says: str
) -> None:
    data = b"<script>alert(1)</script>"
    frames = frames_of(data, parent_id=model, path=path)
    file_id = (await gateway.stub.UploadFile(frames)).file_id

    link = await gateway.stub.GetDownloadLink(pb.GetDownloadLinkRequest(file_id=file_id))
    answer = await asyncio.to_thread(HTTP.request, "GET", link.url)

    assert (answer.status, answer.data) == (200, data)
    assert answer.headers["Content-Disposition"] == says
    assert answer.headers["Content-Type"] == "application/octet-stream"
