"""What happens to the metadata of an object. It is recorded in the object's own stream."""

from typing import Any
from uuid import UUID

from modelbox_events.event import ChangeEvent


class MetadataUpdated(ChangeEvent, frozen=True, kw_only=True):
    """Keys of an object's metadata were written; each value is any JSON and replaces the key's earlier value."""

    object_id: UUID
    metadata: dict[str, Any]


class MetadataRemoved(ChangeEvent, frozen=True, kw_only=True):
    """Keys of an object's metadata were taken away; null is a value and does not say so."""

    object_id: UUID
    keys: list[str]
