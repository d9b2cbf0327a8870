"""Folds the metadata of objects."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import ClassVar, Final
from uuid import UUID

import asyncpg

from modelbox_events.types.metadata import MetadataRemoved, MetadataUpdated
from modelbox_projections.metadata import STATEMENTS
from modelbox_projections.objects.creations import created_id, creations_with
from modelbox_projections.projection import DecodedEvent, Projection, json_text, names_of, write_rows

Row = tuple[UUID, str, str | None, datetime, int]
"""Object, key, the value's JSON text, when and at which position it was written; no text where it was taken away."""

_CREATIONS: Final = creations_with("metadata")
_metadata: Final = attrgetter("metadata")


def fold(events: Sequence[DecodedEvent]) -> list[Row]:
    """Return the last value of each key that the events write or take away."""
    last: dict[tuple[UUID, str], tuple[str | None, datetime, int]] = {}
    for event in events:
        data = event.data
        when = (event.recorded.recorded_at, event.position)
        if isinstance(data, MetadataRemoved):
            last.update({(data.object_id, key): (None, *when) for key in data.keys})
            continue
        if isinstance(data, MetadataUpdated):
            object_id, written = data.object_id, data.metadata
        else:
            object_id, written = created_id(data), _metadata(data)
        for key, value in written.items():
            last[object_id, key] = (json_text(value), *when)
    return [(*place, *row) for place, row in last.items()]


class MetadataProjection(Projection):
    """The metadata of every object: the last value of each key."""

    name: ClassVar = "metadata"
    code_version: ClassVar = 4
    event_types: ClassVar = names_of(MetadataUpdated, MetadataRemoved, *_CREATIONS)
    tables: ClassVar = ("metadata",)
    relations: ClassVar = ("metadata",)
    statements: ClassVar = STATEMENTS

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        """Write what these events change."""
        rows = fold(events)
        await write_rows(connection, STATEMENTS["upsert"], [row for row in rows if row[2] is not None])
        await write_rows(connection, STATEMENTS["remove"], [row[:2] for row in rows if row[2] is None])
