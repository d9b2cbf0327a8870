"""Folds what is known of each dataset.

Must not know: who asks for it.
"""

from typing import ClassVar

from modelbox_events.types.dataset import DatasetCreated
from modelbox_projections.datasets import STATEMENTS
from modelbox_projections.objects.changes import OF_ANY_OBJECT, Changes
from modelbox_projections.objects.projection import ObjectProjection
from modelbox_projections.projection import DecodedEvent, json_text, names_of


class DatasetChanges(Changes):
    """What events change of datasets."""

    def add_own(self, event: DecodedEvent) -> None:
        """Take in that a dataset was registered."""
        if isinstance(data := event.data, DatasetCreated):
            own = (data.location, data.digest, json_text(data.columns), data.row_count, data.column_count)
            self.create(event.recorded, data.dataset_id, *own, name=data.name, labels=data.labels)


class DatasetsProjection(ObjectProjection):
    """The datasets."""

    name: ClassVar = "datasets"
    stream_type: ClassVar = "dataset"
    changes: ClassVar = DatasetChanges
    code_version: ClassVar = 3
    event_types: ClassVar = names_of(DatasetCreated) | OF_ANY_OBJECT
    relations: ClassVar = ("datasets",)
    statements: ClassVar = STATEMENTS
