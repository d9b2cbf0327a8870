"""Reads the model versions."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from modelbox_events import Database, Position
from modelbox_projections.details import Details, details_of
from modelbox_projections.limits import POSITION_MAX
from modelbox_projections.model_versions import STATEMENTS


class ModelVersionRow(msgspec.Struct, frozen=True):
    """A model version with the unique tags it holds. `created_position` is where the log says that it was created."""

    id: UUID
    model_id: UUID
    namespace: str
    version: str
    name: str
    description: str
    framework: str
    unique_tags: list[str]
    created_at: datetime
    updated_at: datetime
    created_position: Position


class ModelVersions:
    """The view of model versions."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database

    async def get(self, model_version_id: UUID) -> ModelVersionRow | None:
        """Return the model version with this id."""
        return await self._one("get", model_version_id)

    async def details(self, model_version_id: UUID) -> Details[ModelVersionRow] | None:
        """Return the model version with this id, its metadata and whether it has files, as of one moment."""
        async with self._database.acquire() as connection:
            record = await connection.fetchrow(STATEMENTS["get_details"], model_version_id)
        return details_of(ModelVersionRow, record) if record else None

    async def by_version(self, model_id: UUID, version: str) -> ModelVersionRow | None:
        """Return the model version with this version."""
        return await self._one("get_by_version", model_id, version)

    async def by_tag(self, model_id: UUID, tag: str) -> ModelVersionRow | None:
        """Return the model version that holds this unique tag."""
        return await self._one("get_by_tag", model_id, tag)

    async def list(self, model_id: UUID, *, limit: int, before: Position | None = None) -> list[ModelVersionRow]:
        """Return the newest model versions, newest first; of a further page, those before the last one's position."""
        async with self._database.acquire() as connection:
            rows = await connection.fetch(
                STATEMENTS["list"], model_id, POSITION_MAX if before is None else before, limit
            )
        return [ModelVersionRow(**row) for row in rows]

    async def _one(self, statement: str, *arguments: Any) -> ModelVersionRow | None:
        async with self._database.acquire() as connection:
            row = await connection.fetchrow(STATEMENTS[statement], *arguments)
        return ModelVersionRow(**row) if row else None
