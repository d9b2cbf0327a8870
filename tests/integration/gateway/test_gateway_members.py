"""GetClusterMembers: each gateway process holds a lease, and who does not renew it counts as gone."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import grpc.aio
import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox.proto.modelstore_pb2_grpc import ModelStoreStub
from modelbox_events import Log
from modelbox_gateway.config import Config, Role
from modelbox_gateway.members import Lease, Member, Members, prepare_members
from modelbox_gateway.members.lease import STALE_AFTER_S
from modelbox_gateway.operator_errors import NotRunningError
from modelbox_gateway.runfile import DataFolderLock, RunFile, read_run_file
from modelbox_gateway.sections import PostgresSettings
from modelbox_gateway.server import Server
from tests.integration.gateway_server import eventually, running_gateway

NOTHING = pb.GetClusterMembersRequest()


@pytest.fixture
async def prepared(log: Log) -> Log:
    await prepare_members(log.database.dsn)
    return log


@pytest.fixture
async def admin(prepared: Log) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(prepared.database.dsn)
    yield connection
    await connection.close()


def lease_of(log: Log, rpc_addr: str) -> tuple[Lease, Member]:
    member = Member.here(rpc_addr, "127.0.0.1:80")
    return Lease(log, member), member


async def age(admin: asyncpg.Connection, member: Member, seconds: float) -> None:
    """Let the last renewal of a lease have been so long ago."""
    then = "clock_timestamp() - make_interval(secs => $2)"
    await admin.execute(f"UPDATE modelbox_gateway.members SET renewed_at = {then} WHERE id = $1", member.id, seconds)


async def test_those_that_hold_a_lease_are_listed_by_address(prepared: Log, tmp_path: Path) -> None:
    (second, b), (first, a) = lease_of(prepared, "127.0.0.1:2"), lease_of(prepared, "127.0.0.1:1")
    await second.renew()
    await first.renew()
    await first.renew()

    async with running_gateway(prepared, tmp_path) as gateway:
        listed = (await gateway.stub.GetClusterMembers(NOTHING)).members

    assert [(m.id, m.host_name, m.rpc_addr, m.http_addr) for m in listed] == [
        (str(member.id), socket.gethostname(), member.rpc_addr, "127.0.0.1:80") for member in (a, b)
    ]


async def test_a_lease_that_is_not_renewed_becomes_stale(prepared: Log, admin: asyncpg.Connection) -> None:
    (silent, gone), (renewing, here) = lease_of(prepared, "127.0.0.1:1"), lease_of(prepared, "127.0.0.1:2")
    await silent.renew()
    await renewing.renew()
    members = Members(prepared.database)

    await age(admin, gone, STALE_AFTER_S - 5)
    assert await members.list() == [gone, here]
    await age(admin, gone, STALE_AFTER_S + 1)
    assert await members.list() == [here]

    await silent.renew()
    assert await members.list() == [gone, here], "a process that was only held up is back"


async def test_a_renewal_removes_what_is_stale(prepared: Log, admin: asyncpg.Connection) -> None:
    (silent, gone), (renewing, here) = lease_of(prepared, "127.0.0.1:1"), lease_of(prepared, "127.0.0.1:2")
    await silent.renew()
    await age(admin, gone, STALE_AFTER_S + 1)

    await renewing.renew()

    assert [row["id"] for row in await admin.fetch("SELECT id FROM modelbox_gateway.members")] == [here.id]


async def test_a_process_takes_the_place_of_one_that_died_at_its_address(prepared: Log) -> None:
    (died, _), (restarted, now) = lease_of(prepared, "127.0.0.1:1"), lease_of(prepared, "127.0.0.1:1")
    await died.renew()

    await restarted.renew()

    assert await Members(prepared.database).list() == [now]


async def test_a_lease_is_kept_until_it_is_left(prepared: Log) -> None:
    lease, member = lease_of(prepared, "127.0.0.1:1")
    members = Members(prepared.database)
    keeping = asyncio.create_task(lease.keep())
    await eventually(members.list, lambda listed: listed == [member])

    await lease.leave()
    await lease.renew()

    async with asyncio.timeout(1):
        await keeping
    assert await members.list() == []


async def test_a_server_is_a_member_from_its_start_to_its_stop(prepared: Log, tmp_path: Path) -> None:
    """With the addresses it is bound to; a server that takes no calls is none."""
    config = Config(
        listen_addr="127.0.0.1:0",
        http_listen_addr="127.0.0.1:0",
        prometheus_addr="127.0.0.1:0",
        data_dir=str(tmp_path / "data"),
        metadata_storage="postgres",
        metadata_storage_postgres=PostgresSettings(dsn=prepared.database.dsn),
    )
    stopping = asyncio.Event()
    with DataFolderLock(config.data_folder) as lock:
        serving = asyncio.create_task(Server(config, frozenset({Role.GATEWAY}), lock).run(stopping))
        run_file = await _run_file(config.data_folder)
        async with grpc.aio.insecure_channel(run_file.grpc_addr) as channel:
            stub = ModelStoreStub(channel)
            answer = await eventually(lambda: stub.GetClusterMembers(NOTHING), lambda answer: bool(answer.members))
        stopping.set()
        await serving

    assert [(m.host_name, m.rpc_addr, m.http_addr) for m in answer.members] == [
        (socket.gethostname(), run_file.grpc_addr, run_file.http_addr)
    ]
    assert await Members(prepared.database).list() == []


async def _run_file(folder: Path) -> RunFile:
    async with asyncio.timeout(30):
        while True:
            try:
                return read_run_file(folder)
            except NotRunningError:
                await asyncio.sleep(0.02)
