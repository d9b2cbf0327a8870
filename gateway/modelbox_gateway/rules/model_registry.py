"""The registry of a model: its versions and their unique tags, as its stream tells of them.

Its size does not grow with the number of versions.
"""

from types import MappingProxyType
from typing import Final
from uuid import UUID

import msgspec

from modelbox_events.event import ChangeEvent, StreamRef
from modelbox_events.types.model import ModelCreated
from modelbox_events.types.model_version import ModelVersionCreated, UniqueTagMoved, UniqueTagRemoved
from modelbox_gateway.rules.aggregate import Aggregate, numbered
from modelbox_gateway.rules.kinds import type_names

CLAIM: Final = "model_registry_change"
REGISTRY_TYPES: Final = type_names(ModelCreated, ModelVersionCreated, UniqueTagMoved, UniqueTagRemoved)
"""The event types of a model's stream that `evolve` folds; what is logged on a model is none of the registry's."""

_NO_TAGS: Final = MappingProxyType[str, UUID]({})
_NUMBER_DIGITS_MAX: Final = 18


class ModelState(msgspec.Struct, frozen=True):
    """What the rules need to know of a model.

    `tags` says where each was last set: that model version holds it, unless it is deleted.
    `changes` counts the registry's events: it tells two states apart.
    """

    name: str | None = None
    last_number: int = 0
    tags: MappingProxyType[str, UUID] = _NO_TAGS
    changes: int = 0


def evolve(state: ModelState, event: ChangeEvent) -> ModelState:
    """Return the state after the event; an event that is none of the registry's changes nothing."""
    name, last_number, tags = state.name, state.last_number, state.tags
    match event:
        case ModelCreated():
            name = event.name
        case ModelVersionCreated():
            last_number = max(last_number, _number(event.version))
            if event.unique_tags:
                tags = MappingProxyType({**tags, **dict.fromkeys(event.unique_tags, event.model_version_id)})
        case UniqueTagMoved():
            tags = MappingProxyType({**tags, event.tag: event.model_version_id})
        case UniqueTagRemoved():
            tags = MappingProxyType({tag: holder for tag, holder in tags.items() if tag != event.tag})
        case _:
            return state
    return ModelState(name, last_number, tags, state.changes + 1)


def claim(stream: StreamRef, state: ModelState) -> StreamRef:
    """Return the stream that one change of the registry in this state opens; of two such changes the log takes one."""
    return numbered(stream, CLAIM, state.changes)


def _number(version: str) -> int:
    # Only a number written as we would write it counts: "007" and "1.0" are names that a caller chose.
    if len(version) <= _NUMBER_DIGITS_MAX and version.isascii() and version.isdecimal() and version[0] != "0":
        return int(version)
    return 0


MODEL_REGISTRY: Final = Aggregate("model_registry_claims", ModelState(), evolve, REGISTRY_TYPES, claim)
"""The versions and unique tags of a model."""
