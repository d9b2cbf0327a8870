"""What a database writes and keeps, and for which part: the log, the keys of its calls, the views, the rest."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import asyncpg

LOG: Final = "log"
KEYS: Final = "keys"
VIEWS: Final = "views"
REST: Final = "rest"
PARTS: Final = (LOG, KEYS, VIEWS, REST)

WAL_KEPT: Final = "16GB"
"""What Postgres keeps of its WAL while it is measured: it is read again afterwards, to say what wrote it."""

_TABLE_OF_RELATION: Final = """
WITH relation AS (
    SELECT found.oid, coalesce(index.indrelid, found.oid) AS table_oid
    FROM pg_class AS found
    LEFT JOIN pg_index AS index ON index.indexrelid = found.oid
    WHERE found.relkind IN ('r', 'i', 't')
)
SELECT pg_relation_filenode(relation.oid)::bigint AS filenode, namespace.nspname AS schema, holder.relname AS name
FROM relation
LEFT JOIN pg_class AS toasted ON toasted.reltoastrelid = relation.table_oid
JOIN pg_class AS holder ON holder.oid = coalesce(toasted.oid, relation.table_oid)
JOIN pg_namespace AS namespace ON namespace.oid = holder.relnamespace
"""
"""The table that each file of the database belongs to: as itself, as an index, as what is kept out of line."""

_SIZES: Final = """
SELECT namespace.nspname AS schema, found.relname AS name, pg_total_relation_size(found.oid) AS bytes
FROM pg_class AS found
JOIN pg_namespace AS namespace ON namespace.oid = found.relnamespace
WHERE found.relkind = 'r'
"""

_WRITTEN: Final = """
SELECT relfilenode::bigint AS filenode, sum(record_length)::bigint AS bytes
FROM pg_get_wal_block_info($1, $2, false)
WHERE block_id = 0
GROUP BY relfilenode
"""
"""What the records of the WAL take by the first block that they are about; those that are about none are not here."""


@dataclass(frozen=True, slots=True)
class Split:
    """Bytes, and which part they are for."""

    parts: Mapping[str, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.parts.values())

    def __sub__(self, other: Self) -> Self:
        """Return how much more it is than another one."""
        return type(self)({part: self.parts[part] - other.parts[part] for part in PARTS})

    def each(self, points: int) -> str:
        """Write what each of so many points takes."""
        return ", ".join(f"{part} {self.parts[part] / points:,.1f}" for part in PARTS)


class Storage:
    """What one database takes; asked as its superuser."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Ask over a connection."""
        self._connection: Final = connection

    async def prepare(self) -> None:
        """Have the WAL kept from now on, and what reads it again."""
        await self._connection.execute("CREATE EXTENSION IF NOT EXISTS pg_walinspect")
        await self._connection.execute(f"ALTER SYSTEM SET wal_keep_size = '{WAL_KEPT}'")
        await self._connection.execute("SELECT pg_reload_conf()")

    async def checkpoint(self) -> None:
        """Begin anew: of each page that is changed from now on, the first time the WAL has all of it."""
        await self._connection.execute("CHECKPOINT")

    async def vacuum(self) -> None:
        """Do at once what the server does by itself in time."""
        await self._connection.execute("VACUUM (ANALYZE)")

    async def position(self) -> int:
        """Return how far the WAL is, in bytes."""
        await self._connection.execute(
            "SELECT pg_log_standby_snapshot()"
        )  # the end of a record, which can be read up to
        return int(await self._connection.fetchval("SELECT pg_current_wal_flush_lsn()"))

    async def written(self, since: int, to: int) -> Split:
        """Return what was written to the WAL between two positions, all of it."""
        tables = {row["filenode"]: _part_of(row) for row in await self._connection.fetch(_TABLE_OF_RELATION)}
        parts: Counter[str] = Counter()
        for row in await self._connection.fetch(_WRITTEN, since, to):
            parts[tables.get(row["filenode"], REST)] += row["bytes"]
        parts[REST] += to - since - parts.total()
        return _split(parts)

    async def kept(self) -> Split:
        """Return the size of all tables, with their indexes and what they keep out of line."""
        parts: Counter[str] = Counter()
        for row in await self._connection.fetch(_SIZES):
            parts[_part_of(row)] += row["bytes"]
        return _split(parts)


def _split(parts: Counter[str]) -> Split:
    return Split({part: parts[part] for part in PARTS})


def _part_of(table: asyncpg.Record) -> str:
    if table["schema"] == "modelbox":
        return KEYS if table["name"].startswith("idempotency") else LOG
    return VIEWS if table["schema"].startswith(("modelbox_", "view_")) else REST
