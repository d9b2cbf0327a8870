"""A real cluster of nats-servers with JetStream on loopback, for the tests of a replicated feed."""

import asyncio
import contextlib
import os
import random
import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import Final

import nats
import nats.errors
from nats.js.api import StreamInfo

from modelbox_gateway.embedded.process import ServerProcess

HOST: Final = "127.0.0.1"
READY_TIMEOUT_S: Final = 30.0


class NatsCluster:
    """`size` nats-servers under `folder` that form one cluster; kill and start them one by one."""

    def __init__(self, folder: Path, *, size: int = 3) -> None:
        """Draw the ports; nothing runs yet."""
        self._folder = folder
        ports = free_ports(2 * size)
        self._client_ports = ports[:size]
        self._route_ports = ports[size:]
        self._processes: list[ServerProcess | None] = [None] * size

    @property
    def urls(self) -> list[str]:
        """Where each server listens, in the order of their numbers."""
        return [f"nats://{HOST}:{port}" for port in self._client_ports]

    async def start(self) -> None:
        """Start every server and wait until JetStream has elected its leader."""
        for number in range(len(self._processes)):
            await self.start_server(number)
        await self.wait_until_ready()

    async def start_server(self, number: int) -> None:
        """Start one server, with the files it had."""
        name = f"n{number}"
        folder = self._folder / name
        folder.mkdir(parents=True, exist_ok=True)
        routes = ",".join(f"nats://{HOST}:{port}" for port in self._route_ports)
        command = [
            *(str(_program()), "--name", name, "--addr", HOST, "--port", str(self._client_ports[number])),
            *("--jetstream", "--store_dir", str(folder), "--cluster_name", "feed"),
            *("--cluster", f"nats://{HOST}:{self._route_ports[number]}", "--routes", routes),
        ]
        self._processes[number] = await ServerProcess.start(
            command, folder=folder, log=folder / "nats-server.log", stop_signal=signal.SIGTERM
        )

    async def kill_server(self, number: int) -> None:
        """End one server by SIGKILL."""
        process = self._processes[number]
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
        self._processes[number] = None

    async def kill_leader(self, stream: str) -> int:
        """Kill the server that leads the stream; return its number."""
        info = await self.stream_info(stream)
        assert info.cluster is not None
        assert info.cluster.leader is not None
        number = int(info.cluster.leader.removeprefix("n"))
        await self.kill_server(number)
        return number

    async def stream_info(self, stream: str) -> StreamInfo:
        """Ask for a stream until its leader answers."""
        client = await nats.connect(self.urls)
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                while True:
                    with contextlib.suppress(nats.errors.Error):
                        info = await client.jetstream(timeout=1).stream_info(stream)
                        if info.cluster is not None and info.cluster.leader:
                            return info
                    await asyncio.sleep(0.1)
        finally:
            await client.close()

    async def wait_until_ready(self) -> None:
        """Wait until every server answers JetStream requests."""
        async with asyncio.timeout(READY_TIMEOUT_S):
            for url in self.urls:
                while not await _answers(url):  # noqa: ASYNC110 - another process's state: nothing tells of it
                    await asyncio.sleep(0.1)

    async def stop(self) -> None:
        """Stop every server that runs."""
        running = [process for process in self._processes if process is not None]
        await asyncio.gather(*(process.stop(timeout_s=10.0) for process in running))


async def _answers(url: str) -> bool:
    with contextlib.suppress(OSError, nats.errors.Error, TimeoutError):
        client = await nats.connect(url, allow_reconnect=False, connect_timeout=1)
        try:
            await client.jetstream(timeout=1).account_info()
        finally:
            await client.close()
        return True
    return False


def _program() -> Path:
    beside_python = Path(sys.executable).parent / "nats-server"
    found = str(beside_python) if beside_python.exists() else shutil.which("nats-server")
    assert found is not None, "nats-server is not installed"
    return Path(found)


def free_ports(count: int) -> list[int]:
    """Return ports that stay free while a server is down: below those that the kernel gives to clients."""
    ports: list[int] = []
    while len(ports) < count:
        port = random.randrange(20_000, 30_000)  # noqa: S311 - nothing secret
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind((HOST, port))
            if port not in ports:
                ports.append(port)
    return ports
