"""Reads the metadata of objects."""

from collections.abc import Sequence
from uuid import UUID

from modelbox_events import Database
from modelbox_projections.metadata import STATEMENTS


class Metadata:
    """The view of metadata."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database

    async def of(self, object_id: UUID) -> dict[str, bytes]:
        """Return an object's metadata: the JSON of each value by key, in the order of keys."""
        return (await self.of_many([object_id]))[object_id]

    async def of_many(self, object_ids: Sequence[UUID]) -> dict[UUID, dict[str, bytes]]:
        """Return the metadata of several objects; each of them is in the answer, if only with nothing."""
        async with self._database.acquire() as connection:
            rows = await connection.fetch(STATEMENTS["of_many"], list(object_ids))
        found: dict[UUID, dict[str, bytes]] = {object_id: {} for object_id in object_ids}
        for row in rows:
            found[row["object_id"]][row["key"]] = row["value"].encode()
        return found
