"""Folds what is known of each experiment.

Must not know: who asks for it.
"""

from typing import ClassVar

from modelbox_events.types.experiment import ExperimentCreated
from modelbox_projections.experiments import STATEMENTS
from modelbox_projections.objects.changes import OF_ANY_OBJECT, Changes
from modelbox_projections.objects.projection import ObjectProjection
from modelbox_projections.projection import DecodedEvent, names_of


class ExperimentChanges(Changes):
    """What events change of experiments."""

    def add_own(self, event: DecodedEvent) -> None:
        """Take in that an experiment was created."""
        if isinstance(data := event.data, ExperimentCreated):
            self.create(
                event.recorded,
                data.experiment_id,
                *(data.framework, data.external_id, data.parent_id),
                name=data.name,
                owner=data.owner,
                task=data.task,
                description=data.description,
                labels=data.labels,
            )


class ExperimentsProjection(ObjectProjection):
    """The experiments."""

    name: ClassVar = "experiments"
    stream_type: ClassVar = "experiment"
    changes: ClassVar = ExperimentChanges
    code_version: ClassVar = 3
    event_types: ClassVar = names_of(ExperimentCreated) | OF_ANY_OBJECT
    relations: ClassVar = ("experiments",)
    statements: ClassVar = STATEMENTS
