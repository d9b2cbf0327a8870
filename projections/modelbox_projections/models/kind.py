"""Models: what is known of each, how they are read, and what can be searched for."""

from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

import msgspec

from modelbox_events import Position
from modelbox_events.types.model import ModelCreated
from modelbox_projections.models import STATEMENTS
from modelbox_projections.objects.object_kind import ObjectKind
from modelbox_projections.objects.queries import Objects
from modelbox_projections.search.fields import texts


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

    name: ClassVar = "models"
    row_type: ClassVar = ModelRow

    async def details(self, model_id: UUID) -> Details | None:
        """Return the model with this id, its metadata and whether it has files, as of one moment."""
        rows = await self._fetch(STATEMENTS["get_details"], model_id)
        if not rows:
            return None
        columns = dict(rows[0])
        keys, values = columns.pop("metadata_keys"), columns.pop("metadata_values")
        has_files = columns.pop("has_files")
        metadata = {key: value.encode() for key, value in zip(keys, values, strict=True)}
        return Details(self._row(columns), metadata, has_files)


KIND: Final = ObjectKind(
    creation=ModelCreated,
    reads=Models,
    code_version=4,
    statements=STATEMENTS,
    fields=texts("name", "owner", "task", "description"),
    counts=True,
)
