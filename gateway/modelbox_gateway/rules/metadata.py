"""The metadata of any object: which keys a request writes, and which it takes away."""

from collections.abc import Sequence
from typing import Any

from modelbox_events.event import NewEvent, StreamRef
from modelbox_events.types.metadata import MetadataRemoved, MetadataUpdated


def metadata_changed(parent: StreamRef, metadata: dict[str, Any], *, removed: Sequence[str] = ()) -> list[NewEvent]:
    """Return what the log records of keys that are written, and of others that are taken away."""
    events: list[NewEvent] = []
    if metadata:
        events.append(NewEvent(MetadataUpdated(object_id=parent.id, metadata=metadata)))
    if removed:
        events.append(NewEvent(MetadataRemoved(object_id=parent.id, keys=list(removed))))
    return events
