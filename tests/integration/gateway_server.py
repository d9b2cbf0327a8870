"""A gateway in the test's own process, on a real log with its projections running."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import grpc
import grpc.aio
from google.rpc import error_details_pb2, status_pb2

from modelbox.proto.modelstore_pb2_grpc import ModelStoreStub
from modelbox_events import Log
from modelbox_gateway.blobs import Blobs, BlobStore, FilesystemStore
from modelbox_gateway.rpc import GrpcServer, create_grpc_server
from modelbox_gateway.services import Services
from modelbox_projections import ProjectionRunner, Views

Answer = TypeVar("Answer")


class Gateway(NamedTuple):
    """A running gateway and a client of it."""

    server: GrpcServer
    services: Services
    address: str
    channel: grpc.aio.Channel
    stub: ModelStoreStub
    blobs: Path


class Refusal(NamedTuple):
    """What a refused call says."""

    code: grpc.StatusCode
    reason: str
    field: str
    message: str
    metadata: dict[str, str]


@asynccontextmanager
async def running_gateway(log: Log, store: BlobStore | Path, *, only_transfers: bool = False) -> AsyncIterator[Gateway]:
    """Run a gateway on `log`, whose database is prepared, with its blobs in a store, or in a folder."""
    runner = ProjectionRunner(log)
    blobs = await Blobs.open(FilesystemStore(store) if isinstance(store, Path) else store)
    services = Services(log, Views(log.database), runner.cursors, blobs)
    folding = asyncio.create_task(runner.run())
    server = create_grpc_server(services, "127.0.0.1:0", only_transfers=only_transfers)
    address = f"127.0.0.1:{await server.start()}"
    await server.set_serving(serving=True)
    try:
        async with grpc.aio.insecure_channel(address) as channel:
            yield Gateway(
                server,
                services,
                address,
                channel,
                ModelStoreStub(channel),
                store if isinstance(store, Path) else Path(),
            )
    finally:
        await server.stop(1.0)
        folding.cancel()
        await asyncio.gather(folding, return_exceptions=True)
        await blobs.close()


async def until(condition: Callable[[], bool]) -> None:
    """Return when the condition holds; fail if it does not within seconds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # nobody tells when a file or a task is gone
            await asyncio.sleep(0.01)


async def eventually(ask: Callable[[], Awaitable[Answer]], wanted: Callable[[Answer], bool]) -> Answer:
    """Ask until the answer is a wanted one; fail if none comes within seconds."""
    async with asyncio.timeout(10):
        while not wanted(answer := await ask()):  # noqa: ASYNC110  # nobody tells when the answer changes
            await asyncio.sleep(0.02)
    return answer


def refusal_of(error: grpc.RpcError) -> Refusal:
    """Read the rich error of a refused call."""
    assert isinstance(error, grpc.aio.AioRpcError)
    trailing: Any = error.trailing_metadata()  # a mapping, whatever the stubs say
    details = trailing["grpc-status-details-bin"]
    assert isinstance(details, bytes)
    status = status_pb2.Status.FromString(details)
    assert status.code == error.code().value[0]
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert info.domain == "modelbox"
    return Refusal(error.code(), info.reason, info.metadata.get("field", ""), status.message, dict(info.metadata))
