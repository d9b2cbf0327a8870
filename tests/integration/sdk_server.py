"""The real server's gRPC door in a thread of the test's process, so that plain, blocking client code can be tested."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

from modelbox_events import Log, Position, RecordedEvent
from modelbox_gateway.blobs import Blobs, FilesystemStore
from modelbox_gateway.blobs.s3 import S3Store
from modelbox_gateway.rpc import create_grpc_server
from modelbox_gateway.sections import S3Settings
from modelbox_gateway.services import Services
from modelbox_projections import ProjectionRunner, Views

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 30.0


class SdkServer:
    """A gateway with its projections on a prepared database; may be stopped and started again at the same address."""

    def __init__(self, dsn: str, blobs: Path, *, bucket: S3Settings | None = None) -> None:
        self.dsn = dsn
        self.blobs = blobs
        self.bucket = bucket
        self.address = "127.0.0.1:0"
        self._stopping = asyncio.Event()
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._log: Log | None = None

    def start(self) -> None:
        """Start, at the address of the last time."""
        self._started.clear()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        assert self._started.wait(START_TIMEOUT_S), "the server did not start"

    def stop(self) -> None:
        """Stop at once: calls that are on their way are cut off."""
        if self._thread is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(STOP_TIMEOUT_S)
            assert not self._thread.is_alive(), "the server did not stop"
            self._thread = None

    def position(self) -> int:
        """Return the log's position, fresh."""
        assert self._loop is not None
        assert self._log is not None
        head = asyncio.run_coroutine_threadsafe(self._log.read_head(), self._loop).result(START_TIMEOUT_S)
        return head.position

    def events(self) -> list[RecordedEvent]:
        """Return all events of the log, in order."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(self._events(), self._loop).result(START_TIMEOUT_S)

    async def _events(self) -> list[RecordedEvent]:
        assert self._log is not None
        events: list[RecordedEvent] = []
        while page := await self._log.read(events[-1].position if events else Position(0)):
            events += page
        return events

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self._log = log = await Log.open(self.dsn)
        blobs = await Blobs.open(S3Store(self.bucket) if self.bucket else FilesystemStore(self.blobs))
        runner = ProjectionRunner(log)
        services = Services(log, Views(log.database), runner.cursors, blobs)
        folding = asyncio.create_task(runner.run())
        server = create_grpc_server(services, self.address)
        self.address = f"127.0.0.1:{await server.start()}"
        self._started.set()
        await self._stopping.wait()
        await server.stop(0)
        folding.cancel()
        await asyncio.gather(folding, return_exceptions=True)
        await blobs.close()
        await log.close()


def wait_until(condition: Callable[[], bool], *, timeout_s: float = 20.0) -> None:
    """Wait until something is so."""
    deadline = monotonic() + timeout_s
    while not condition():
        assert monotonic() < deadline, "it did not come to be in time"
        sleep(0.01)
