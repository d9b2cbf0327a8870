"""What happens to datasets. Each has a stream of its own."""

from typing import Any, ClassVar, Final
from uuid import UUID

import msgspec

from modelbox_events.event import ChangeEvent, Effect, Kind, Target

DATASET: Final[Kind] = "dataset"


class DatasetColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a dataset; `summary` is what is known of its values, any JSON."""

    name: str
    type: str
    summary: Any


class DatasetCreated(ChangeEvent, frozen=True, kw_only=True):
    """A dataset was registered; name and digest (`algorithm:hexadecimal`, may be empty) make it."""

    effect: ClassVar = Effect.CREATES
    target: ClassVar = Target(DATASET, ("dataset_id",))

    dataset_id: UUID
    name: str
    location: str
    digest: str
    columns: list[DatasetColumn]
    row_count: int | None
    column_count: int | None
    labels: dict[str, str]
    metadata: dict[str, Any]
