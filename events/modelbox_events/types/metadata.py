"""What happens to the metadata of an object."""

from typing import Any
from uuid import UUID

from modelbox_events.event import ChangeEvent


class MetadataUpdated(ChangeEvent, frozen=True, kw_only=True):
    """Keys of an object's metadata were written; each value is any JSON and replaces the key's earlier value."""

    object_id: UUID
    metadata: dict[str, Any]
