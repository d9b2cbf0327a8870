"""The lifecycle of any object: it can be deleted and restored, any number of times; its history stays.

`decide_…(state, object_id)` gives the events to append, none if it is so already; `evolve(state, event)` gives the
state after an event. All are pure. Must not know: the log, the wire, the clock.
"""

from typing import Final
from uuid import UUID

import msgspec

from modelbox_events.event import ChangeEvent, NewEvent, StreamRef
from modelbox_events.ids import object_id as id_of
from modelbox_events.types.objects import ObjectDeleted, ObjectRestored

DELETION: Final = "object_deletion"
RESTORATION: Final = "object_restoration"
LIFECYCLE_TYPES: Final = (ObjectDeleted.__name__, ObjectRestored.__name__)


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
        return _numbered(stream, RESTORATION, state.deletions)
    return _numbered(stream, DELETION, state.deletions + 1)


def unless_deleted(stream: StreamRef, state: Lifecycle) -> StreamRef:
    """Return the stream that is absent only if the object is not deleted; `state` may be out of date.

    Of an object that is not deleted it is the one that the next deletion opens; of a deleted one it is that of its
    deletion, which exists.
    """
    return _numbered(stream, DELETION, state.deletions if state.deleted else state.deletions + 1)


def first_deletion(stream: StreamRef) -> StreamRef:
    """Return the stream that the first deletion of the object opened, if it was ever deleted."""
    return _numbered(stream, DELETION, 1)


def _numbered(stream: StreamRef, kind: str, number: int) -> StreamRef:
    return StreamRef(stream.namespace, kind, id_of(kind, str(stream.id), str(number)))
