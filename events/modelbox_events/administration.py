"""What an operator does to the log as a whole, as the owner of its tables, under the lock that every append takes."""

import contextlib
from collections.abc import AsyncIterator
from typing import Final

import asyncpg

from modelbox_events.batch import Batch, Prepared
from modelbox_events.database import translated
from modelbox_events.errors import InvalidEventError, LogUnavailableError
from modelbox_events.event import ANY_VERSION, Append, AuthType, ChangeEvent, Context, NewEvent
from modelbox_events.head import CHANNEL
from modelbox_events.outcomes import Outcome
from modelbox_events.read import LogHead
from modelbox_events.registry import REGISTRY
from modelbox_events.session import open_session
from modelbox_events.sql import STATEMENTS
from modelbox_events.types.log import log_stream

LOCK_TIMEOUT_S: Final = 5.0
"""How long an operation waits for the head; an append holds it for milliseconds."""
REASON_CHARS_MAX: Final = 1_000
"""The reason of an operation, in characters."""
OPERATION_TIMEOUT_S: Final = 60.0
_OPERATOR: Final = Context(actor="operator", auth_type=AuthType.SYSTEM)


@contextlib.asynccontextmanager
async def locked_head(dsn: str) -> AsyncIterator[tuple[asyncpg.Connection, LogHead]]:
    """Hold the head in a transaction, which is committed, durably, unless the block raises.

    Raises:
        LogUnavailableError: Postgres does not answer, or somebody holds the head.
        NewerVersionError: The log is written by a newer version of ModelBox.
    """
    settings = {
        "synchronous_commit": "on",
        "lock_timeout": f"{LOCK_TIMEOUT_S:g}s",
        "idle_in_transaction_session_timeout": f"{OPERATION_TIMEOUT_S:g}s",
    }
    with translated():
        connection = await open_session(
            dsn, "modelbox operator", settings=settings, timeout_s=OPERATION_TIMEOUT_S, role=None
        )
        try:
            async with connection.transaction():
                row = await connection.fetchrow(STATEMENTS["lock_head"])
                if row is None:
                    raise LogUnavailableError("table modelbox.log_head is empty; restore the database")
                head = LogHead(*row)
                head.refuse_if_newer()
                yield connection, head
                await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, str(head.position))
        finally:
            connection.terminate()


def refuse_reason(reason: str) -> None:
    """Refuse a reason that says nothing or too much.

    Raises:
        InvalidEventError: It is empty or longer than `REASON_CHARS_MAX`.
    """
    if not 1 <= len(reason.strip()) <= REASON_CHARS_MAX:
        raise InvalidEventError("reason", f"has {len(reason):,} characters; say why in 1 to {REASON_CHARS_MAX:,}")


async def record(connection: asyncpg.Connection, head: LogHead, event: ChangeEvent) -> None:
    """Append an event to the log's own stream, within the transaction that holds the head."""
    append = Append(
        stream=log_stream(head.genesis), events=[NewEvent(event)], expected_version=ANY_VERSION, context=_OPERATOR
    )
    batch = Batch([Prepared(append, REGISTRY)], REGISTRY, format_level=head.format_level)
    [(outcome, *_)] = await connection.fetch(STATEMENTS["append_requests"], *batch.arguments)
    if outcome != Outcome.RECORDED:
        raise LogUnavailableError(f"the log did not take {type(event).__name__} (outcome {outcome})")
