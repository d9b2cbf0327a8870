"""Folds what is known of each model version, and which one holds which unique tag.

Must not know: who asks for it, or whether a tag may be moved: the log has decided that.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import asyncpg

from modelbox_events import RecordedEvent
from modelbox_events.types import ModelVersionCreated, UniqueTagMoved, UniqueTagRemoved
from modelbox_projections.model_versions import STATEMENTS
from modelbox_projections.projection import TOUCHING, DecodedEvent, Projection, names_of, write_rows


class Changes:
    """What events change: model versions created, when which were last changed, and the last holder of each tag."""

    def __init__(self) -> None:
        self.created: list[tuple[Any, ...]] = []
        self.touched: dict[UUID, datetime] = {}
        self.holders: dict[tuple[UUID, str], UUID | None] = {}

    def add(self, event: DecodedEvent) -> None:
        """Take one event in."""
        at = event.recorded.recorded_at
        if event.recorded.type in TOUCHING:
            if event.recorded.stream_type == "model_version":
                self.touched[event.recorded.stream_id] = at
            return
        match event.data:
            case ModelVersionCreated() as data:
                self._create(event.recorded, data)
            case UniqueTagMoved() as data:
                self.holders[data.model_id, data.tag] = data.model_version_id
                self.touched[data.model_version_id] = at
                if data.from_model_version_id is not None:
                    self.touched[data.from_model_version_id] = at
            case UniqueTagRemoved() as data:
                self.holders[data.model_id, data.tag] = None
                self.touched[data.model_version_id] = at

    def _create(self, recorded: RecordedEvent, data: ModelVersionCreated) -> None:
        identity = (data.model_version_id, data.model_id, recorded.namespace)
        about = (data.version, data.name, data.description, data.framework)
        self.created.append((*identity, *about, recorded.recorded_at, recorded.recorded_at, recorded.position))
        self.touched.pop(data.model_version_id, None)  # the statement that touches comes after the one that creates
        for tag in data.unique_tags:
            self.holders[data.model_id, tag] = data.model_version_id


class ModelVersionsProjection(Projection):
    """The model versions with their unique tags; `updated_at` is when metadata, files or tags last changed."""

    name: ClassVar = "model_versions"
    code_version: ClassVar = 1
    event_types: ClassVar = names_of(ModelVersionCreated, UniqueTagMoved, UniqueTagRemoved) | TOUCHING
    tables: ClassVar = ("model_versions", "unique_tags")
    relations: ClassVar = ("model_versions", "unique_tags")
    statements: ClassVar = STATEMENTS

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        """Write what these events change."""
        changes = Changes()
        for event in events:
            changes.add(event)
        held = [(*tag, holder) for tag, holder in changes.holders.items() if holder is not None]
        removed = [tag for tag, holder in changes.holders.items() if holder is None]
        await write_rows(connection, STATEMENTS["insert"], changes.created)
        await write_rows(connection, STATEMENTS["touch"], list(changes.touched.items()))
        await write_rows(connection, STATEMENTS["set_tags"], held)
        await write_rows(connection, STATEMENTS["remove_tags"], removed)
