"""Experiments: what a request creates, and the event that records it."""

from typing import Any, Final
from uuid import UUID

import msgspec

from modelbox_events.event import StreamRef
from modelbox_events.ids import object_id
from modelbox_events.types.experiment import EXPERIMENT, ExperimentCreated
from modelbox_gateway.rules.creation import Creation
from modelbox_gateway.rules.kinds import KindRules

KIND: Final = KindRules(kind=EXPERIMENT, texts=("owner", "description", "task"))


class CreateExperiment(msgspec.Struct, frozen=True, kw_only=True):
    """Create an experiment; its name is unique in the namespace. `parent` is the experiment it belongs to, if any."""

    namespace: str
    name: str
    owner: str = ""
    framework: str = "UNKNOWN"
    task: str = ""
    description: str = ""
    external_id: str = ""
    parent: StreamRef | None = None
    labels: dict[str, str] = {}
    metadata: dict[str, Any] = {}

    @property
    def stream(self) -> StreamRef:
        """The experiment's stream."""
        return StreamRef(self.namespace, EXPERIMENT, experiment_id(self.namespace, self.name))


def experiment_id(namespace: str, name: str) -> UUID:
    """Return the id that a namespace and a name make."""
    return object_id(EXPERIMENT, namespace, name)


def creation(command: CreateExperiment) -> Creation[ExperimentCreated]:
    """Return what is to be recorded."""
    created = ExperimentCreated(
        experiment_id=command.stream.id,
        name=command.name,
        owner=command.owner,
        framework=command.framework,
        task=command.task,
        description=command.description,
        external_id=command.external_id,
        parent_id=command.parent.id if command.parent else None,
        labels=command.labels,
        metadata=command.metadata,
    )
    parents = {} if command.parent is None else {"parent_id": command.parent}
    return Creation(stream=command.stream, event=created, key_field="name", parents=parents)
