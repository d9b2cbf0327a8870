"""Folds which namespaces there are."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Final

import asyncpg

from modelbox_events.event import Kind
from modelbox_events.types.objects import ObjectDeleted, ObjectRestored
from modelbox_projections.namespaces import STATEMENTS
from modelbox_projections.objects.creations import CREATING, KIND_BY_CREATION
from modelbox_projections.projection import DecodedEvent, Projection, names_of, write_rows

Row = tuple[str, Kind, int, datetime, datetime, int, int]
"""Name, kind, objects of it that came less those that went, first and last time and position."""

_DELETING: Final = names_of(ObjectDeleted)
_RESTORING: Final = names_of(ObjectRestored)


def fold(events: Sequence[DecodedEvent]) -> list[Row]:
    """Return what the events add to each namespace, of each kind."""
    rows: dict[tuple[str, Kind], Row] = {}
    for event in events:
        recorded = event.recorded
        # What brings an object into being may stand in the stream of another.
        kind = KIND_BY_CREATION.get(recorded.type, recorded.stream_type)
        at, position = recorded.recorded_at, recorded.position
        key = (recorded.namespace, kind)
        _, _, objects, first_at, _, first_position, _ = rows.get(key) or (*key, 0, at, at, position, position)
        objects += -1 if recorded.type in _DELETING else 1
        rows[key] = (*key, objects, first_at, at, first_position, position)
    return list(rows.values())


class NamespacesProjection(Projection):
    """The namespaces that ever held anything; `updated_at` is when an object last came or went."""

    name: ClassVar = "namespaces"
    code_version: ClassVar = 4
    event_types: ClassVar = CREATING | _DELETING | _RESTORING
    tables: ClassVar = ("namespace_counts",)
    relations: ClassVar = ("namespace_counts", "namespaces")
    statements: ClassVar = STATEMENTS

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        """Write what these events change."""
        await write_rows(connection, STATEMENTS["upsert"], fold(events))
