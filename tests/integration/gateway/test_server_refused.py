"""A server whose Postgres refuses stays up, says so, and goes on by itself once it is healed."""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc.aio
import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox.proto.modelstore_pb2_grpc import ModelStoreStub
from modelbox_gateway.config import Config, Role
from modelbox_gateway.members import lease
from modelbox_gateway.operator_errors import NotRunningError
from modelbox_gateway.runfile import DataFolderLock, RunFile, read_run_file
from modelbox_gateway.sections import PostgresSettings
from modelbox_gateway.server import Server
from tests.integration.gateway_server import eventually
from tests.integration.refusing_postgres import NO_LOGIN, OTHER_FUNCTION, READ_ONLY, REVOKED, add_login, refusing

REQUEST = pb.CreateModelRequest(name="m", owner="me", namespace="n", task="t")


@pytest.fixture
async def served(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RunFile]:
    """A server that renews its lease often; it must be up at the end."""
    monkeypatch.setattr(lease, "RENEW_INTERVAL_S", 0.1)
    config = Config(
        listen_addr="127.0.0.1:0",
        http_listen_addr="127.0.0.1:0",
        prometheus_addr="127.0.0.1:0",
        data_dir=str(tmp_path / "data"),
        metadata_storage="postgres",
        metadata_storage_postgres=PostgresSettings(dsn=await add_login(dsn)),
    )
    stopping = asyncio.Event()
    with DataFolderLock(config.data_folder) as lock:
        roles = frozenset({Role.GATEWAY, Role.PROJECTIONS})
        serving = asyncio.create_task(Server(config, roles, lock).run(stopping))
        yield await _run_file(config.data_folder)
        assert not serving.done()
        stopping.set()
        await serving


@pytest.mark.parametrize("sqlstate", [READ_ONLY, REVOKED, OTHER_FUNCTION, NO_LOGIN])
async def test_no_refusal_of_postgres_ends_the_server_and_readiness_tells_it(served: RunFile, sqlstate: str) -> None:
    async with grpc.aio.insecure_channel(served.grpc_addr) as channel:
        stub = ModelStoreStub(channel)
        await eventually(lambda: _readyz(served), lambda report: bool(report["status"] == "ready"))

        async with refusing(served.postgres_dsn, sqlstate):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.CreateModel(REQUEST, timeout=9)
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
            report = await eventually(lambda: _readyz(served), lambda report: bool(report["missing"]))
            assert sqlstate in " ".join(report["missing"])
            await asyncio.sleep(1)  # several renewals of the lease, polls of the states and folds

        await eventually(lambda: _readyz(served), lambda report: bool(report["status"] == "ready"))
        assert (await stub.CreateModel(REQUEST, timeout=9)).id


async def _readyz(served: RunFile) -> dict[str, Any]:
    def get() -> bytes:
        try:
            with urllib.request.urlopen(f"http://{served.http_addr}/readyz", timeout=5) as answer:
                body: bytes = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                body = error.read()
        return body

    report: dict[str, Any] = json.loads(await asyncio.to_thread(get))
    return report


async def _run_file(folder: Path) -> RunFile:
    async with asyncio.timeout(30):
        while True:
            try:
                return read_run_file(folder)
            except NotRunningError:
                await asyncio.sleep(0.02)
