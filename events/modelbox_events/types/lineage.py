"""What things are made of: datasets, and which object was made with which."""

from typing import Any
from uuid import UUID

import msgspec

from modelbox_events.event import ChangeEvent


class DatasetColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a dataset; `summary` is what is known of its values, any JSON."""

    name: str
    type: str
    summary: Any


class DatasetCreated(ChangeEvent, frozen=True, kw_only=True):
    """A dataset was registered; name and digest (`algorithm:hexadecimal`, may be empty) make it."""

    dataset_id: UUID
    name: str
    location: str
    digest: str
    columns: list[DatasetColumn]
    row_count: int | None
    column_count: int | None
    labels: dict[str, str]
    metadata: dict[str, Any]


class LineageLinked(ChangeEvent, frozen=True, kw_only=True):
    """An object was made with another: `from_id` was used, `to_id` came of it. Recorded in the latter's stream."""

    from_id: UUID
    to_id: UUID
    relation: str
