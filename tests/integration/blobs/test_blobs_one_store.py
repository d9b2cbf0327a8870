"""All servers of a log use one store of artifacts: which one, the log remembers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from modelbox_events import Log
from modelbox_gateway.blobs import Blobs, FilesystemStore
from modelbox_gateway.blobs.claim import Claim
from modelbox_gateway.errors import BlobStoreRefusedError
from modelbox_gateway.members import Lease, Member, StoreOfLog, prepare_members

Serve = Callable[[str], Awaitable[Lease]]


@pytest.fixture
async def serve(log: Log, tmp_path: Path) -> AsyncIterator[Serve]:
    """Begins to take calls for the log with the store in a folder, as a server does that starts; it lives on."""
    await prepare_members(log.database.dsn)
    every: list[Blobs] = []

    async def begin(folder: str) -> Lease:
        blobs = await Blobs.open(FilesystemStore(tmp_path / folder))
        every.append(blobs)
        await Claim(blobs, log.read_epochs, StoreOfLog(log.database).hold).take()
        lease = Lease(log, Member.here(f"127.0.0.1:{len(every)}", "127.0.0.1:9"))
        await lease.renew()
        return lease

    yield begin
    for blobs in every:
        await blobs.close()


async def test_a_server_with_a_store_of_its_own_is_refused_beside_others(serve: Serve, tmp_path: Path) -> None:
    await serve("shared")
    await serve("shared")
    with pytest.raises(BlobStoreRefusedError) as refused:
        await serve("own")
    for says in (str(tmp_path / "shared"), str(tmp_path / "own"), "127.0.0.1:1", "127.0.0.1:2", "one store"):
        assert says in str(refused.value)


async def test_a_store_is_known_again_under_another_name(serve: Serve, tmp_path: Path) -> None:
    """As a share that is mounted elsewhere, or in a container."""
    await serve("shared")
    (tmp_path / "mounted").symlink_to(tmp_path / "shared")
    await serve("mounted")


async def test_a_store_is_moved_while_no_server_runs_and_that_is_told(serve: Serve) -> None:
    leases = [await serve("old"), await serve("old")]
    for lease in leases:
        await lease.leave()
    with capture_logs() as lines:
        await serve("new")
    [line] = [line for line in lines if line["event"] == "artifact_storage_changed"]
    assert "old" in line["before"]
    assert "new" in line["now"]
    with pytest.raises(BlobStoreRefusedError):
        await serve("old")


async def test_a_store_of_an_earlier_version_gets_an_id_that_the_earlier_version_keeps(
    log: Log, serve: Serve, tmp_path: Path
) -> None:
    """Its mark holds owners alone; what it does not know in a mark it takes for one of them."""
    owners = tmp_path / "blobs/owner"
    owners.mkdir(parents=True)
    (owners / "0000000001").write_text(f"{log.log_id}\n")
    await serve("blobs")
    lines = (owners / "0000000002").read_text().split()
    assert lines[-1] == str(log.log_id)
    assert lines[0].startswith("store-")
    (owners / "0000000003").write_text("".join(f"{line}\n" for line in [*lines[:-1], "earlier-epoch", lines[-1]]))
    await serve("blobs")


async def test_what_a_restored_dump_says_of_servers_is_not_of_this_database(log: Log, serve: Serve) -> None:
    """Their leases are as fresh as the dump."""
    await serve("original")
    async with log.database.acquire() as connection:
        await connection.execute("UPDATE modelbox_gateway.artifact_store SET database = 'another/1'")
    await serve("restored")
    with pytest.raises(BlobStoreRefusedError):
        await serve("original")
