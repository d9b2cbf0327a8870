"""The lifecycle of any object: it can be deleted and restored, any number of times; its history stays."""

from typing import Final
from uuid import UUID

import msgspec

from modelbox_events.event import ChangeEvent, NewEvent, StreamRef
from modelbox_events.types.objects import ObjectDeleted, ObjectRestored
from modelbox_gateway.errors import InvalidFieldError
from modelbox_gateway.rules.aggregate import Aggregate, numbered
from modelbox_gateway.rules.kinds import rules_of, type_names

DELETION: Final = "object_deletion"
RESTORATION: Final = "object_restoration"
LIFECYCLE_TYPES: Final = type_names(ObjectDeleted, ObjectRestored)


class Lifecycle(msgspec.Struct, frozen=True):
    """Whether an object is deleted, and how often it was."""

    deletions: int = 0
    deleted: bool = False


def decide_delete(state: Lifecycle, object_id: UUID) -> list[NewEvent]:
    """Delete the object unless it is deleted."""
    return [] if state.deleted else [NewEvent(ObjectDeleted(object_id=object_id))]


def decide_restore(state: Lifecycle, object_id: UUID) -> list[NewEvent]:
    """Restore the object if it is deleted."""
    return [NewEvent(ObjectRestored(object_id=object_id))] if state.deleted else []


def evolve(state: Lifecycle, event: ChangeEvent) -> Lifecycle:
    """Return the state after the event; an event that neither deletes nor restores changes nothing."""
    match event:
        case ObjectDeleted():
            return Lifecycle(state.deletions + 1, deleted=True)
        case ObjectRestored():
            return Lifecycle(state.deletions, deleted=False)
        case _:
            return state


def claim(stream: StreamRef, state: Lifecycle) -> StreamRef:
    """Return the stream that the next deletion or restoration opens; of two on one state the log takes one."""
    if state.deleted:
        return numbered(stream, RESTORATION, state.deletions)
    return numbered(stream, DELETION, state.deletions + 1)


def unless_deleted(stream: StreamRef, state: Lifecycle) -> StreamRef:
    """Return the stream that is absent only if the object is not deleted; `state` may be out of date.

    Of an object that is not deleted it is the one that the next deletion opens; of a deleted one it is that of its
    deletion, which exists.
    """
    return numbered(stream, DELETION, state.deletions if state.deleted else state.deletions + 1)


def first_deletion(stream: StreamRef) -> StreamRef:
    """Return the stream that the first deletion of the object opened, if it was ever deleted."""
    return numbered(stream, DELETION, 1)


def refuse_part(stream: StreamRef) -> None:
    """Refuse to delete or restore what is a part of another object.

    Raises:
        InvalidFieldError: It is one.
    """
    kind = rules_of(stream.type)
    if kind.is_part:
        problem = f"{stream.id} is an {kind.title}, which stays; delete the object that it belongs to"
        raise InvalidFieldError("id", problem)


LIFECYCLE: Final = Aggregate("lifecycle_claims", Lifecycle(), evolve, LIFECYCLE_TYPES, claim)
"""Whether an object is deleted."""
