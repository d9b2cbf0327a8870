"""Reads the models."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from modelbox_events import Position
from modelbox_projections.models import STATEMENTS
from modelbox_projections.objects.queries import Objects


class ModelRow(msgspec.Struct, frozen=True):
    """A model. `created_position` is where the log says that it was created."""

    id: UUID
    namespace: str
    name: str
    owner: str
    task: str
    description: str
    labels: dict[str, str]
    deleted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    created_position: Position


class Details(msgspec.Struct, frozen=True):
    """A model's row, its metadata as JSON by key, and whether it has files (`Artifacts` has them)."""

    row: ModelRow
    metadata: dict[str, bytes]
    has_files: bool


class Models(Objects[ModelRow]):
    """The view of models."""

    row_type: ClassVar = ModelRow
    statements: ClassVar = STATEMENTS

    async def details(self, model_id: UUID) -> Details | None:
        """Return the model with this id, its metadata and whether it has files, as of one moment."""
        rows = await self._fetch("get_details", model_id)
        if not rows:
            return None
        columns = dict(rows[0])
        keys, values = columns.pop("metadata_keys"), columns.pop("metadata_values")
        has_files = columns.pop("has_files")
        metadata = {key: value.encode() for key, value in zip(keys, values, strict=True)}
        return Details(self._row(columns), metadata, has_files)
