"""Upkeep of the log: partitions ahead of the head, no idempotency key kept for ever, and a look at its time."""

import asyncio
from typing import Final

import structlog

from modelbox_events.clock import AHEAD_S_MAX, ahead_s
from modelbox_events.database import Database
from modelbox_events.errors import LogUnavailableError
from modelbox_events.head import Head
from modelbox_events.sql import STATEMENTS

EVENT_PARTITION_ROWS: Final = 100_000_000
"""Large, for a look-up by stream asks every partition: at 100 of them it takes three times as long as at one."""
EVENT_PARTITIONS_AHEAD: Final = 2
KEYS_KEPT_S: Final = 7 * 86_400.0
"""How long a call may be repeated with its key and find its first result, in seconds that the service ran."""
INTERVAL_S: Final = 60.0
"""How often a process does the upkeep."""

_log = structlog.get_logger()


async def ensure_partitions(database: Database) -> None:
    """Create the partitions that the next appends need."""
    async with database.acquire() as connection:
        created = await connection.fetchval(
            STATEMENTS["ensure_partitions"], EVENT_PARTITIONS_AHEAD, EVENT_PARTITION_ROWS
        )
    if created:
        _log.info("partitions_created", count=created)


async def forget_keys(database: Database) -> bool:
    """Count what time went by, and forget the older portion of the idempotency keys once that is `KEYS_KEPT_S`.

    Postgres keeps count, of all processes together and by its own clock, and no call counts for more than the time
    between two of them: so a clock that jumps forgets nothing. A key is kept for `KEYS_KEPT_S` of the service's running
    time, and at most twice that.
    """
    async with database.acquire() as connection:
        return bool(await connection.fetchval(STATEMENTS["forget_keys"], KEYS_KEPT_S, INTERVAL_S))


async def look_at_clock(database: Database, head: Head) -> None:
    """Tell `head` how far the log's time is ahead of the clock, and warn of more than clocks are stepped by."""
    head.ahead_s = await ahead_s(database)
    if head.ahead_s > AHEAD_S_MAX:
        remedy = "wait until the clock is there, or run: modelbox log correct-clock"
        _log.warning("log_time_ahead_of_clock", ahead_s=round(head.ahead_s, 1), remedy=remedy)


async def keep_up(database: Database, head: Head) -> None:
    """Do all of it once a minute, until cancelled."""
    while True:
        await asyncio.sleep(INTERVAL_S)
        try:
            await look_at_clock(database, head)
            await ensure_partitions(database)
            if await forget_keys(database):
                _log.info("old_keys_forgotten")
        except LogUnavailableError as error:
            # Two partitions are ahead, so there is time; the next round tries again.
            _log.error("upkeep_failed", error=str(error))
