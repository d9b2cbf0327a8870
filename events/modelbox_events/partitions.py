"""Keeps partitions ahead of the head, so that an append never waits for one.

Must not know: what the partitions hold.
"""

import asyncio
from typing import Final

import asyncpg
import structlog

from modelbox_events.database import Database
from modelbox_events.errors import LogUnavailableError
from modelbox_events.sql import STATEMENTS

EVENT_PARTITION_ROWS: Final = 10_000_000
EVENT_PARTITIONS_AHEAD: Final = 2
IDEMPOTENCY_DAYS_AHEAD: Final = 3
IDEMPOTENCY_DAYS_KEPT: Final = 7
CHECK_INTERVAL_S: Final = 60.0

_log = structlog.get_logger()


async def ensure_partitions(database: Database) -> None:
    """Create the partitions that the next appends need and drop idempotency keys older than they are kept."""
    async with database.acquire() as connection:
        created = await connection.fetchval(
            STATEMENTS["ensure_partitions"],
            EVENT_PARTITIONS_AHEAD, EVENT_PARTITION_ROWS, IDEMPOTENCY_DAYS_AHEAD, IDEMPOTENCY_DAYS_KEPT,
        )  # fmt: skip
    if created:
        _log.info("partitions_created", count=created)


async def keep_partitions_ahead(database: Database) -> None:
    """Run `ensure_partitions` once a minute, until cancelled."""
    while True:
        await asyncio.sleep(CHECK_INTERVAL_S)
        try:
            await ensure_partitions(database)
        except (LogUnavailableError, asyncpg.PostgresError) as error:
            # Two partitions are ahead, so there is time; the next round tries again.
            _log.error("partitions_not_created", error=str(error))
