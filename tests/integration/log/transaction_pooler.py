"""A pooler that hands backends of Postgres out by transaction, as pgbouncer does in that mode.

Sources: the Postgres protocol, message formats and flow (postgresql.org/docs/current/protocol-flow.html).
"""

import asyncio
import contextlib
import struct
from typing import NamedTuple, Self

_IDLE = b"Z\0\0\0\5I"  # ready, and no transaction is open
_READY = b"Z"[0]


class _Backend(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    greeting: bytes


class TransactionPooler:
    """Gives whoever begins a transaction the backend that was used last."""

    def __init__(self, sockets: str, user: str, database: str) -> None:
        """Stand before the Postgres whose socket is in the folder `sockets`."""
        self._target = f"{sockets}/.s.PGSQL.5432"
        self._startup = _startup(user, database)
        self._free: list[_Backend] = []
        self._all: list[_Backend] = []
        self._clients: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """Where it listens on this machine."""
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening and end what runs."""
        self._server.close()
        for writer in (*self._clients, *(backend.writer for backend in self._all)):
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._clients.add(writer)
        requests: asyncio.Queue[bytes] = asyncio.Queue()
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ExceptionGroup):
            await self._greet(reader, writer)
            async with asyncio.TaskGroup() as both:
                both.create_task(_read_all(reader, requests))
                both.create_task(self._transactions(requests, writer))
        writer.transport.abort()
        self._clients.discard(writer)

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        startup = await _packet(reader)
        while len(startup) == 8:  # asks for TLS
            writer.write(b"N")
            startup = await _packet(reader)
        backend = self._free.pop() if self._free else await self._open()
        self._free.append(backend)
        writer.write(backend.greeting)

    async def _transactions(self, requests: asyncio.Queue[bytes], writer: asyncio.StreamWriter) -> None:
        while True:
            request = await requests.get()
            backend = self._free.pop() if self._free else await self._open()
            answering = asyncio.create_task(_answer(backend, writer))
            backend.writer.write(request)
            while not answering.done():
                following = asyncio.create_task(_peek(requests))
                await asyncio.wait({following, answering}, return_when=asyncio.FIRST_COMPLETED)
                following.cancel()
                while not answering.done() and not requests.empty():
                    backend.writer.write(requests.get_nowait())
            await answering
            self._free.append(backend)

    async def _open(self) -> _Backend:
        reader, writer = await asyncio.open_unix_connection(self._target)
        writer.write(self._startup)
        greeting = message = await _message(reader)
        while message[0] != _READY:
            message = await _message(reader)
            greeting += message
        backend = _Backend(reader, writer, greeting)
        self._all.append(backend)
        return backend


async def _read_all(reader: asyncio.StreamReader, requests: asyncio.Queue[bytes]) -> None:
    while True:
        requests.put_nowait(await _message(reader))


async def _peek(requests: asyncio.Queue[bytes]) -> None:
    while requests.empty():  # noqa: ASYNC110  # a queue tells nobody that it is filled but who takes from it
        await asyncio.sleep(0.001)


async def _answer(backend: _Backend, writer: asyncio.StreamWriter) -> None:
    """Pass on what a backend says, until whoever comes next gets it."""
    message = b""
    while message != _IDLE:
        message = await _message(backend.reader)
        writer.write(message)


def _startup(user: str, database: str) -> bytes:
    pairs = b"".join(part.encode() + b"\0" for part in ("user", user, "database", database, "client_encoding", "utf-8"))
    body = struct.pack("!i", 196_608) + pairs + b"\0"
    return struct.pack("!i", len(body) + 4) + body


async def _packet(reader: asyncio.StreamReader) -> bytes:
    size = await reader.readexactly(4)
    return size + await reader.readexactly(struct.unpack("!i", size)[0] - 4)


async def _message(reader: asyncio.StreamReader) -> bytes:
    return await reader.readexactly(1) + await _packet(reader)
