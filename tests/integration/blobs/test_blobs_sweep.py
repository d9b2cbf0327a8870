"""The sweep removes what nothing names and loses nothing that somebody names, however they meet."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log
from modelbox_gateway.blobs import Blobs, BlobStore, Digests, FilesystemStore
from modelbox_gateway.blobs.s3 import S3Store
from modelbox_gateway.blobs.sweep import Sweep, Swept
from modelbox_gateway.sweeping import NamedBlobs
from tests.integration.gateway.test_gateway_transfers import frames_of
from tests.integration.gateway_server import Gateway, running_gateway

NOW = timedelta(seconds=-5)
"""Everything is older than this; some stores count whole seconds."""


@pytest.fixture(params=["filesystem", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BlobStore]:
    opened: BlobStore = (
        S3Store(request.getfixturevalue("bucket")) if request.param == "s3" else FilesystemStore(tmp_path / "blobs")
    )
    yield opened
    opened.close()


@pytest.fixture
async def blobs(store: BlobStore) -> AsyncIterator[Blobs]:
    opened = await Blobs.open(store)
    yield opened
    await opened.close()


class Names:
    """What events name, as a test says."""

    def __init__(self) -> None:
        self.all: set[str] = set()

    async def __call__(self, sha256s: Sequence[str]) -> set[str]:
        return self.all & set(sha256s)


async def ours() -> None:
    """The store is nobody else's."""


async def put(blobs: Blobs, data: bytes) -> Digests:
    async with blobs.upload() as upload:
        await upload.write(data)
        digests = await upload.finish()
        await upload.keep(digests)
    return digests


def numbers(swept: Swept) -> tuple[int, int, int, int]:
    return swept.set_aside.number, swept.put_back.number, swept.removed.number, swept.uploads.number


async def test_an_orphan_goes_in_two_sweeps_and_what_is_named_stays(blobs: Blobs) -> None:
    names = Names()
    named, orphan = await put(blobs, b"named"), await put(blobs, b"orphan")
    names.all.add(named.sha256)

    first = await Sweep(blobs, names, ours, older_than=NOW).run()
    second = await Sweep(blobs, names, ours, older_than=NOW).run()
    third = await Sweep(blobs, names, ours, older_than=NOW).run()

    assert (numbers(first), first.set_aside.bytes) == ((1, 0, 0, 0), 6)
    assert (numbers(second), second.removed.bytes) == ((0, 0, 1, 0), 6)
    assert numbers(third) == (0, 0, 0, 0)
    assert await blobs.has(named.sha256, size=5)
    assert not await blobs.has(orphan.sha256, size=6)


async def test_what_is_young_stays(blobs: Blobs) -> None:
    digests = await put(blobs, b"just arrived")
    writer = blobs.store.writer()
    writer.write(b"x" * 9 * 1024 * 1024)

    swept = await Sweep(blobs, Names(), ours, older_than=timedelta(hours=1)).run()

    assert numbers(swept) == (0, 0, 0, 0)
    assert await blobs.has(digests.sha256, size=12)
    writer.discard()


async def test_a_dry_run_counts_and_changes_nothing(blobs: Blobs) -> None:
    await put(blobs, b"orphan")
    for _ in range(2):
        swept = await Sweep(blobs, Names(), ours, older_than=NOW, dry_run=True).run()
        assert numbers(swept) == (1, 0, 0, 0)
    assert [blob.size for blob in blobs.store.stored()] == [6]


async def test_what_was_named_after_it_was_set_aside_is_put_back_by_the_next_sweep(blobs: Blobs) -> None:
    """The upload found the blob at its place; the sweep took it between the upload's last byte and its event."""
    names = Names()
    digests = await put(blobs, b"late")
    await Sweep(blobs, names, ours, older_than=NOW).run()
    assert blobs.store.size(digests.sha256) is None
    names.all.add(digests.sha256)

    swept = await Sweep(blobs, names, ours, older_than=NOW).run()

    assert numbers(swept) == (0, 1, 0, 0)
    assert blobs.store.size(digests.sha256) == 4
    assert list(blobs.store.aside()) == []


async def test_what_was_named_after_it_was_set_aside_is_there_for_who_asks_before_the_next_sweep(blobs: Blobs) -> None:
    names = Names()
    digests = await put(blobs, b"late")
    await Sweep(blobs, names, ours, older_than=NOW).run()
    names.all.add(digests.sha256)

    async with await blobs.download(digests.sha256, size=4) as download:
        assert b"".join([chunk async for chunk in download.chunks()]) == b"late"


async def test_what_uploads_left_goes_when_it_is_old(blobs: Blobs, store: BlobStore) -> None:
    if isinstance(store, FilesystemStore):
        os.close(store.temporary()[0])
    else:
        store.writer().write(b"x" * 9 * 1024 * 1024)

    assert numbers(await Sweep(blobs, Names(), ours, older_than=timedelta(hours=1)).run()) == (0, 0, 0, 0)
    assert numbers(await Sweep(blobs, Names(), ours, older_than=NOW).run()) == (0, 0, 0, 1)
    assert list(store.abandoned()) == []


async def test_a_stray_folder_among_uploads_ends_no_sweep(tmp_path: Path) -> None:
    blobs = await Blobs.open(FilesystemStore(tmp_path))
    for name in ("a stray folder", "z"):
        (tmp_path / "tmp" / name).mkdir()
    left = tmp_path / "tmp" / "left"
    left.write_bytes(b"left")
    os.utime(left, (0, 0))

    assert numbers(await Sweep(blobs, Names(), ours, older_than=timedelta(hours=1)).run()) == (0, 0, 0, 1)

    assert sorted(path.name for path in (tmp_path / "tmp").iterdir()) == ["a stray folder", "z"]
    await blobs.close()


@pytest.fixture
async def gateway(log: Log, store: BlobStore) -> AsyncIterator[Gateway]:
    async with running_gateway(log, store) as running:
        yield running


async def test_uploads_beside_endless_sweeps_lose_nothing(gateway: Gateway) -> None:
    """Sweeps that call everything old, as fast as they can: each upload is there after its event, in each way."""
    model = str((await gateway.stub.CreateModel(pb.CreateModelRequest(name="resnet"))).id)
    services = gateway.services
    named = NamedBlobs(services.log, services.views, services.cursors)
    contents = [os.urandom(50_000) for _ in range(4)]

    async def sweep() -> None:
        while True:
            # Only the first step: that nothing is removed which was set aside a moment ago is what age protects.
            await Sweep(services.blobs, named, ours, older_than=NOW)._begin()

    async def upload(number: int) -> str:
        frames = frames_of(contents[number % 4], parent_id=model, path=f"f{number}")
        return str((await gateway.stub.UploadFile(frames)).file_id)

    async with asyncio.TaskGroup() as group:
        sweeping = group.create_task(sweep())
        files = []
        for batch in range(5):
            files += await asyncio.gather(*(upload(batch * 8 + n) for n in range(8)))
        sweeping.cancel()

    for number, file_id in enumerate(files):
        answers = gateway.stub.DownloadFile(pb.DownloadFileRequest(file_id=file_id))
        data = b"".join([frame.chunks async for frame in answers])
        assert data == contents[number % 4]


async def test_the_log_says_what_is_named_also_what_was_recorded_a_moment_ago(gateway: Gateway) -> None:
    model = str((await gateway.stub.CreateModel(pb.CreateModelRequest(name="resnet"))).id)
    services = gateway.services
    named = NamedBlobs(services.log, services.views, services.cursors)
    for number in range(5):
        uploaded = await gateway.stub.UploadFile(frames_of(b"%d" % number, parent_id=model))
        assert await named([uploaded.sha256, "0" * 64]) == {uploaded.sha256}
