"""Datasets: what a request registers, and the event that records it."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from modelbox_events.event import StreamRef
from modelbox_events.ids import object_id
from modelbox_events.types.dataset import DATASET, DatasetColumn, DatasetCreated
from modelbox_gateway.rules.creation import Creation
from modelbox_gateway.rules.kinds import KindRules

KIND: Final = KindRules(kind=DATASET)


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


def creation(command: CreateDataset) -> Creation[DatasetCreated]:
    """Return what is to be recorded."""
    created = DatasetCreated(
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
    return Creation(stream=command.stream, event=created, key_field="name", data_field="columns")
