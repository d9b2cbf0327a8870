"""The blobs of a process, over a store on a real disk: bytes are there whole and durable, or not at all."""

import asyncio
import hashlib
import os
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox_gateway.blobs import Blobs, Digests, FilesystemStore
from modelbox_gateway.blobs.upload import BLOCK_BYTES
from modelbox_gateway.errors import BlobDamagedError, BlobStoreRefusedError
from modelbox_gateway.rpc.methods.artifact.frames import VIEWED_BYTES_MIN, read_frame


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Blobs]:
    opened = await Blobs.open(FilesystemStore(tmp_path))
    yield opened
    await opened.close()


async def put(store: Blobs, *parts: bytes) -> Digests:
    async with store.upload() as upload:
        for part in parts:
            await upload.write(part)
        digests = await upload.finish()
        await upload.keep(digests)
    return digests


async def get(store: Blobs, digests: Digests) -> bytes:
    async with await store.download(digests.sha256, size=digests.size) as download:
        return b"".join([chunk async for chunk in download.chunks()])


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("size", [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES + 7])
async def test_what_was_put_comes_back(store: Blobs, tmp_path: Path, size: int) -> None:
    data = os.urandom(size)

    digests = await put(store, *(data[at : at + 1024] for at in range(0, size, 1024)))

    sha256 = hashlib.sha256(data).hexdigest()
    assert digests == Digests(size, sha256, "")
    assert await get(store, digests) == data
    assert files_in(tmp_path) == [tmp_path / "sha256" / sha256[:2] / sha256[2:]]


async def test_the_same_bytes_are_kept_once(store: Blobs, tmp_path: Path) -> None:
    results = await asyncio.gather(*(put(store, b"same" * 1000) for _ in range(20)))

    assert len(set(results)) == 1
    assert len(files_in(tmp_path)) == 1


async def test_an_upload_that_is_not_kept_leaves_nothing(store: Blobs, tmp_path: Path) -> None:
    async with store.upload() as upload:
        await upload.write(b"x" * 3 * BLOCK_BYTES)
        await upload.finish()

    assert files_in(tmp_path) == []


async def test_an_upload_that_is_cancelled_leaves_nothing(store: Blobs, tmp_path: Path) -> None:
    """Also when a thread is writing at that moment."""

    async def endless() -> None:
        async with store.upload() as upload:
            while True:
                await upload.write(b"x" * BLOCK_BYTES)

    for pause_s in (0.0, 0.001, 0.01, 0.05):
        uploading = asyncio.create_task(endless())
        await asyncio.sleep(pause_s)
        uploading.cancel()
        await asyncio.wait([uploading])
        assert files_in(tmp_path) == []


async def test_what_a_sweep_set_aside_is_found_by_who_asks_for_it(store: Blobs) -> None:
    for ask in (get, lambda store, digests: store.has(digests.sha256, size=digests.size)):
        digests = await put(store, b"needed")
        store.store.set_aside(digests.sha256)

        assert await ask(store, digests)

        assert store.store.size(digests.sha256) == len(b"needed")


async def test_a_download_begins_where_it_is_told(store: Blobs) -> None:
    digests = await put(store, b"0123456789")
    for offset in (0, 4, 10):
        async with await store.download(digests.sha256, size=10, offset=offset) as download:
            assert b"".join([chunk async for chunk in download.chunks()]) == b"0123456789"[offset:]


@pytest.mark.parametrize("damage", ["remove", "cut"])
async def test_a_damaged_blob_is_refused_and_healed_by_the_next_upload(
    store: Blobs, tmp_path: Path, damage: str
) -> None:
    digests = await put(store, b"precious")
    [path] = files_in(tmp_path)
    if damage == "remove":
        path.unlink()
    else:
        path.write_bytes(b"prec")

    with pytest.raises(BlobDamagedError, match=digests.sha256):
        await get(store, digests)

    await put(store, b"precious")
    assert await get(store, digests) == b"precious"


async def test_a_name_that_is_no_digest_reaches_no_file(store: Blobs, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")

    with pytest.raises(BlobDamagedError):
        await store.download("../secret", size=6)


async def test_a_store_that_refuses_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("a file where a folder should be")

    with pytest.raises(BlobStoreRefusedError):
        await Blobs.open(FilesystemStore(tmp_path / "blobs"))


async def test_a_download_that_is_given_up_closes_its_file(store: Blobs) -> None:
    digests = await put(store, b"x" * 5 * BLOCK_BYTES)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  # names of descriptors, not files

    async with await store.download(digests.sha256, size=digests.size) as download:
        chunks = download.chunks()
        assert len(await anext(chunks)) == BLOCK_BYTES
        await chunks.aclose()

    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208  # as above


@pytest.mark.parametrize("size", [0, 1, 100])
async def test_frames_of_few_bytes_take_little_memory_however_many_come(store: Blobs, size: int) -> None:
    frame = pb.UploadFileRequest(chunks=b"x" * size).SerializeToString()
    async with store.upload() as upload:
        tracemalloc.start()
        try:
            for _ in range(20_000):
                piece = read_frame(bytes(bytearray(frame)))  # as each one arrives: in bytes of its own
                assert not isinstance(piece, pb.UploadFileRequest)
                await upload.write(piece)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert most < 2 * BLOCK_BYTES
        assert (await upload.finish()).size == 20_000 * size


@pytest.mark.parametrize("size", [0, 1, VIEWED_BYTES_MIN - 1, VIEWED_BYTES_MIN])
@pytest.mark.parametrize("behind", [b"", b"\x78\x00"], ids=["the bytes alone", "a field of a newer client"])
def test_a_frame_is_read_whatever_it_takes(size: int, behind: bytes) -> None:
    data = os.urandom(size)

    piece = read_frame(pb.UploadFileRequest(chunks=data).SerializeToString() + behind)

    assert not isinstance(piece, pb.UploadFileRequest)
    assert bytes(piece) == data
