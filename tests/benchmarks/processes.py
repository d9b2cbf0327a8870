"""The processes a benchmark of the whole system needs: the server, a bare echo, clients."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from typing import Any, TypedDict

from tests.acceptance.server_process import ServerProcess
from tests.benchmarks.servers import folder


class Measured(TypedDict):
    """What a client process measured."""

    rate: float
    p50_s: float
    p99_s: float


@contextlib.asynccontextmanager
async def modelbox_server() -> AsyncIterator[str]:
    """A ModelBox server with everything in it; yields its gRPC address."""
    async with modelbox_info() as info:
        yield info["grpc_addr"]


@contextlib.asynccontextmanager
async def modelbox_info() -> AsyncIterator[dict[str, Any]]:
    """A ModelBox server with everything in it; yields what it says of itself."""
    async with server_process() as (_, info):
        yield info


@contextlib.asynccontextmanager
async def server_process() -> AsyncIterator[tuple[ServerProcess, dict[str, Any]]]:
    """A ModelBox server with everything in it; yields its process, and what it says of itself."""
    with folder() as path:
        server = ServerProcess(path)
        try:
            info = await asyncio.to_thread(server.start)
            yield server, info
            await asyncio.to_thread(server.stop)
        finally:
            await asyncio.to_thread(server.close)


@contextlib.asynccontextmanager
async def echo_server() -> AsyncIterator[str]:
    """A bare gRPC server; yields its address."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.echo_server", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield f"127.0.0.1:{int(await process.stdout.readline())}"
    finally:
        process.kill()
        await process.wait()


async def call(address: str, operation: str, *, clients: int, calls: int, pause_s: float = 0.0) -> Measured:
    """Run a client process against an address; each client pauses after a call."""
    numbers = map(str, (clients, calls, pause_s))
    arguments = ("-m", "tests.benchmarks.call_client", address, operation, *numbers)
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    measured: Measured = json.loads(output)
    return measured
