"""Reads what hangs on objects, in one statement: objects are read most often, and always with it."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
import msgspec

from modelbox_events import Database
from modelbox_projections.attached import STATEMENTS
from modelbox_projections.metrics.queries import MetricSummaryRow, summary_of


class Attached(msgspec.Struct):
    """What hangs on one object: JSON by key or name, what its metrics come to, and whether it has files."""

    metadata: dict[str, bytes]
    hyperparameters: dict[str, bytes]
    metrics: list[MetricSummaryRow]
    has_files: bool = False

    @property
    def size(self) -> int:
        """How many bytes its JSON has."""
        return sum(map(len, self.metadata.values())) + sum(map(len, self.hyperparameters.values()))


class AttachedView:
    """What the views of metadata, hyperparameters, metrics and artifacts say of objects, as of one moment."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database

    async def of_many(self, object_ids: Sequence[UUID]) -> dict[UUID, Attached]:
        """Return what hangs on these objects, in the order of keys and names; each object is in the answer."""
        async with self._database.acquire() as connection:
            rows = await connection.fetch(STATEMENTS["of_many"], list(object_ids))
        found = {object_id: Attached({}, {}, []) for object_id in object_ids}
        for row in rows:
            _add(found[row["object_id"]], row)
        return found

    async def of_page(self, object_ids: Sequence[UUID], *, bytes_max: int) -> dict[UUID, Attached]:
        """Return what hangs on the first of these objects, in order, up to the one whose JSON crosses `bytes_max`.

        At least one is in the answer, if any is asked for.
        """
        async with self._database.acquire() as connection:
            rows = await connection.fetch(STATEMENTS["of_page"], list(object_ids), bytes_max)
        told = {row["object_id"] for row in rows if row["what"] == "told"}
        found = {object_id: Attached({}, {}, []) for object_id in object_ids if object_id in told}
        for row in rows:
            if row["what"] != "told":
                _add(found[row["object_id"]], row)
        return found


def _add(attached: Attached, row: asyncpg.Record) -> None:
    match row["what"]:
        case "metadata":
            attached.metadata[row["key"]] = row["value"].encode()
        case "hyperparameters":
            attached.hyperparameters[row["key"]] = row["value"].encode()
        case "metrics":
            attached.metrics.append(summary_of(row))
        case _:
            attached.has_files = True
