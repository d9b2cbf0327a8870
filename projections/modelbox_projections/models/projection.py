"""Folds what is known of each model.

Must not know: who asks for it.
"""

from typing import ClassVar

from modelbox_events.types.model import ModelCreated
from modelbox_projections.models import STATEMENTS
from modelbox_projections.objects.changes import OF_ANY_OBJECT, Changes
from modelbox_projections.objects.projection import ObjectProjection
from modelbox_projections.projection import DecodedEvent, names_of


class ModelChanges(Changes):
    """What events change of models."""

    def add_own(self, event: DecodedEvent) -> None:
        """Take in that a model was created."""
        if isinstance(data := event.data, ModelCreated):
            self.create(
                event.recorded,
                data.model_id,
                name=data.name,
                owner=data.owner,
                task=data.task,
                description=data.description,
                labels=data.labels,
            )


class ModelsProjection(ObjectProjection):
    """The models."""

    name: ClassVar = "models"
    stream_type: ClassVar = "model"
    changes: ClassVar = ModelChanges
    code_version: ClassVar = 4
    event_types: ClassVar = names_of(ModelCreated) | OF_ANY_OBJECT
    relations: ClassVar = ("models",)
    statements: ClassVar = STATEMENTS
