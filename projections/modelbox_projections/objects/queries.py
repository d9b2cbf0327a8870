"""Reads the objects of one kind.

Must not know: any kind of object.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Generic, Protocol, TypeVar
from uuid import UUID

import asyncpg
import msgspec

from modelbox_events import Database, Position
from modelbox_projections.objects.columns import json_columns, select_of


class ObjectRow(Protocol):
    """What is known of an object of any kind; each kind's row has more."""

    @property
    def id(self) -> UUID:
        """Its id."""
        ...

    @property
    def namespace(self) -> str:
        """Where it is."""
        ...

    @property
    def labels(self) -> dict[str, str]:
        """Its labels."""
        ...

    @property
    def deleted_at(self) -> datetime | None:
        """When it was deleted, if it is."""
        ...

    @property
    def created_at(self) -> datetime:
        """When it was created."""
        ...

    @property
    def updated_at(self) -> datetime:
        """When it, or what hangs on it, last changed."""
        ...

    @property
    def created_position(self) -> Position:
        """Where the log says that it was created."""
        ...


Row_co = TypeVar("Row_co", bound=ObjectRow, covariant=True)


class Objects(Generic[Row_co]):
    """The view of the objects of one kind.

    Attributes:
        name: Its name in schema `modelbox_views`.
        row_type: What is known of one: a Struct whose fields are the view's columns, in their order.
    """

    name: ClassVar[str]
    row_type: ClassVar[type[Any]]

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database
        self._of_many = select_of(self.name, self.row_type)
        self._json_columns = json_columns(self.row_type)

    async def get(self, object_id: UUID) -> Row_co | None:
        """Return the object with this id, also when it is deleted."""
        return (await self.of_many([object_id])).get(object_id)

    async def of_many(self, object_ids: Sequence[UUID]) -> dict[UUID, Row_co]:
        """Return those of these objects that there are, in the order of the ids, deleted or not."""
        found = {row["id"]: row for row in await self._fetch(self._of_many, list(object_ids))}
        return {object_id: self._row(found[object_id]) for object_id in object_ids if object_id in found}

    async def _fetch(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        async with self._database.acquire() as connection:
            return await connection.fetch(statement, *arguments)

    async def _one(self, statement: str, *arguments: Any) -> Row_co | None:
        rows = await self._fetch(statement, *arguments)
        return self._row(rows[0]) if rows else None

    def _row(self, record: asyncpg.Record | Mapping[str, Any]) -> Row_co:
        columns = dict(record)
        for name in self._json_columns:
            if (text := columns[name]) is not None:
                columns[name] = msgspec.json.decode(text)
        row: Row_co = self.row_type(**columns)
        return row
