"""Reads the model versions."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from modelbox_events import Position
from modelbox_projections.model_versions import STATEMENTS
from modelbox_projections.objects.queries import Objects


class ModelVersionRow(msgspec.Struct, frozen=True):
    """A model version with the unique tags it holds, and what it was made from as far as that is known."""

    id: UUID
    model_id: UUID
    namespace: str
    version: str
    name: str
    description: str
    framework: str
    unique_tags: list[str]
    experiment_id: UUID | None
    run_id: UUID | None
    checkpoint_id: UUID | None
    labels: dict[str, str]
    deleted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    created_position: Position


class ModelVersions(Objects[ModelVersionRow]):
    """The view of model versions."""

    row_type: ClassVar = ModelVersionRow
    statements: ClassVar = STATEMENTS

    async def by_tag(self, model_id: UUID, tag: str) -> ModelVersionRow | None:
        """Return the model version that holds this unique tag."""
        return await self._one("get_by_tag", model_id, tag)

    async def newest(self, model_id: UUID, *, limit: int) -> list[UUID]:
        """Return the newest versions of a model, newest first, deleted ones too."""
        return [row["id"] for row in await self._fetch("newest", model_id, limit)]

    async def tags(self, model_id: UUID) -> list[str]:
        """Return the unique tags that versions of a model hold."""
        return [row["tag"] for row in await self._fetch("tags", model_id)]
