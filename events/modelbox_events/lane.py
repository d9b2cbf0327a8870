"""A connection that takes batches of appends to Postgres, one at a time, and waits for none of them long.

Must not know: event types.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import asyncpg

from modelbox_events.batch import Batch
from modelbox_events.database import Database, translated
from modelbox_events.outcomes import REHEARSED
from modelbox_events.sql import STATEMENTS

ANSWER_TIMEOUT_S: Final = 3.0
"""How long a small batch may take; then its connection counts as silent, and it is sent again on another."""
BYTES_A_SECOND: Final = 2 * 1024 * 1024
"""How many bytes of data give a batch a second more: a tenth of what an embedded Postgres takes on a laptop."""
LOCK_TIMEOUT_MS: Final = 2_000
STATEMENT_TIMEOUT_MS: Final = 5_000
"""Longer than a small batch may take, after which this process gives it up: it ends what nobody waits for any more."""
_LARGE_BYTES: Final = 2 * 1024 * 1024
"""A batch with more data is given more time by Postgres too, which costs it a round trip."""
IDLE_IN_TRANSACTION_TIMEOUT_MS: Final = 10_000

SETTINGS: Final = {
    "synchronous_commit": "on",
    # A plan made while the tables are small would scan them for ever; these leave only look-ups by index.
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_bitmapscan": "off",
    "lock_timeout": str(LOCK_TIMEOUT_MS),
    "statement_timeout": str(STATEMENT_TIMEOUT_MS),
    "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_TIMEOUT_MS),
}


def answer_timeout_s(size: int) -> float:
    """Return how long a batch with so many bytes of data may take, connecting included."""
    return ANSWER_TIMEOUT_S + size / BYTES_A_SECOND


class Lane:
    """A connection that commits one batch at a time."""

    def __init__(self, database: Database) -> None:
        """Connect at the first batch."""
        self._database = database
        self._connection: asyncpg.Connection | None = None
        self._statement_timeout_ms = STATEMENT_TIMEOUT_MS

    async def send(self, batch: Batch) -> Sequence[Any]:
        """Commit a batch and return one row a request.

        Raises:
            LogUnavailableError: Not now, or the outcome is unknown.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + answer_timeout_s(batch.size)
        with translated():
            connection = await self._open()
            if batch.size > _LARGE_BYTES or self._statement_timeout_ms != STATEMENT_TIMEOUT_MS:
                await self._allow(connection, batch.size)
            # The driver keeps a clock for each statement anyway; one of asyncio's beside it would cost as much again.
            rows: Sequence[Any] = await connection.fetch(
                STATEMENTS["append_requests"], *batch.arguments, timeout=deadline - loop.time()
            )
        return rows

    async def _allow(self, connection: asyncpg.Connection, size: int) -> None:
        """Let Postgres work on a batch as long as this process waits for it, and as much longer as on a small one."""
        more_ms = round(1000 * size / BYTES_A_SECOND) if size > _LARGE_BYTES else 0
        if self._statement_timeout_ms != STATEMENT_TIMEOUT_MS + more_ms:
            self._statement_timeout_ms = STATEMENT_TIMEOUT_MS + more_ms
            await connection.execute(f"SET statement_timeout TO {self._statement_timeout_ms}", timeout=ANSWER_TIMEOUT_S)

    async def rehearse(self, batch: Batch) -> None:
        """Do what commits a batch, all but the commit: nothing is recorded.

        Postgres ends it by itself, so that a process that is stopped meanwhile does not hold the head.

        Raises:
            LogUnavailableError: It could not be committed now.
        """
        with translated():
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                connection = await self._open()
                try:
                    await connection.execute(STATEMENTS["rehearse_append"], *batch.arguments)
                except asyncpg.PostgresError as error:
                    if error.sqlstate != REHEARSED:
                        raise

    async def _open(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                self._connection = await self._database.connect_alone("modelbox append", SETTINGS)
                self._statement_timeout_ms = STATEMENT_TIMEOUT_MS
        return self._connection

    def disconnect(self) -> None:
        """Drop the connection; the next batch opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()
