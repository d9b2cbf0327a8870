"""The log's time. `recorded_at` never goes back, so a clock that was ahead for a moment leaves it in the future.

It is seen by how far the head is ahead of Postgres's clock, and healed by a correction: an event that begins a new span
of positions. Within a span time never goes back, so times are searched by span.

Must not know: Postgres.
"""

from datetime import datetime
from typing import Final

from modelbox_events.administration import locked_head, record, refuse_reason
from modelbox_events.batch import check_time
from modelbox_events.database import Database
from modelbox_events.errors import FormatLevelError
from modelbox_events.ids import Position
from modelbox_events.sql import STATEMENTS
from modelbox_events.types.log import ClockCorrected

AHEAD_S_MAX: Final = 5.0
"""How far the head may be ahead of Postgres's clock before it is warned about; clocks are stepped by less every day."""
CORRECTION_LEVEL: Final = 2
"""The format level from which a log may hold spans."""


async def ahead_s(database: Database) -> float:
    """Return by how many seconds the head's time is ahead of Postgres's clock, 0 if it is not."""
    async with database.acquire() as connection:
        return float(await connection.fetchval(STATEMENTS["read_clock"]))


async def correct_clock(dsn: str, *, reason: str) -> datetime | None:
    """Set the log's time back to Postgres's clock; return what it was ahead to, None if it was not ahead.

    Args:
        dsn: Where Postgres is; its account must own the log's tables or be superuser.
        reason: Why, for whoever reads the log.

    Raises:
        InvalidEventError: The reason is missing or too long.
        FormatLevelError: A process that lives may not understand it yet.
        LogUnavailableError: Postgres does not answer, or somebody holds the head.
    """
    refuse_reason(reason)
    async with locked_head(dsn) as (connection, head):
        if head.format_level < CORRECTION_LEVEL:
            raise FormatLevelError("a correction of the clock", CORRECTION_LEVEL, head.format_level)
        if not await connection.fetchval(STATEMENTS["read_clock"]):
            return None
        await connection.execute(STATEMENTS["begin_span"], head.position)
        await record(connection, head, ClockCorrected(ahead_until=head.recorded_at, reason=reason))
        return head.recorded_at


async def position_before(database: Database, time: datetime) -> Position:
    """Return the position before the first event, of any span, that was recorded at `time` or later.

    Where the clock was never corrected, that is the last one recorded before.

    Raises:
        InvalidEventError: The time has no zone.
    """
    check_time("time", time)
    async with database.acquire() as connection:
        head = int(await connection.fetchval(STATEMENTS["read_position"]))
        begins = [int(row[0]) for row in await connection.fetch(STATEMENTS["read_spans"])]
        for after, end in zip(begins, [*begins[1:], head], strict=True):
            low, high = after, max(after, end)
            while low < high:  # everything of the span up to low is before, everything after high is not
                middle = (low + high + 1) // 2
                if await connection.fetchval(STATEMENTS["position_before"], middle, time):
                    low = middle
                else:
                    high = middle - 1
            if low < end:
                return Position(low)
    return Position(head)
