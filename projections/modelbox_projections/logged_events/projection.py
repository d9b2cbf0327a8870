"""Folds the events that users logged on objects."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

import asyncpg

from modelbox_events.types.objects import EventLogged
from modelbox_projections.logged_events import STATEMENTS
from modelbox_projections.projection import DecodedEvent, Projection, json_text, names_of, write_rows


def fold(events: Sequence[DecodedEvent]) -> list[tuple[Any, ...]]:
    """Return the logged events that the events bring, each id once: the first time counts."""
    rows: dict[UUID, tuple[Any, ...]] = {}
    for event in events:
        recorded = event.recorded
        if isinstance(data := event.data, EventLogged) and data.id not in rows:
            what = (data.name, data.source, data.wallclock, json_text(data.metadata))
            rows[data.id] = (data.id, data.object_id, *what, recorded.recorded_at, recorded.position)
    return list(rows.values())


class LoggedEventsProjection(Projection):
    """The events logged on every object."""

    name: ClassVar = "logged_events"
    code_version: ClassVar = 1
    event_types: ClassVar = names_of(EventLogged)
    tables: ClassVar = ("logged_events",)
    relations: ClassVar = ("logged_events",)
    statements: ClassVar = STATEMENTS

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        """Write what these events change."""
        await write_rows(connection, STATEMENTS["insert"], fold(events))
