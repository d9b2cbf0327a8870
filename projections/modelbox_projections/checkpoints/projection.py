"""Folds what is known of each training checkpoint.

Must not know: who asks for it.
"""

from typing import ClassVar

from modelbox_events.types.checkpoint import CheckpointCreated
from modelbox_projections.checkpoints import STATEMENTS
from modelbox_projections.objects.changes import OF_ANY_OBJECT, Changes
from modelbox_projections.objects.projection import ObjectProjection
from modelbox_projections.projection import DecodedEvent, names_of


class CheckpointChanges(Changes):
    """What events change of training checkpoints."""

    def add_own(self, event: DecodedEvent) -> None:
        """Take in that a checkpoint was created."""
        if isinstance(data := event.data, CheckpointCreated):
            own = (data.experiment_id, data.run_id, data.epoch, data.step)
            self.create(event.recorded, data.checkpoint_id, *own, labels=data.labels)


class CheckpointsProjection(ObjectProjection):
    """The training checkpoints of experiments and runs."""

    name: ClassVar = "checkpoints"
    stream_type: ClassVar = "checkpoint"
    changes: ClassVar = CheckpointChanges
    code_version: ClassVar = 3
    event_types: ClassVar = names_of(CheckpointCreated) | OF_ANY_OBJECT
    relations: ClassVar = ("checkpoints",)
    statements: ClassVar = STATEMENTS
