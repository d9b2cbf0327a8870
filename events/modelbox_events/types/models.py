"""What happens to models and model versions. All of it is recorded in the model's stream."""

from typing import Any
from uuid import UUID

from modelbox_events.event import ChangeEvent
from modelbox_events.types.artifacts import TrackedFile


class ModelCreated(ChangeEvent, frozen=True, kw_only=True):
    """A model was created in a namespace; its name is unique there."""

    model_id: UUID
    name: str
    owner: str
    task: str
    description: str
    metadata: dict[str, Any]
    files: list[TrackedFile]


class ModelVersionCreated(ChangeEvent, frozen=True, kw_only=True):
    """A model version was created; `version` is unique in the model, each unique tag belongs to it alone."""

    model_id: UUID
    model_version_id: UUID
    version: str
    name: str
    description: str
    framework: str
    unique_tags: list[str]
    metadata: dict[str, Any]
    files: list[TrackedFile]


class UniqueTagMoved(ChangeEvent, frozen=True, kw_only=True):
    """A unique tag now belongs to a model version; `from_model_version_id` had it before, if any."""

    model_id: UUID
    tag: str
    model_version_id: UUID
    from_model_version_id: UUID | None


class UniqueTagRemoved(ChangeEvent, frozen=True, kw_only=True):
    """A unique tag belongs to no model version any more."""

    model_id: UUID
    tag: str
    model_version_id: UUID
