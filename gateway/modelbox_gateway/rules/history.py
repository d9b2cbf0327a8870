"""What a change event gave another value: the fields of an object, each with what it was and what it became."""

from collections.abc import Iterator
from typing import Final

from modelbox_events.event import ChangeEvent
from modelbox_events.registry import REGISTRY
from modelbox_events.types.objects import ObjectDeleted, ObjectRestored, ObjectUpdated
from modelbox_gateway.rules.kinds import (
    FieldChange,
    KindRules,
    WithLabels,
    events_about,
    own_creations,
    rules_of,
    type_names,
)
from modelbox_gateway.rules.update import TEXTS

_KIND_OF: Final[dict[type[ChangeEvent], KindRules]] = {
    event: rules_of(kind) for kind in REGISTRY.kinds for event in (*events_about(kind), *rules_of(kind).events)
}

CREATIONS: Final = type_names(*own_creations())
"""The types that create an object in its own stream; a model version begins in its model's."""

OWN_TYPES: Final = (
    *CREATIONS,
    *type_names(ObjectUpdated, ObjectDeleted, ObjectRestored),
    *(name for kind in sorted(REGISTRY.kinds) for name in type_names(*rules_of(kind).events)),
)
"""The types of an object's own stream that change a field."""


def changes_of(event: ChangeEvent) -> Iterator[FieldChange]:
    """Give the fields that an event changed, the last first; of a creation, that the object is there, and its tags."""
    match event:
        case ObjectUpdated():
            for field, value in written_by(event).items():
                yield FieldChange(field, None, value, asks=True)
        case ObjectDeleted() | ObjectRestored():
            deleted = isinstance(event, ObjectDeleted)
            yield FieldChange("deleted", _truth(not deleted), _truth(deleted))
        case _ if (kind := _KIND_OF.get(type(event))) is not None:
            yield from kind.changes(event)
        case _:
            return


def written_by(event: ChangeEvent) -> dict[str, str | None]:
    """Return what stands in each field after an event that wrote it; None where it was taken away."""
    labels: dict[str, str | None] = {}
    if isinstance(event, ObjectUpdated):
        labels = {f"labels.{name}": None for name in event.labels_removed}
    elif type(event).__name__ not in REGISTRY.creations:
        return {change.field: change.new for change in changes_of(event)}
    if isinstance(event, WithLabels):
        labels |= {f"labels.{name}": value for name, value in event.labels.items()}
    texts = {name: text for name in TEXTS if (text := getattr(event, name, None)) is not None}
    return {**texts, **labels}


def _truth(value: bool) -> str:  # noqa: FBT001  # it is the value
    return str(value).lower()
