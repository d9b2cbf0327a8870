"""A proxy before Postgres's socket that cuts connections at chosen moments."""

import asyncio
import contextlib
import tempfile
from pathlib import Path
from typing import Self


class CuttingProxy:
    """Passes bytes on until it is told to cut; listens on a socket in `folder`."""

    def __init__(self, target: str) -> None:
        """Stand before the Unix socket `target`."""
        self._target = target
        self._folder = tempfile.TemporaryDirectory(prefix="mbx")
        self._mark: bytes | None = None
        self._after_reply = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.cuts = 0

    @property
    def folder(self) -> str:
        """The folder of the socket, as a dsn's host."""
        return self._folder.name

    def cut_on(self, mark: bytes, *, after_reply: bool) -> None:
        """Cut once: half-way through the bytes that hold `mark`, or when the reply to them arrives."""
        self._mark = mark
        self._after_reply = after_reply

    def cut_all(self) -> None:
        """Cut every connection now."""
        self.cuts += 1
        for writer in self._writers:
            writer.transport.abort()

    async def __aenter__(self) -> Self:
        """Listen."""
        path = Path(self._folder.name) / ".s.PGSQL.5432"
        self._server = await asyncio.start_unix_server(self._serve, path)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening and end what runs."""
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._folder.cleanup()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        up_reader, up_writer = await asyncio.open_unix_connection(self._target)
        self._writers |= {writer, up_writer}
        cut = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._up(reader, up_writer, cut))
                both.create_task(self._down(up_reader, writer, cut))
        except* ConnectionError:
            pass  # the end that closed or was cut; the other one is ended below
        for end in (writer, up_writer):
            end.transport.abort()
            with contextlib.suppress(ConnectionError):
                await end.wait_closed()
        self._writers -= {writer, up_writer}
        self._tasks.discard(task)

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cut: asyncio.Event) -> None:
        while data := await reader.read(1 << 20):
            if self._mark is not None and self._mark in data:
                self._mark = None
                self.cuts += 1
                if not self._after_reply:
                    writer.write(data[: len(data) // 2])
                    await writer.drain()
                    raise ConnectionResetError
                cut.set()
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cut: asyncio.Event) -> None:
        while data := await reader.read(1 << 20):
            if cut.is_set():
                raise ConnectionResetError
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError
