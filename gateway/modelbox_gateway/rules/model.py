"""Models: what a request creates, and the event that records it. A model's versions are `model_registry.py`'s."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import msgspec

from modelbox_events.event import NewEvent, StreamRef
from modelbox_events.ids import object_id
from modelbox_events.types.model import MODEL, ModelCreated
from modelbox_gateway.rules import limits
from modelbox_gateway.rules.artifact import File, tracked_files
from modelbox_gateway.rules.kinds import KindRules
from modelbox_gateway.rules.model_registry import ModelState

KIND: Final = KindRules(kind=MODEL, texts=("owner", "description", "task"))


class CreateModel(msgspec.Struct, frozen=True, kw_only=True):
    """Create a model; its name is unique in the namespace."""

    namespace: str
    name: str
    owner: str = ""
    task: str = ""
    description: str = ""
    labels: dict[str, str] = {}
    metadata: dict[str, Any] = {}
    files: Sequence[File] = ()

    @property
    def model_id(self) -> UUID:
        """The id that namespace and name make."""
        return model_id(self.namespace, self.name)

    @property
    def stream(self) -> StreamRef:
        """The model's stream."""
        return StreamRef(self.namespace, MODEL, self.model_id)


@lru_cache(maxsize=limits.MODEL_IDS_CACHED_MAX)
def model_id(namespace: str, name: str) -> UUID:
    """Return the id that a namespace and a name make."""
    return object_id(MODEL, namespace, name)


def decide_create_model(state: ModelState, command: CreateModel) -> list[NewEvent]:
    """Create the model unless it exists."""
    if state.name is not None:
        return []
    model_id = command.model_id
    files, opens = tracked_files(command.namespace, model_id, command.files)
    created = ModelCreated(
        model_id=model_id,
        name=command.name,
        owner=command.owner,
        task=command.task,
        description=command.description,
        labels=command.labels,
        metadata=command.metadata,
        files=files,
    )
    return [NewEvent(created, opens=opens)]
