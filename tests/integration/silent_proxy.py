"""A TCP proxy before a server that can go silent: bytes are taken, none arrive, and nobody is told."""

import asyncio
import contextlib
from typing import Self


class SilentProxy:
    """Passes bytes on; connections that are silenced swallow them, in both directions, and stay open."""

    def __init__(self, target: str) -> None:
        """Stand before `target`, a Unix socket or `host:port`."""
        self._target = target
        self._mark: bytes | None = None
        self._passes_mark = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._silences: set[asyncio.Event] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections = 0

    def before(self, dsn: str) -> str:
        """Return a dsn that goes through the proxy instead."""
        base, _, _ = dsn.partition("?")
        return base.replace("@/", f"@127.0.0.1:{self.port}/")

    @property
    def port(self) -> int:
        """Where it listens on this machine."""
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def silence(self) -> None:
        """Silence every connection that there is; later ones are not."""
        for silence in self._silences:
            silence.set()

    @property
    def is_marked(self) -> bool:
        """Whether `silence_on` still waits for its mark."""
        return self._mark is not None

    def silence_on(self, mark: bytes, *, passed: bool = False) -> None:
        """Silence the next connection that sends `mark`, before Postgres gets it, or once that was passed on."""
        self._mark, self._passes_mark = mark, passed

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening and end what runs."""
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        up_reader, up_writer = await self._open()
        silence = asyncio.Event()
        self._silences.add(silence)
        self._writers |= {writer, up_writer}
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass(reader, up_writer, silence, marked=True))
                both.create_task(self._pass(up_reader, writer, silence, marked=False))
        except* ConnectionError:
            pass  # the end that closed; the other one is ended below
        for end in (writer, up_writer):
            end.transport.abort()
            with contextlib.suppress(ConnectionError):
                await end.wait_closed()
        self._writers -= {writer, up_writer}
        self._silences.discard(silence)
        self._tasks.discard(task)

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._target.startswith("/"):
            return await asyncio.open_unix_connection(self._target)
        host, _, port = self._target.rpartition(":")
        return await asyncio.open_connection(host, int(port))

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, silence: asyncio.Event, *, marked: bool
    ) -> None:
        while data := await reader.read(1 << 20):
            if marked and self._mark is not None and self._mark in data:
                self._mark = None
                if self._passes_mark:
                    writer.write(data)
                silence.set()
            if not silence.is_set():
                writer.write(data)
                await writer.drain()
        raise ConnectionResetError
