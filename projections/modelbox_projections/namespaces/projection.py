"""Folds which namespaces there are.

Must not know: who asks for them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Final

import asyncpg

from modelbox_events.types.dataset import DatasetCreated
from modelbox_events.types.experiment import ExperimentCreated
from modelbox_events.types.model import ModelCreated
from modelbox_events.types.objects import ObjectDeleted, ObjectRestored
from modelbox_projections.namespaces import STATEMENTS
from modelbox_projections.objects.creations import CREATING
from modelbox_projections.projection import DecodedEvent, Projection, names_of, write_rows

Row = tuple[str, int, int, int, datetime, datetime, int, int]
"""Name, models, experiments and datasets that came less those that went, first and last time and position."""

_CREATING: Final = names_of(ModelCreated, ExperimentCreated, DatasetCreated)
_DELETING: Final = names_of(ObjectDeleted)
_RESTORING: Final = names_of(ObjectRestored)
_COUNTED: Final = {"model": (1, 0, 0), "experiment": (0, 1, 0), "dataset": (0, 0, 1)}
"""What counts as one of which, by the type of its stream."""


def fold(events: Sequence[DecodedEvent]) -> list[Row]:
    """Return what the events add to each namespace."""
    rows: dict[str, Row] = {}
    for event in events:
        recorded = event.recorded
        at, name = recorded.recorded_at, recorded.namespace
        _, models, experiments, datasets, first_at, _, position, _ = rows.get(name) or (
            name, 0, 0, 0, at, at, recorded.position, recorded.position,
        )  # fmt: skip
        sign = _sign(recorded.type)
        more = _COUNTED.get(recorded.stream_type, (0, 0, 0))
        counts = (models + sign * more[0], experiments + sign * more[1], datasets + sign * more[2])
        rows[name] = (name, *counts, first_at, at, position, recorded.position)
    return list(rows.values())


def _sign(event_type: str) -> int:
    """Return whether such an event adds its stream's object to those that there are, takes it away, or neither."""
    if event_type in _DELETING:
        return -1
    return 1 if event_type in _CREATING | _RESTORING else 0


class NamespacesProjection(Projection):
    """The namespaces that ever held anything; `updated_at` is when an object last came or went."""

    name: ClassVar = "namespaces"
    code_version: ClassVar = 3
    event_types: ClassVar = CREATING | _DELETING | _RESTORING
    tables: ClassVar = ("namespaces",)
    relations: ClassVar = ("namespaces",)
    statements: ClassVar = STATEMENTS

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        """Write what these events change."""
        await write_rows(connection, STATEMENTS["upsert"], fold(events))
