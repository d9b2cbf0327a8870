"""What happens to objects of any kind. It is recorded in the object's own stream."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from modelbox_events.event import ChangeEvent, Effect


class ObjectUpdated(ChangeEvent, frozen=True, kw_only=True):
    """What is known of an object was changed; what is none stays as it was. `labels` are written, others removed."""

    object_id: UUID
    owner: str | None
    description: str | None
    task: str | None
    comment: str | None
    labels: dict[str, str]
    labels_removed: list[str]


class ObjectDeleted(ChangeEvent, frozen=True, kw_only=True):
    """An object was deleted: lists leave it out, its history stays."""

    effect: ClassVar = Effect.DELETES

    object_id: UUID


class ObjectRestored(ChangeEvent, frozen=True, kw_only=True):
    """The deletion of an object was undone."""

    object_id: UUID


class HyperparametersLogged(ChangeEvent, frozen=True, kw_only=True):
    """Hyperparameters of an object were recorded; each value is any JSON and replaces the name's earlier value."""

    object_id: UUID
    hyperparameters: dict[str, Any]


class EventLogged(ChangeEvent, frozen=True, kw_only=True):
    """A user reported an event on an object; `wallclock` is when it happened, as the user says."""

    object_id: UUID
    id: UUID
    name: str
    source: str
    wallclock: datetime
    metadata: dict[str, Any]
