"""Upkeep of the log's tables: partitions ahead of the head, and no idempotency key kept for ever.

Must not know: what the partitions hold.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg
import structlog

from modelbox_events.database import Database
from modelbox_events.errors import LogUnavailableError
from modelbox_events.sql import STATEMENTS

EVENT_PARTITION_ROWS: Final = 10_000_000
EVENT_PARTITIONS_AHEAD: Final = 2
KEYS_KEPT: Final = timedelta(days=7)
"""How long a call may be repeated with its key and find its first result."""
_KEYS_PORTION: Final = 1_000
_INTERVAL_S: Final = 60.0

_log = structlog.get_logger()


async def ensure_partitions(database: Database) -> None:
    """Create the partitions that the next appends need."""
    async with database.acquire() as connection:
        created = await connection.fetchval(
            STATEMENTS["ensure_partitions"], EVENT_PARTITIONS_AHEAD, EVENT_PARTITION_ROWS
        )
    if created:
        _log.info("partitions_created", count=created)


async def forget_keys(database: Database, *, before: datetime) -> int:
    """Remove the idempotency keys recorded before a time, a portion at a time; return how many."""
    removed = 0
    while True:
        async with database.acquire() as connection:
            status = await connection.execute(STATEMENTS["forget_keys"], before, _KEYS_PORTION)
        count = int(status.split()[-1])
        removed += count
        if count < _KEYS_PORTION:
            return removed


async def keep_up(database: Database) -> None:
    """Do both once a minute, until cancelled."""
    while True:
        await asyncio.sleep(_INTERVAL_S)
        try:
            await ensure_partitions(database)
            await forget_keys(database, before=datetime.now(UTC) - KEYS_KEPT)
        except (LogUnavailableError, asyncpg.PostgresError) as error:
            # Two partitions are ahead, so there is time; the next round tries again.
            _log.error("upkeep_failed", error=str(error))
