"""Folds which namespaces there are.

Must not know: who asks for them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

import asyncpg

from modelbox_events.types import ModelCreated, ModelVersionCreated
from modelbox_projections.namespaces import STATEMENTS
from modelbox_projections.projection import DecodedEvent, Projection, names_of, write_rows

Row = tuple[str, int, datetime, datetime, int]
"""Name, models that came, first and last time, first position."""


def fold(events: Sequence[DecodedEvent]) -> list[Row]:
    """Return what the events add to each namespace."""
    rows: dict[str, Row] = {}
    for event in events:
        recorded = event.recorded
        name, models, first_at, _, position = rows.get(recorded.namespace) or (
            recorded.namespace, 0, recorded.recorded_at, recorded.recorded_at, recorded.position,
        )  # fmt: skip
        added = isinstance(event.data, ModelCreated)
        rows[name] = (name, models + added, first_at, recorded.recorded_at, position)
    return list(rows.values())


class NamespacesProjection(Projection):
    """The namespaces that hold anything; `updated_at` is when the last model or model version was created."""

    name: ClassVar = "namespaces"
    code_version: ClassVar = 1
    event_types: ClassVar = names_of(ModelCreated, ModelVersionCreated)
    tables: ClassVar = ("namespaces",)
    relations: ClassVar = ("namespaces",)
    statements: ClassVar = STATEMENTS

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        """Write what these events change."""
        await write_rows(connection, STATEMENTS["upsert"], fold(events))
