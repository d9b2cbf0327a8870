"""Reads the datasets."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from modelbox_events import Position
from modelbox_projections.datasets import STATEMENTS
from modelbox_projections.objects.queries import Objects


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

    row_type: ClassVar = DatasetRow
    statements: ClassVar = STATEMENTS
