"""A gateway that lives on while its log is set back: nobody goes on from what is lost without being told."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import grpc.aio
import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log, Token
from modelbox_gateway.members import prepare_members
from modelbox_gateway.rpc.frame.call import MIN_TOKEN, TOKEN, TOKEN_HASH
from modelbox_projections import prepare
from tests.integration.gateway_server import Gateway, refusal_of, running_gateway, until
from tests.integration.set_back import Restorable

TAKES_HASH = ((TOKEN_HASH, "1"),)
REPLACED = pytest.mark.parametrize("replaced", [0, 9], ids=["shorter", "shorter, then longer"])


@asynccontextmanager
async def kept_gateway(dsn: str, folder: Path) -> AsyncIterator[tuple[Gateway, Restorable]]:
    """A gateway on a log with one model in it, of which a copy was kept."""
    await prepare(dsn)
    await prepare_members(dsn)
    log = await Log.open(dsn)
    async with running_gateway(log, folder) as first:
        await create(first, "kept")
    await log.close()
    async with Restorable.keep(dsn) as kept:
        log = await Log.open(dsn)
        async with running_gateway(log, folder) as gateway:
            yield gateway, kept
        await log.close()


async def create(gateway: Gateway, name: str) -> str:
    return str((await gateway.stub.CreateModel(pb.CreateModelRequest(name=name))).id)


async def token_of(call: "grpc.aio.UnaryUnaryCall[object, object]") -> str:
    await call
    return str(dict(await call.trailing_metadata())[TOKEN])


async def read_to_the_end(watching: "grpc.aio.UnaryStreamCall[object, object]") -> None:
    async with asyncio.timeout(20):
        while await watching.read():
            pass


async def restore(gateway: Gateway, kept: Restorable, replaced: int) -> None:
    head = gateway.services.log.head
    await gateway.services.log.read_head()
    await kept.record(replaced)
    await kept.restore()
    await until(lambda: head.rewinds > 0)


@REPLACED
async def test_an_open_watch_is_ended_when_the_log_is_set_back(dsn: str, tmp_path: Path, replaced: int) -> None:
    """It never goes on as if the events that it was told had not been replaced."""
    async with kept_gateway(dsn, tmp_path) as (gateway, kept):
        busy = gateway.stub.WatchNamespace(pb.WatchNamespaceRequest())
        idle = gateway.stub.WatchNamespace(pb.WatchNamespaceRequest(namespace="elsewhere"))
        await idle.initial_metadata()
        await create(gateway, "lost")
        assert [(await busy.read()).position for _ in range(2)] == [1, 2]
        await restore(gateway, kept, replaced)

        for watching in (busy, idle):
            with pytest.raises(grpc.aio.AioRpcError) as ended:
                await read_to_the_end(watching)
            assert refusal_of(ended.value).reason == "LOG_REWOUND"
            assert ended.value.code() == grpc.StatusCode.FAILED_PRECONDITION

        again = gateway.stub.WatchNamespace(pb.WatchNamespaceRequest())
        assert (await again.read()).position == 1
        await create(gateway, "new")
        async with asyncio.timeout(20):
            while (change := await again.read()).payload.struct_value.fields["name"].string_value != "new":
                pass
        again.cancel()
        assert change.position == 2 + replaced


@REPLACED
async def test_an_old_token_after_a_restore_is_told_and_never_skips_silently(
    dsn: str, tmp_path: Path, replaced: int
) -> None:
    """Also by a server that was started after it and knows nothing of the log as it was."""
    async with kept_gateway(dsn, tmp_path) as (gateway, kept):
        valid = await token_of(gateway.stub.CreateModel(pb.CreateModelRequest(name="kept"), metadata=TAKES_HASH))
        model = gateway.stub.CreateModel(pb.CreateModelRequest(name="lost"), metadata=TAKES_HASH)
        lost = await token_of(model)
        await restore(gateway, kept, replaced)

        async with kept_log(dsn) as log, running_gateway(log, tmp_path) as fresh:
            for one in (gateway, fresh):
                reading = one.stub.ListModels(pb.ListModelsRequest(), metadata=((MIN_TOKEN, lost),))
                watching = one.stub.WatchNamespace(pb.WatchNamespaceRequest(after_token=lost))
                for refused in (reading, watching.read()):
                    with pytest.raises(grpc.aio.AioRpcError) as error:
                        await refused
                    assert refusal_of(error.value).reason == "LOG_REWOUND"

                found = await one.stub.ListModels(pb.ListModelsRequest(), metadata=((MIN_TOKEN, valid),))
                assert [listed.name for listed in found.models] == ["kept"]
                going_on = one.stub.WatchNamespace(pb.WatchNamespaceRequest(after_token=valid))
                await going_on.initial_metadata()
                going_on.cancel()


@asynccontextmanager
async def kept_log(dsn: str) -> AsyncIterator[Log]:
    log = await Log.open(dsn)
    yield log
    await log.close()


async def test_commands_decide_on_what_the_log_holds_after_it_was_set_back(dsn: str, tmp_path: Path) -> None:
    """Not on states, streams and deletions that the process remembers of the log as it was."""
    async with kept_gateway(dsn, tmp_path) as (gateway, kept):
        stub = gateway.stub
        model = await create(gateway, "kept")
        lost = await create(gateway, "lost")
        for _ in range(2):
            await stub.CreateModelVersion(pb.CreateModelVersionRequest(model=model, unique_tags=["t"], move_tags=True))
        await stub.DeleteObject(pb.DeleteObjectRequest(id=model))
        await restore(gateway, kept, 0)

        created = await stub.CreateModelVersion(pb.CreateModelVersionRequest(model=model, unique_tags=["t"]))
        assert created.version == "1"
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.UpdateMetadata(pb.UpdateMetadataRequest(parent_id=lost, metadata=pb.Metadata(json={"a": "1"})))
        assert refusal_of(refused.value).reason == "OBJECT_NOT_FOUND"
        assert (await stub.CreateModel(pb.CreateModelRequest(name="lost"))).exists is False


async def test_reads_do_not_wait_for_a_write_that_is_lost(dsn: str, tmp_path: Path) -> None:
    async with kept_gateway(dsn, tmp_path) as (gateway, kept):
        for number in range(20):
            await create(gateway, f"lost{number}")
        await restore(gateway, kept, 0)
        await create(gateway, "new")
        await gateway.stub.ListModels(pb.ListModelsRequest())

        times_s = []
        for _ in range(5):
            start = time.monotonic()
            found = await gateway.stub.ListModels(pb.ListModelsRequest())
            times_s.append(time.monotonic() - start)
            assert {model.name for model in found.models} <= {"kept", "new"}

        assert min(times_s) < 0.4  # of the 0.5 s that a read waits for the process's last write


async def test_only_clients_that_take_them_get_tokens_with_a_hash(log: Log, tmp_path: Path) -> None:
    """An older client would take the hash for a part of the position, silently."""
    async with running_gateway(log, tmp_path) as gateway:
        stub = gateway.stub
        model = await create(gateway, "m")
        written = await token_of(stub.CreateModel(pb.CreateModelRequest(name="m")))
        history = pb.GetMetadataHistoryRequest(parent_id=model)
        for headers in (TAKES_HASH, ()):
            calls = (
                stub.CreateModel(pb.CreateModelRequest(name="m"), metadata=headers),
                stub.ListModels(pb.ListModelsRequest(), metadata=(*headers, (MIN_TOKEN, written))),
                stub.GetMetadataHistory(history, metadata=headers),
            )
            tokens = [Token.parse(await token_of(call)) for call in calls]
            watching = stub.WatchNamespace(pb.WatchNamespaceRequest(), metadata=headers)
            tokens.append(Token.parse((await watching.read()).token))
            watching.cancel()
            assert [bool(token.hash) for token in tokens] == [headers == TAKES_HASH] * 4
            for token in tokens:
                assert await log.chain_hashes.check(token) == token.position == 1
