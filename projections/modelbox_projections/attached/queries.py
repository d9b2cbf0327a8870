"""Reads what hangs on objects, in one statement: objects are read most often, and always with it."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
import msgspec

from modelbox_events import Database
from modelbox_projections.attached import STATEMENTS
from modelbox_projections.metrics.queries import MetricSummaryRow


class Attached(msgspec.Struct):
    """What hangs on one object: JSON by key or name, what its metrics come to, and whether it has files.

    `more`: it has more metrics or hyperparameters than were asked for.
    """

    metadata: dict[str, bytes]
    hyperparameters: dict[str, bytes]
    metrics: list[MetricSummaryRow]
    has_files: bool = False
    more: bool = False

    @property
    def size(self) -> int:
        """How much there is to write: the bytes of its JSON, and one for each key."""
        json = sum(map(len, self.metadata.values())) + sum(map(len, self.hyperparameters.values()))
        return json + len(self.metrics) + len(self.hyperparameters)


class AttachedView:
    """What the views of metadata, hyperparameters, metrics and artifacts say of objects, as of one moment."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database

    async def of_many(self, object_ids: Sequence[UUID]) -> dict[UUID, Attached]:
        """Return what hangs on these objects, in the order of keys and names; each object is in the answer."""
        return await self._of(object_ids, None, None)

    async def of_page(
        self, object_ids: Sequence[UUID], *, bytes_max: int, keys_max: int | None = None
    ) -> dict[UUID, Attached]:
        """Return what hangs on the first of these objects, in order, up to the one that crosses `bytes_max`.

        At least one is in the answer, if any is asked for.

        Args:
            bytes_max: Bytes that their metadata, hyperparameters and metrics take.
            keys_max: Of each at most so many metrics and hyperparameters, the first by key; all, unless given.
        """
        return await self._of(object_ids, bytes_max, keys_max)

    async def _of(
        self, object_ids: Sequence[UUID], bytes_max: int | None, keys_max: int | None
    ) -> dict[UUID, Attached]:
        asked = None if keys_max is None else keys_max + 1
        async with self._database.acquire() as connection:
            rows = await connection.fetch(STATEMENTS["of"], list(object_ids), bytes_max, asked)
        return {row["id"]: _attached(row, keys_max) for row in rows}


def _attached(row: asyncpg.Record, keys_max: int | None) -> Attached:
    metadata = _texts(row["metadata_keys"], row["metadata_values"])
    hyperparameters = _texts(row["param_names"], row["param_values"])
    columns = (row[name] or () for name in ("metric_keys", "latest", "latest_steps", "smallest", "largest", "points"))
    metrics = list(map(MetricSummaryRow, *columns))
    more = keys_max is not None and (len(metrics) > keys_max or len(hyperparameters) > keys_max)
    if more:
        metrics = metrics[:keys_max]
        hyperparameters = dict(list(hyperparameters.items())[:keys_max])
    return Attached(metadata, hyperparameters, metrics, row["has_files"], more)


def _texts(keys: Sequence[str] | None, values: Sequence[str] | None) -> dict[str, bytes]:
    return dict(zip(keys or (), (value.encode() for value in values or ()), strict=True))
