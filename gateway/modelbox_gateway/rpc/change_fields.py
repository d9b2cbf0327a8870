"""What a change event gave another value: the fields of an object, each with what it was and what it became.

Must not know: where events come from, or how the fields travel.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple
from uuid import UUID

from modelbox_events import ChangeEvent
from modelbox_events.types.checkpoint import CheckpointCreated
from modelbox_events.types.dataset import DatasetCreated
from modelbox_events.types.experiment import ExperimentCreated
from modelbox_events.types.model import ModelCreated
from modelbox_events.types.model_version import ModelVersionCreated, UniqueTagMoved, UniqueTagRemoved
from modelbox_events.types.objects import ObjectDeleted, ObjectRestored, ObjectUpdated
from modelbox_events.types.run import RunCreated, RunEnded, RunResumed
from modelbox_gateway.commands.update import TEXTS

CREATIONS: Final = (ExperimentCreated, RunCreated, CheckpointCreated, ModelCreated, DatasetCreated)
"""The events that create an object in its own stream; a model version begins in its model's."""

OWN_TYPES: Final = tuple(
    event.__name__ for event in (*CREATIONS, ObjectUpdated, ObjectDeleted, ObjectRestored, RunEnded, RunResumed)
)
"""The types of an object's own stream that change a field."""

REGISTRY_TYPES: Final = tuple(event.__name__ for event in (ModelVersionCreated, UniqueTagMoved, UniqueTagRemoved))
"""The types of a model's stream that change a field of a model version."""

_RUNNING: Final = "running"


class FieldChange(NamedTuple):
    """A field that was given another value.

    `asks` says that the value before stands in an earlier event. `object_id` is set where the model's stream tells of
    a version. Of a unique tag, the ids are those of the versions that held and hold it. `reason` is why, if that was
    said.
    """

    field: str
    old: str | None
    new: str | None
    asks: bool = False
    object_id: UUID | None = None
    old_id: UUID | None = None
    new_id: UUID | None = None
    reason: str = ""


def changes_of(event: ChangeEvent) -> Iterator[FieldChange]:
    """Give the fields that an event changed, the last first; of a creation, that the object is there, and its tags."""
    yield from _created(event)
    match event:
        case UniqueTagMoved():
            yield _tag(event.tag, event.from_model_version_id, event.model_version_id, new=event.version or None)
        case UniqueTagRemoved():
            yield _tag(event.tag, event.model_version_id, None, old=event.version or None)
        case ObjectUpdated():
            for field, value in written_by(event).items():
                yield FieldChange(field, None, value, asks=True)
        case ObjectDeleted() | ObjectRestored():
            deleted = isinstance(event, ObjectDeleted)
            yield FieldChange("deleted", _truth(not deleted), _truth(deleted))
        case RunEnded():
            yield FieldChange("status", _RUNNING, event.status, reason=event.reason)
        case RunResumed():
            yield FieldChange("status", None, _RUNNING, asks=True, reason=event.reason)
        case _:
            return


def _created(event: ChangeEvent) -> Iterator[FieldChange]:
    match event:
        case ModelVersionCreated():
            version = event.model_version_id
            for tag in event.unique_tags:
                yield _tag(tag, None, version, new=event.version)
            yield FieldChange("exists", None, event.version, object_id=version)
        case ExperimentCreated() | RunCreated() | ModelCreated() | DatasetCreated():
            yield FieldChange("exists", None, event.name)
        case CheckpointCreated():
            yield FieldChange("exists", None, str(event.epoch if event.step is None else event.step))
        case _:
            return


def _truth(value: bool) -> str:  # noqa: FBT001  # it is the value
    return str(value).lower()


def written_by(event: ChangeEvent) -> dict[str, str | None]:
    """Return what stands in each field after an event that wrote it; None where it was taken away."""
    match event:
        case RunEnded():
            return {"status": event.status}
        case ObjectUpdated():
            labels: dict[str, str | None] = {f"labels.{name}": None for name in event.labels_removed}
        case (
            ExperimentCreated()
            | RunCreated()
            | CheckpointCreated()
            | ModelCreated()
            | DatasetCreated()
            | ModelVersionCreated()
        ):
            labels = {}
        case _:
            return {}
    texts = {name: text for name in TEXTS if (text := getattr(event, name, None)) is not None}
    return {**texts, **labels, **{f"labels.{name}": value for name, value in event.labels.items()}}


def _tag(
    tag: str, held: UUID | None, holds: UUID | None, *, old: str | None = None, new: str | None = None
) -> FieldChange:
    return FieldChange(f"unique_tags.{tag}", old, new, object_id=holds or held, old_id=held, new_id=holds)
