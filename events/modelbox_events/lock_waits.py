"""Changes of tables that others read and write: they wait for locks in short tries, so that the others go on between.

Whoever asks for a lock queues behind a change that waits for it, and a reader (a backup, an analyst) may keep that
waiting for long: one long wait would stop every append meanwhile.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg
import structlog

from modelbox_events.errors import LogUnavailableError
from modelbox_events.sql import STATEMENTS

LOCK_TIMEOUT_S: Final = 1.5
"""How long a try waits for a lock, and others behind it: less than an append waits, so that none fails for it; longer
than `deadlock_timeout`, after which Postgres takes the locks of autovacuum away."""
LOCK_PAUSE_S: Final = 2.0
"""How long those who waited may go on before the next try."""
LOCKS_WITHIN_S: Final = 3600.0
"""How long it is tried in all."""

_NOT_NOW: Final = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)
_log = structlog.get_logger()


async def in_short_tries(connection: asyncpg.Connection, change: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do work that is one transaction; where it does not get a lock soon, begin it again after a pause.

    Args:
        connection: The one that the work uses; its lock_timeout is `LOCK_TIMEOUT_S` from then on.
        change: What the log calls the work.
        work: All of it is undone when it fails.

    Raises:
        LogUnavailableError: It got no lock within `LOCKS_WITHIN_S`; the error names who held one.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + LOCKS_WITHIN_S
    await connection.execute(f"SET lock_timeout TO {round(LOCK_TIMEOUT_S * 1000)}")
    while True:
        try:
            return await work()
        except _NOT_NOW as error:
            holders = await _holders(connection)
            if loop.time() > deadline:
                raise LogUnavailableError(f"{change} got no lock; held by {'; '.join(holders) or error}") from error
            _log.warning("migration_waits_for_lock", change=change, held_by=holders)
        await asyncio.sleep(LOCK_PAUSE_S)


async def _holders(connection: asyncpg.Connection) -> list[str]:
    rows = await connection.fetch(STATEMENTS["find_lock_holders"], LOCK_TIMEOUT_S)
    return [
        f"process {row['pid']} of Postgres ({row['application_name'] or 'no name'}, {row['state'] or 'not to be seen'}"
        + (f", in a transaction for {row['open_for_s']} s)" if row["open_for_s"] is not None else ")")
        for row in rows
    ]
