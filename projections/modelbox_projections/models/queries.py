"""Reads the models."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from modelbox_events import Database, Position
from modelbox_projections.details import Details, details_of
from modelbox_projections.limits import POSITION_MAX
from modelbox_projections.models import STATEMENTS


class ModelRow(msgspec.Struct, frozen=True):
    """A model. `created_position` is where the log says that it was created."""

    id: UUID
    namespace: str
    name: str
    owner: str
    task: str
    description: str
    created_at: datetime
    updated_at: datetime
    created_position: Position


class Models:
    """The view of models."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database

    async def get(self, model_id: UUID) -> ModelRow | None:
        """Return the model with this id."""
        return await self._one("get", model_id)

    async def details(self, model_id: UUID) -> Details[ModelRow] | None:
        """Return the model with this id, its metadata and whether it has files, as of one moment."""
        async with self._database.acquire() as connection:
            record = await connection.fetchrow(STATEMENTS["get_details"], model_id)
        return details_of(ModelRow, record) if record else None

    async def by_name(self, namespace: str, name: str) -> ModelRow | None:
        """Return the model with this name."""
        return await self._one("get_by_name", namespace, name)

    async def list(self, namespace: str, *, limit: int, before: Position | None = None) -> list[ModelRow]:
        """Return the newest models, newest first; of a further page, those created before the last one's position."""
        async with self._database.acquire() as connection:
            rows = await connection.fetch(
                STATEMENTS["list"], namespace, POSITION_MAX if before is None else before, limit
            )
        return [ModelRow(**row) for row in rows]

    async def _one(self, statement: str, *arguments: Any) -> ModelRow | None:
        async with self._database.acquire() as connection:
            row = await connection.fetchrow(STATEMENTS[statement], *arguments)
        return ModelRow(**row) if row else None
