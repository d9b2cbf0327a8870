"""Folds the metadata of objects.

Must not know: who asks for it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
import msgspec

from modelbox_events.types import MetadataUpdated, ModelCreated, ModelVersionCreated
from modelbox_projections.metadata import STATEMENTS
from modelbox_projections.projection import DecodedEvent, Projection, names_of, write_rows

Row = tuple[UUID, str, str, datetime]
"""Object, key, the value's JSON text, when it was written."""

_encode = msgspec.json.Encoder().encode


def fold(events: Sequence[DecodedEvent]) -> list[Row]:
    """Return the last value of each key that the events write."""
    last: dict[tuple[UUID, str], tuple[Any, datetime]] = {}
    for event in events:
        match event.data:
            case ModelCreated() as data:
                object_id, written = data.model_id, data.metadata
            case ModelVersionCreated() as data:
                object_id, written = data.model_version_id, data.metadata
            case MetadataUpdated() as data:
                object_id, written = data.object_id, data.metadata
            case _:
                continue
        for key, value in written.items():
            last[object_id, key] = (value, event.recorded.recorded_at)
    return [(*place, _encode(value).decode(), at) for place, (value, at) in last.items()]


class MetadataProjection(Projection):
    """The metadata of every object: the last value of each key."""

    name: ClassVar = "metadata"
    code_version: ClassVar = 1
    event_types: ClassVar = names_of(ModelCreated, ModelVersionCreated, MetadataUpdated)
    tables: ClassVar = ("metadata",)
    relations: ClassVar = ("metadata",)
    statements: ClassVar = STATEMENTS

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        """Write what these events change."""
        await write_rows(connection, STATEMENTS["upsert"], fold(events))
