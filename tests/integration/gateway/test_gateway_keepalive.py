"""An idle watch asks now and then whether its server is there, and the server does not send it away for that."""

import asyncio
from pathlib import Path

import grpc
import grpc.aio
import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox.proto.modelstore_pb2_grpc import ModelStoreStub
from modelbox_events import Log
from modelbox_gateway.rpc import server
from tests.integration.gateway_server import running_gateway, until
from tests.integration.silent_proxy import SilentProxy

PING_MS, WATCHED_S = 400, 4.0


async def test_a_client_that_pings_as_often_as_it_may_is_kept(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in minutes, told in seconds: the server's shortest interval and the client's are both 25 times shorter."""
    shortest = {server.MIN_PING_INTERVAL_MS: PING_MS // 2}
    monkeypatch.setattr(server, "_OPTIONS", [(name, shortest.get(value, value)) for name, value in server._OPTIONS])
    options = (
        ("grpc.keepalive_time_ms", PING_MS),
        ("grpc.keepalive_timeout_ms", 5_000),
        ("grpc.http2.max_pings_without_data", 0),
    )
    async with (
        running_gateway(log, tmp_path) as gateway,
        grpc.aio.insecure_channel(gateway.address, options=options) as channel,
    ):
        watching = ModelStoreStub(channel).WatchNamespace(pb.WatchNamespaceRequest(namespace="quiet"))
        await watching.initial_metadata()

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(watching.read(), WATCHED_S)


async def test_an_uploader_that_vanished_is_noticed_and_leaves_nothing(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its host lost power: nothing arrives any more, and nobody says that the connection is over."""
    shorter = {server.KEEPALIVE_MS: 300, server.KEEPALIVE_TIMEOUT_MS: 1_500}
    monkeypatch.setattr(server, "_OPTIONS", [(name, shorter.get(value, value)) for name, value in server._OPTIONS])
    async with running_gateway(log, tmp_path) as gateway, SilentProxy(gateway.address) as proxy:
        model = await gateway.stub.CreateModel(pb.CreateModelRequest(name="m"))
        async with grpc.aio.insecure_channel(f"127.0.0.1:{proxy.port}") as channel:
            uploading = ModelStoreStub(channel).UploadFile()
            metadata = pb.FileMetadata(parent_id=model.id, path="weights.pt", file_type="MODEL")
            await uploading.write(pb.UploadFileRequest(metadata=metadata))
            for _ in range(3):
                await uploading.write(pb.UploadFileRequest(chunks=b"x" * 1024 * 1024))
            await until(lambda: bool(uploads_in(tmp_path)))
            await asyncio.sleep(2)  # quiet, and still there: it is asked and answers
            assert uploads_in(tmp_path)

            proxy.silence()

            await until(lambda: not uploads_in(tmp_path))


def uploads_in(folder: Path) -> list[Path]:
    """Return the temporary files of uploads that are under way."""
    return list((folder / "tmp").iterdir())
