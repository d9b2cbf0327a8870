"""Reads the hyperparameters of objects."""

from collections.abc import Sequence
from uuid import UUID

from modelbox_events import Database
from modelbox_projections.hyperparameters import STATEMENTS


class Hyperparameters:
    """The view of hyperparameters."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database

    async def of_many(self, object_ids: Sequence[UUID]) -> dict[UUID, dict[str, bytes]]:
        """Return the hyperparameters of several objects: the JSON of each value by name, in the order of names.

        Each object is in the answer, if only with nothing.
        """
        async with self._database.acquire() as connection:
            rows = await connection.fetch(STATEMENTS["of_many"], list(object_ids))
        found: dict[UUID, dict[str, bytes]] = {object_id: {} for object_id in object_ids}
        for row in rows:
            found[row["object_id"]][row["name"]] = row["value"].encode()
        return found
