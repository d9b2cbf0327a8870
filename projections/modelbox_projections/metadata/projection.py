"""Folds the metadata of objects.

Must not know: who asks for it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import asyncpg

from modelbox_events.types import MetadataUpdated
from modelbox_projections.metadata import STATEMENTS
from modelbox_projections.objects.creations import CREATING, Creation, created_id
from modelbox_projections.projection import DecodedEvent, Projection, json_text, names_of, write_rows

Row = tuple[UUID, str, str, datetime, int]
"""Object, key, the value's JSON text, when and at which position it was written."""


def fold(events: Sequence[DecodedEvent]) -> list[Row]:
    """Return the last value of each key that the events write."""
    last: dict[tuple[UUID, str], tuple[Any, datetime, int]] = {}
    for event in events:
        data = event.data
        if isinstance(data, MetadataUpdated):
            object_id = data.object_id
        elif isinstance(data, Creation):
            object_id = created_id(data)
        else:
            continue
        for key, value in data.metadata.items():
            last[object_id, key] = (value, event.recorded.recorded_at, event.position)
    return [(*place, json_text(value), at, position) for place, (value, at, position) in last.items()]


class MetadataProjection(Projection):
    """The metadata of every object: the last value of each key."""

    name: ClassVar = "metadata"
    code_version: ClassVar = 3
    event_types: ClassVar = names_of(MetadataUpdated) | CREATING
    tables: ClassVar = ("metadata",)
    relations: ClassVar = ("metadata",)
    statements: ClassVar = STATEMENTS

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        """Write what these events change."""
        await write_rows(connection, STATEMENTS["upsert"], fold(events))
