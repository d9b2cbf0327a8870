"""The fork of a log: one epoch ends at its head, and the next begins."""

from uuid import uuid4

from modelbox_events.administration import locked_head, record, refuse_reason
from modelbox_events.epochs import Epoch
from modelbox_events.sql import STATEMENTS
from modelbox_events.types.log import LogForked


async def fork(dsn: str, *, reason: str) -> Epoch:
    """End the log's epoch at its head and begin another, which an event at the next position records.

    Processes that run learn it within a second: their tokens and their feed are the new epoch's from then on.

    Args:
        dsn: Where Postgres is; its account must own the log's tables or be superuser.
        reason: Why, for whoever reads the log; 1 to `REASON_CHARS_MAX` characters.

    Raises:
        InvalidEventError: The reason is missing or too long.
        LogUnavailableError: Postgres does not answer, or somebody holds the head.
    """
    refuse_reason(reason)
    async with locked_head(dsn) as (connection, head):
        [row] = await connection.fetch(STATEMENTS["begin_epoch"], uuid4(), head.position, reason)
        begun = Epoch(*row)
        event = LogForked(log_id=begun.log_id, ancestor=head.log_id, position=head.position, reason=reason)
        await record(connection, head, event)
    return begun
