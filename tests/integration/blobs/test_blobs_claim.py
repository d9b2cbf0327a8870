"""A store belongs to one epoch of one log: no other log sweeps it, and only a fork hands it over."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import grpc
import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log, Position
from modelbox_events.epochs import Epoch, Epochs
from modelbox_events.fork import fork
from modelbox_gateway import sweeping
from modelbox_gateway.blobs import Blobs, BlobStore, FilesystemStore
from modelbox_gateway.blobs.claim import Claim
from modelbox_gateway.blobs.s3 import S3Store
from modelbox_gateway.blobs.sweep import Sweep
from modelbox_gateway.errors import BlobStoreRefusedError, BlobStoreUnavailableError
from modelbox_gateway.sweeping import keep_claimed, look_at_store
from tests.integration.blobs.test_blobs_sweep import NOW, put
from tests.integration.gateway.test_gateway_transfers import frames_of
from tests.integration.gateway_server import eventually, refusal_of, running_gateway

OpenStore = Callable[[], Awaitable[Blobs]]


@pytest.fixture(params=["filesystem", "s3"])
async def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenStore]:
    """Opens one store again and again, as several servers do."""
    every: list[Blobs] = []
    bucket = request.getfixturevalue("bucket") if request.param == "s3" else None

    async def opened() -> Blobs:
        store: BlobStore = S3Store(bucket) if bucket else FilesystemStore(tmp_path / "blobs")
        every.append(await Blobs.open(store))
        return every[-1]

    yield opened
    for blobs in every:
        await blobs.close()


class History:
    """The epochs of a log, as a copy of its database has them."""

    def __init__(self, ids: Sequence[UUID] = ()) -> None:
        self.ids = list(ids) or [uuid4()]

    def fork(self) -> "History":
        """Return a copy that goes on in an epoch of its own."""
        return History([*self.ids, uuid4()])

    async def epochs(self) -> Epochs:
        """Return them."""
        return Epochs([Epoch(n, log_id, Position(n), datetime.now(UTC), "") for n, log_id in enumerate(self.ids)])


async def taken(opened: OpenStore, history: History) -> Claim:
    """Take the store, as a server does that starts."""
    claim = Claim(await opened(), history.epochs)
    await claim.take()
    return claim


async def named_nothing(_sha256s: Sequence[str]) -> set[str]:
    return set()


async def test_a_second_log_is_refused_and_told_whose_the_store_is(opened: OpenStore) -> None:
    first, second = History(), History()
    await taken(opened, first)

    with pytest.raises(BlobStoreRefusedError) as refused:
        await taken(opened, second)

    for says in (str(first.ids[0]), str(second.ids[0]), "of its own", "remove", "owner"):
        assert says in str(refused.value)
    await taken(opened, first)  # again, and by another server of the log


async def test_a_store_of_an_earlier_version_is_adopted_by_the_first_log_and_no_other(opened: OpenStore) -> None:
    blobs = await opened()
    digests = await put(blobs, b"of an earlier version")
    await taken(opened, History())
    with pytest.raises(BlobStoreRefusedError):
        await taken(opened, History())
    assert await blobs.has(digests.sha256, size=21)


async def test_of_two_logs_that_take_a_store_at_once_one_has_it(opened: OpenStore) -> None:
    claims = [Claim(await opened(), History().epochs) for _ in range(6)]
    results = await asyncio.gather(*(claim.take() for claim in claims), return_exceptions=True)
    refused = [isinstance(result, BlobStoreRefusedError) for result in results]
    assert sorted(refused) == [False] + [True] * 5
    await claims[refused.index(False)].check()


async def test_servers_of_one_log_that_start_at_once_all_have_the_store(opened: OpenStore) -> None:
    history = History()
    await asyncio.gather(*(taken(opened, history) for _ in range(6)))


async def test_a_fork_takes_the_store_over_and_what_it_came_from_never_sweeps_again(opened: OpenStore) -> None:
    original = History()
    before = await taken(opened, original)
    blobs = await opened()
    digests = await put(blobs, b"of the fork alone")

    await taken(opened, original.fork())

    with pytest.raises(BlobStoreRefusedError, match="a fork of this one"):
        await Sweep(blobs, named_nothing, before.check, older_than=NOW).run()
    with pytest.raises(BlobStoreRefusedError, match="a fork of this one"):
        await taken(opened, original)
    assert blobs.store.size(digests.sha256) == 17


async def test_the_last_fork_has_the_store_and_a_lost_one_does_not_take_it_back(opened: OpenStore) -> None:
    """The same backup is restored and forked again."""
    original = History()
    first, second = original.fork(), original.fork()
    await taken(opened, first)
    await taken(opened, second)
    for lost in (original, first):
        with pytest.raises(BlobStoreRefusedError, match="a fork of this one"):
            await taken(opened, lost)
    await taken(opened, second)
    await taken(opened, first.fork())


async def test_a_log_that_was_set_back_before_a_fork_that_has_the_store_gets_it_by_a_fork_only(
    opened: OpenStore,
) -> None:
    """Also where the fork was the first one that left a mark."""
    original = History()
    await taken(opened, original.fork())
    with pytest.raises(BlobStoreRefusedError, match="log fork"):
        await taken(opened, original)
    await taken(opened, original.fork())


async def test_a_sweep_asks_whose_the_store_is_right_before_each_removal(opened: OpenStore) -> None:
    """It is handed over in the middle of a sweep: whatever goes through no more steps stays."""
    original = History()
    claim, blobs = await taken(opened, original), await opened()
    for number in range(3):
        await put(blobs, b"%d" % number)
    asked = 0

    async def handed_over_at_the_second() -> None:
        nonlocal asked
        asked += 1
        if asked == 2:
            await taken(opened, original.fork())
        await claim.check()

    with pytest.raises(BlobStoreRefusedError):
        await Sweep(blobs, named_nothing, handed_over_at_the_second, older_than=NOW).run()
    assert (len(list(blobs.store.stored())), len(list(blobs.store.aside()))) == (2, 1)


async def test_a_store_whose_mark_is_gone_is_not_swept_until_it_is_taken_again(tmp_path: Path) -> None:
    blobs = await Blobs.open(FilesystemStore(tmp_path))
    claim = Claim(blobs, History().epochs)
    await claim.take()
    (tmp_path / "owner" / "0000000001").unlink()
    with pytest.raises(BlobStoreUnavailableError, match="its owner has changed"):
        await claim.check()
    await claim.take()
    await claim.check()
    await blobs.close()


async def test_a_mark_that_is_not_whole_is_told_and_waited_for(tmp_path: Path) -> None:
    """A server writes it at this moment, or died while it did."""
    blobs = await Blobs.open(FilesystemStore(tmp_path))
    (tmp_path / "owner" / "0000000001").write_text(str(uuid4()))
    with pytest.raises(BlobStoreUnavailableError, match="is not whole; remove it if it stays so"):
        await Claim(blobs, History().epochs).take()
    await blobs.close()


async def test_a_dry_run_takes_nothing_and_refuses_what_is_not_its_own(opened: OpenStore) -> None:
    blobs, ours, others = await opened(), History(), History()
    await Claim(blobs, ours.epochs).take(dry_run=True)
    assert blobs.store.owner() is None
    await taken(opened, others)
    with pytest.raises(BlobStoreRefusedError):
        await Claim(blobs, ours.epochs).take(dry_run=True)


async def test_a_log_that_is_forked_while_it_runs_keeps_its_store(log: Log, dsn: str, opened: OpenStore) -> None:
    claim = Claim(await opened(), log.read_epochs)
    await claim.take()

    begun = await fork(dsn, reason="the feed is to begin anew")
    other = Claim(await opened(), log.read_epochs)
    await other.take()
    await claim.check()

    mark = (await opened()).store.owner()
    assert mark is not None
    store_id, *owners = mark.data.decode().split()
    assert store_id.startswith("store-")
    assert owners == [str(log.genesis), str(begun.log_id)]


async def test_bytes_are_refused_for_now_while_the_store_is_anothers_and_read_as_before(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fork would sweep them. Whoever sends keeps them and comes again."""
    monkeypatch.setattr(sweeping, "CLAIM_INTERVAL_S", 0.05)
    async with running_gateway(log, tmp_path / "blobs") as gateway:
        blobs, stub = gateway.services.blobs, gateway.stub
        claim = Claim(blobs, log.read_epochs)
        await claim.take()
        watching = asyncio.create_task(keep_claimed(blobs, claim))
        model = str((await stub.CreateModel(pb.CreateModelRequest(name="m"))).id)
        sent = await stub.UploadFile(frames_of(b"before", parent_id=model, path="a"))

        await Claim(blobs, History([log.genesis, uuid4()]).epochs).take()
        await eventually(_lost(blobs), bool)

        file = pb.FileMetadata(parent_id=model, path="b", size=5, sha256=hashlib.sha256(b"after").hexdigest())
        small = pb.UploadFilesRequest(files=[pb.SmallFile(metadata=file, content=b"after")])
        calls: list[Callable[[], Awaitable[object]]] = [
            lambda: stub.UploadFile(frames_of(b"after", parent_id=model, path="b")),
            lambda: stub.BeginUpload(pb.BeginUploadRequest(file=file)),
            lambda: stub.UploadFiles(small),
        ]
        for call in calls:
            with pytest.raises(grpc.RpcError) as refused:
                await call()
            assert refusal_of(refused.value).code == grpc.StatusCode.UNAVAILABLE
            assert "a fork of this one" in refusal_of(refused.value).message
            assert str(tmp_path) not in refusal_of(refused.value).message
        frames = [frame async for frame in stub.DownloadFile(pb.DownloadFileRequest(file_id=sent.file_id))]
        assert b"".join(frame.chunks for frame in frames) == b"before"

        for mark in (tmp_path / "blobs" / "owner").iterdir():  # what the refusal says
            mark.unlink()
        await eventually(_lost(blobs), lambda lost: not lost)
        await stub.UploadFile(frames_of(b"after", parent_id=model, path="b"))
        watching.cancel()


def _lost(blobs: Blobs) -> Callable[[], Awaitable[bool]]:
    async def lost() -> bool:
        assert look_at_store(blobs).state == ("lost" if blobs.lost else "running")
        return blobs.lost is not None

    return lost


def test_who_takes_bytes_learns_of_a_fork_long_before_a_sweep_of_it_removes_any() -> None:
    assert timedelta(seconds=sweeping.CLAIM_INTERVAL_S) < timedelta(hours=1) / 10
