"""Reads the models."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from modelbox_events import Position
from modelbox_projections.limits import POSITION_MAX
from modelbox_projections.models import STATEMENTS
from modelbox_projections.objects.queries import DetailedObjects


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


class Models(DetailedObjects[ModelRow]):
    """The view of models."""

    row_type: ClassVar = ModelRow
    statements: ClassVar = STATEMENTS

    async def list(self, namespace: str, *, limit: int, before: Position | None = None) -> list[ModelRow]:
        """Return the newest models, newest first; of a further page, those created before the last one's position."""
        rows = await self._fetch("list", namespace, POSITION_MAX if before is None else before, limit)
        return [self._row(row) for row in rows]
