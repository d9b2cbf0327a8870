"""Reads the namespaces."""

from datetime import datetime
from typing import Final

import asyncpg
import msgspec

from modelbox_events import Database, Position
from modelbox_events.event import Kind
from modelbox_projections.namespaces import STATEMENTS
from modelbox_projections.objects.kinds import KINDS

_COUNTING: Final = [name for name, kind in KINDS.items() if kind.counts]


class NamespaceRow(msgspec.Struct, frozen=True):
    """A namespace, and how many objects it holds that are not deleted, of each kind of which it ever held one."""

    name: str
    objects: dict[Kind, int]
    created_at: datetime
    updated_at: datetime
    created_position: Position

    def count(self, kind: Kind) -> int:
        """Return how many objects of a kind it holds that are not deleted."""
        return self.objects.get(kind, 0)

    @property
    def holds_anything(self) -> bool:
        """Whether it holds anything that is not deleted, of the kinds that count."""
        return any(self.count(kind) for kind in _COUNTING)


class Namespaces:
    """The view of namespaces."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database

    async def list(self, *, limit: int, after: str = "") -> list[NamespaceRow]:
        """Return the first namespaces whose name comes after `after`, by name (code point order)."""
        async with self._database.acquire() as connection:
            rows = await connection.fetch(STATEMENTS["list"], after, limit)
        return [_row(row) for row in rows]

    async def holds_anything(self, name: str, *, recursive: bool) -> bool:
        """Tell whether a namespace or, if `recursive`, one below it holds anything that is not deleted.

        Objects of some kinds belong to others; these do not count.
        """
        async with self._database.acquire() as connection:
            return bool(await connection.fetchval(STATEMENTS["holds"], name, recursive, _COUNTING))


def _row(record: asyncpg.Record) -> NamespaceRow:
    columns = dict(record)
    kinds, counts = columns.pop("kinds"), columns.pop("counts")
    return NamespaceRow(objects=dict(zip(kinds, counts, strict=True)), **columns)
