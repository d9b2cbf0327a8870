"""Redaction: the data of an event goes, and everything else about it stays and still verifies.

For a secret that was logged, or an erasure. An event of its own says which event was redacted and why; it holds the
hash of all that stays, so that this can be checked without the data. The log itself keeps no copy. What was made of
the data elsewhere goes by rebuilding it: the views, the feed; backups made before hold it until they are deleted.
"""

from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg
import msgspec

from modelbox_events.administration import OPERATION_TIMEOUT_S, locked_head, record, refuse_reason
from modelbox_events.database import AnyConnection, Database, translated
from modelbox_events.errors import FormatLevelError, InvalidEventError, LogCorruptedError
from modelbox_events.event import json_of
from modelbox_events.hashing import SALTED
from modelbox_events.ids import Position
from modelbox_events.session import UNHURRIED, open_session
from modelbox_events.sql import STATEMENTS
from modelbox_events.types.log import EventRedacted
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_events.types.metrics import MetricsLogged
from modelbox_events.types.objects import EventLogged, HyperparametersLogged

REDACTION_LEVEL: Final = 2
"""The format level from which a log may hold redacted events."""

REDACTABLE: Final = frozenset(
    event.__name__ for event in (EventLogged, HyperparametersLogged, MetadataUpdated, MetricsLogged)
)
"""The event types whose data may go: what is logged on objects. On the others rest rules: names, numbers, states."""

Also = Callable[[AnyConnection, str, str], Awaitable[None]]
"""Told the connection, and the types of the event and of its stream."""

_decoder: Final = msgspec.json.Decoder(EventRedacted)


class Redaction(msgspec.Struct, frozen=True):
    """An event that was redacted, and the event that says so."""

    position: Position
    by: Position
    before: bool = False
    """Whether it had been redacted before it was asked for."""


async def redact(dsn: str, position: Position, *, reason: str, also: Also | None = None) -> Redaction:
    """Take the data of an event away. Asking again returns the first redaction.

    Args:
        dsn: Where Postgres is; its account must own the log's tables or be superuser.
        position: The event.
        reason: Why, for whoever reads the log; it must not repeat what is to go.
        also: Called in the same transaction, also for an event that was redacted before: what was made of it goes too.

    Raises:
        InvalidEventError: There is no such event, its type is not in `REDACTABLE`, or the reason is missing.
        FormatLevelError: A process that lives may not understand it yet.
        LogUnavailableError: Postgres does not answer, or somebody holds the head.
    """
    refuse_reason(reason)
    async with locked_head(dsn) as (connection, head):
        if head.format_level < REDACTION_LEVEL:
            raise FormatLevelError("a redaction", REDACTION_LEVEL, head.format_level)
        rows = await connection.fetch(STATEMENTS["find_redactable"], position)
        refuse_other_types(position, rows[0]["type"] if rows else None)
        [found] = rows
        if also is not None:
            await also(connection, found["type"], found["stream_type"])
        if found["redacted_by"] is not None:
            return Redaction(position, found["redacted_by"], before=True)
        await _take_away(connection, found["partition"], position, by=Position(head.position + 1))
        await connection.execute(STATEMENTS["forget_request"], position)
        [row] = await connection.fetch(STATEMENTS["read_redacted"], position)
        rest_hash = row["rest_hash"].hex()
        event = EventRedacted(position=position, type=found["type"], rest_hash=rest_hash, reason=reason)
        await record(connection, head, event)
    await _vacuum(dsn, found["partition"])
    return Redaction(position, Position(head.position + 1))


def refuse_other_types(position: Position, event_type: str | None) -> None:
    """Refuse what cannot be redacted; the type is None where there is no event.

    Raises:
        InvalidEventError: It cannot.
    """
    if event_type is None:
        raise InvalidEventError("position", f"{position} holds no event")
    if event_type not in REDACTABLE:
        kinds = ", ".join(sorted(REDACTABLE))
        raise InvalidEventError("position", f"{position} is of type {event_type}; only {kinds} can be redacted")


async def check_redacted(database: Database, position: Position) -> Redaction:
    """See that a redacted event is what the event that redacted it says.

    Raises:
        LogCorruptedError: Nothing says that it was redacted, or more of it was changed than its data.
    """
    async with database.acquire() as connection:
        row = await connection.fetchrow(STATEMENTS["read_redacted"], position)
    if row is None or row["said_type"] != EventRedacted.__name__ or row["said"] is None:
        raise LogCorruptedError(position, "its data is gone, and no event says that it was redacted")
    said = _decoder.decode(json_of(row["said"], row["said_codec"], position=row["redacted_by"]))
    if said.position != position or not row["is_gone"]:
        raise LogCorruptedError(position, f"event {row['redacted_by']} does not say that this was redacted")
    if said.rest_hash != row["rest_hash"].hex():
        raise LogCorruptedError(position, f"a column is not as it was when event {row['redacted_by']} redacted it")
    return Redaction(position, row["redacted_by"])


async def _take_away(connection: asyncpg.Connection, partition: str, position: Position, *, by: Position) -> None:
    # The guard of the table is off for this transaction alone; nobody appends meanwhile, for the head is held.
    await connection.execute(f"ALTER TABLE {partition} DISABLE TRIGGER refuse_update_or_delete")
    await connection.execute(
        f"""UPDATE {partition}
            SET data_hash = CASE digest_version WHEN {SALTED} THEN sha256(salt || data) END,
                data = NULL, salt = NULL, redacted_by = $2
            WHERE position = $1""",  # noqa: S608  # the partition's name as Postgres wrote it
        position,
        by,
    )
    await connection.execute(f"ALTER TABLE {partition} ENABLE ALWAYS TRIGGER refuse_update_or_delete")


async def _vacuum(dsn: str, partition: str) -> None:
    """Have the row that held the data removed from the table's file as soon as nobody can see it."""
    with translated():
        connection = await open_session(
            dsn, "modelbox operator", settings=UNHURRIED, timeout_s=OPERATION_TIMEOUT_S, role=None
        )
        try:
            await connection.execute(f"VACUUM {partition}")
        finally:
            connection.terminate()
