"""Folds what is known of each model.

Must not know: who asks for it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import asyncpg

from modelbox_events.types import ModelCreated
from modelbox_projections.models import STATEMENTS
from modelbox_projections.projection import TOUCHING, DecodedEvent, Projection, names_of, write_rows


def fold(events: Sequence[DecodedEvent]) -> tuple[list[tuple[Any, ...]], dict[UUID, datetime]]:
    """Return the models that were created, and when which of them were last changed."""
    created: list[tuple[Any, ...]] = []
    touched: dict[UUID, datetime] = {}
    for event in events:
        recorded = event.recorded
        if recorded.type in TOUCHING:
            if recorded.stream_type == "model":
                touched[recorded.stream_id] = recorded.recorded_at
        elif isinstance(data := event.data, ModelCreated):
            about = (data.name, data.owner, data.task, data.description)
            times = (recorded.recorded_at, recorded.recorded_at, recorded.position)
            created.append((data.model_id, recorded.namespace, *about, *times))
            touched.pop(data.model_id, None)  # the statement that touches comes after the one that creates
    return created, touched


class ModelsProjection(Projection):
    """The models; `updated_at` is when its metadata or files last changed."""

    name: ClassVar = "models"
    code_version: ClassVar = 1
    event_types: ClassVar = names_of(ModelCreated) | TOUCHING
    tables: ClassVar = ("models",)
    relations: ClassVar = ("models",)
    statements: ClassVar = STATEMENTS

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        """Write what these events change."""
        created, touched = fold(events)
        await write_rows(connection, STATEMENTS["insert"], created)
        await write_rows(connection, STATEMENTS["touch"], list(touched.items()))
