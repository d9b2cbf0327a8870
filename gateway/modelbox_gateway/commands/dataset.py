"""Datasets: what a request registers, and the event that records it.

Must not know: the log, the wire, the clock.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from modelbox_events.event import StreamRef
from modelbox_events.ids import object_id
from modelbox_events.types.dataset import DATASET, DatasetColumn, DatasetCreated


class CreateDataset(msgspec.Struct, frozen=True, kw_only=True):
    """Register a dataset; namespace, name and digest make it."""

    namespace: str
    name: str
    location: str = ""
    digest: str = ""
    columns: Sequence[DatasetColumn] = ()
    row_count: int | None = None
    column_count: int | None = None
    labels: dict[str, str] = {}
    metadata: dict[str, Any] = {}

    @property
    def stream(self) -> StreamRef:
        """The dataset's stream."""
        return StreamRef(self.namespace, DATASET, dataset_id(self.namespace, self.name, self.digest))


def dataset_id(namespace: str, name: str, digest: str) -> UUID:
    """Return the id that a namespace, a name and a digest make."""
    return object_id(DATASET, namespace, name, digest)


def created(command: CreateDataset) -> DatasetCreated:
    """Return what the log records."""
    return DatasetCreated(
        dataset_id=command.stream.id,
        name=command.name,
        location=command.location,
        digest=command.digest,
        columns=list(command.columns),
        row_count=command.row_count,
        column_count=command.column_count,
        labels=command.labels,
        metadata=command.metadata,
    )
