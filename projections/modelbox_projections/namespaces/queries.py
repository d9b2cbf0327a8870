"""Reads the namespaces."""

from datetime import datetime

import msgspec

from modelbox_events import Database, Position
from modelbox_projections.namespaces import STATEMENTS


class NamespaceRow(msgspec.Struct, frozen=True):
    """A namespace and how many models, experiments and datasets it holds that are not deleted."""

    name: str
    models: int
    experiments: int
    datasets: int
    created_at: datetime
    updated_at: datetime
    created_position: Position


class Namespaces:
    """The view of namespaces."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database

    async def list(self, *, limit: int, after: str = "") -> list[NamespaceRow]:
        """Return the first namespaces whose name comes after `after`, by name (code point order)."""
        async with self._database.acquire() as connection:
            rows = await connection.fetch(STATEMENTS["list"], after, limit)
        return [NamespaceRow(**row) for row in rows]

    async def holds_anything(self, name: str, *, recursive: bool) -> bool:
        """Tell whether a namespace or, if `recursive`, one below it holds anything that is not deleted."""
        async with self._database.acquire() as connection:
            return bool(await connection.fetchval(STATEMENTS["holds"], name, recursive))
