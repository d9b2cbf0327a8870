"""Reads the objects of one kind.

Must not know: which kinds there are.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, Generic, TypeVar
from uuid import UUID

import asyncpg
import msgspec

from modelbox_events import Database

Row = TypeVar("Row", bound=msgspec.Struct)

_JSON_COLUMNS: Final = ("labels", "source", "columns")


class Objects(Generic[Row]):
    """The view of the objects of one kind.

    Attributes:
        row_type: What is known of one; its fields are the columns of the statements.
        statements: `of_many` reads by ids.
    """

    row_type: ClassVar[type[Any]]
    statements: ClassVar[Mapping[str, str]]

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database

    async def get(self, object_id: UUID) -> Row | None:
        """Return the object with this id, also when it is deleted."""
        return (await self.of_many([object_id])).get(object_id)

    async def of_many(self, object_ids: Sequence[UUID]) -> dict[UUID, Row]:
        """Return those of these objects that there are, in the order of the ids, deleted or not."""
        found = {row["id"]: row for row in await self._fetch("of_many", list(object_ids))}
        return {object_id: self._row(found[object_id]) for object_id in object_ids if object_id in found}

    async def _fetch(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        async with self._database.acquire() as connection:
            return await connection.fetch(self.statements[statement], *arguments)

    async def _one(self, statement: str, *arguments: Any) -> Row | None:
        rows = await self._fetch(statement, *arguments)
        return self._row(rows[0]) if rows else None

    def _row(self, record: asyncpg.Record | Mapping[str, Any]) -> Row:
        columns = dict(record)
        for name in _JSON_COLUMNS:
            if (text := columns.get(name)) is not None:
                columns[name] = msgspec.json.decode(text)
        row: Row = self.row_type(**columns)
        return row
