"""Reads the events that users logged."""

from datetime import UTC, datetime
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from modelbox_events import Database, Position
from modelbox_projections.logged_events import STATEMENTS

_ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
_metadata = msgspec.json.Decoder(dict[str, msgspec.Raw])


class LoggedEventSortKey(NamedTuple):
    """Orders the events logged on an object: by wallclock, those of the same wallclock as they were recorded."""

    wallclock: datetime
    position: Position


BEFORE_ALL: Final = LoggedEventSortKey(_ALWAYS, Position(0))

LIST_BYTES_MAX: Final = 16 * 1024 * 1024
"""Metadata that one list returns, unless told otherwise."""


class LoggedEventRow(msgspec.Struct, frozen=True):
    """An event that a user logged on an object; `metadata` is the JSON of each value by key."""

    id: UUID
    object_id: UUID
    name: str
    source: str
    wallclock: datetime
    metadata: dict[str, bytes]
    created_at: datetime
    created_position: Position

    @property
    def sort_key(self) -> LoggedEventSortKey:
        """Where it stands among the events of its object."""
        return LoggedEventSortKey(self.wallclock, self.created_position)


class LoggedEvents:
    """The view of logged events."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database

    async def list(
        self,
        object_id: UUID,
        *,
        since: datetime | None = None,
        limit: int,
        bytes_max: int = LIST_BYTES_MAX,
        after: LoggedEventSortKey | None = None,
    ) -> list[LoggedEventRow]:
        """Return the first events logged on an object, by wallclock.

        Args:
            object_id: The object.
            since: Only those of this wallclock or later.
            limit: At most so many.
            bytes_max: They end after the event with which their metadata crosses it, and one more.
            after: of a further page, the sort key of the last one's last event.
        """
        async with self._database.acquire() as connection:
            rows = await connection.fetch(
                STATEMENTS["list"], object_id, since or _ALWAYS, *(after or BEFORE_ALL), limit, bytes_max
            )
        return [_row(row) for row in rows]


def _row(record: asyncpg.Record) -> LoggedEventRow:
    columns = dict(record)
    columns["metadata"] = {key: bytes(value) for key, value in _metadata.decode(columns["metadata"]).items()}
    return LoggedEventRow(**columns)
