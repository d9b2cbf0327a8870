"""The runner's connection is cut at each statement (case 36): rows are always the fold of the log up to the cursor."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from modelbox_events import Log
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_projections import lead, prepare, runner
from tests.integration.projections_support import (
    WAIT_S,
    append,
    assert_rows_are_what_the_log_gives,
    counted,
    create_model,
    points,
    running,
    with_key_counts,
)

SOCKET: Final = ".s.PGSQL.5432"
RUNNER: Final = b"modelbox projections"
EXECUTE: Final = b"E"
QUERY: Final = b"Q"
STATEMENTS_OF_A_PAGE: Final = range(20, 80)
"""About how many statements a runner sends from its start until it has folded a page into every projection."""


class CuttingProxy:
    """Stands between a process and Postgres, and cuts the runner's connection around its n-th statement."""

    def __init__(self, listen: Path, postgres: Path) -> None:
        self._listen = listen
        self._postgres = postgres
        self._cut_at = 0
        self._after = False
        self.cuts = 0

    def cut_at(self, statement: int, *, after: bool) -> None:
        """Cut the next connection at this statement: before Postgres sees it, or when it has but nobody hears back."""
        self._cut_at = statement
        self._after = after

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Forward connections while the block runs."""
        server = await asyncio.start_unix_server(self._serve, self._listen)
        try:
            yield
        finally:
            server.close()

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        postgres, to_postgres = await asyncio.open_unix_connection(self._postgres)
        startup = await _startup_message(client)
        to_postgres.write(startup)
        answers = asyncio.create_task(_copy(postgres, to_client))
        try:
            await self._forward(client, to_postgres, is_runner=RUNNER + b"\0" in startup)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            answers.cancel()
            await asyncio.gather(answers, return_exceptions=True)
            for writer in (to_postgres, to_client):
                writer.close()

    async def _forward(
        self, client: asyncio.StreamReader, to_postgres: asyncio.StreamWriter, *, is_runner: bool
    ) -> None:
        statements = 0
        while True:
            kind = await client.readexactly(1)
            length = await client.readexactly(4)
            body = await client.readexactly(struct.unpack("!i", length)[0] - 4)
            statements += kind in {EXECUTE, QUERY}
            cut = is_runner and 0 < self._cut_at == statements
            if not cut or self._after:
                to_postgres.write(kind + length + body)
            if cut and (kind == QUERY or not self._after or kind == b"S"):
                self.cuts += 1
                self._cut_at = 0
                await to_postgres.drain()
                return
            await to_postgres.drain()


async def _startup_message(client: asyncio.StreamReader) -> bytes:
    length = await client.readexactly(4)
    return length + await client.readexactly(struct.unpack("!i", length)[0] - 4)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_cut_at_any_statement_leaves_rows_and_cursor_in_step(
    dsn: str, log: Log, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    # It begins anew after each of some sixty cuts: how long it waits before is another matter.
    monkeypatch.setattr(runner, "RETRY_PAUSE_S", 0.01)
    monkeypatch.setattr(lead, "STANDBY_INTERVAL_S", 0.01)
    _, catalog = with_key_counts()
    await prepare(dsn, catalog=catalog)
    stream = await create_model(log, "m")
    folder = tmp_path_factory.mktemp("cut")
    sockets = dsn.split("host=")[1].split("&", maxsplit=1)[0]
    proxy = CuttingProxy(folder / SOCKET, Path(sockets) / SOCKET)
    async with proxy.listening(), contextlib.AsyncExitStack() as stack:
        cut_log = await Log.open(dsn.replace(sockets, str(folder)))
        stack.push_async_callback(cut_log.close)
        while True:
            statement = proxy.cuts + 1
            event = MetadataUpdated(object_id=stream.id, metadata={"a": 1})
            last = await append(log, stream, event, points(stream.id, [0.5] * 100))
            proxy.cut_at(statement, after=after)
            async with running(cut_log, catalog) as folding:
                await folding.cursors.wait(list(catalog), last.token, timeout_s=WAIT_S)
            assert await counted(log) == {"a": statement}
            if proxy.cuts < statement:  # the page was folded before the runner had sent so many
                break
            if statement % 10 == 0:
                await assert_rows_are_what_the_log_gives(log, catalog)
    assert proxy.cuts in STATEMENTS_OF_A_PAGE
    await assert_rows_are_what_the_log_gives(log, catalog)
