"""Datasets: what is known of each, how they are read, and what can be searched for."""

from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

import msgspec

from modelbox_events import Position
from modelbox_events.types.dataset import DatasetCreated
from modelbox_projections.datasets import STATEMENTS
from modelbox_projections.objects.object_kind import ObjectKind
from modelbox_projections.objects.queries import Objects
from modelbox_projections.search.fields import texts, wholes


class DatasetRow(msgspec.Struct, frozen=True):
    """A dataset; each of `columns` has a name, a type and a summary of its values."""

    id: UUID
    namespace: str
    name: str
    location: str
    digest: str
    columns: list[dict[str, Any]]
    row_count: int | None
    column_count: int | None
    labels: dict[str, str]
    deleted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    created_position: Position


class Datasets(Objects[DatasetRow]):
    """The view of datasets."""

    name: ClassVar = "datasets"
    row_type: ClassVar = DatasetRow


KIND: Final = ObjectKind(
    creation=DatasetCreated,
    reads=Datasets,
    code_version=3,
    statements=STATEMENTS,
    own=("location", "digest", "columns", "row_count", "column_count"),
    fields={**texts("name", "location", "digest"), **wholes("row_count", "column_count")},
    counts=True,
)
