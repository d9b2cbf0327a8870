"""Folds the hyperparameters of objects."""

import math
from collections.abc import Sequence
from operator import attrgetter
from typing import Any, ClassVar, Final
from uuid import UUID

import asyncpg

from modelbox_events.types.objects import HyperparametersLogged
from modelbox_projections.hyperparameters import STATEMENTS
from modelbox_projections.objects.creations import created_id, creations_with
from modelbox_projections.projection import DecodedEvent, Projection, json_text, names_of, write_rows

Row = tuple[UUID, str, str, float | None, int]
"""Object, name, the value's JSON text, the value if it is a number, the position at which it was written."""

_CREATIONS: Final = creations_with("hyperparameters")
_hyperparameters: Final = attrgetter("hyperparameters")


def fold(events: Sequence[DecodedEvent]) -> list[Row]:
    """Return the last value of each hyperparameter that the events write."""
    last: dict[tuple[UUID, str], tuple[Any, int]] = {}
    for event in events:
        data = event.data
        if isinstance(data, HyperparametersLogged):
            object_id, written = data.object_id, data.hyperparameters
        else:
            object_id, written = created_id(data), _hyperparameters(data)
        for name, value in written.items():
            last[object_id, name] = (value, event.position)
    return [(*place, json_text(value), _number(value), at) for place, (value, at) in last.items()]


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:  # a whole number beyond every double
        return math.copysign(math.inf, value)


class HyperparametersProjection(Projection):
    """The hyperparameters of every object: the last value of each name."""

    name: ClassVar = "hyperparameters"
    code_version: ClassVar = 2
    event_types: ClassVar = names_of(HyperparametersLogged, *_CREATIONS)
    tables: ClassVar = ("hyperparameters",)
    relations: ClassVar = ("hyperparameters",)
    statements: ClassVar = STATEMENTS

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        """Write what these events change."""
        await write_rows(connection, STATEMENTS["upsert"], fold(events))
