"""Model versions: which requests create one, and by which rules. They begin in the stream of their model."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from modelbox_events.event import ChangeEvent, NewEvent, StreamRef
from modelbox_events.ids import object_id
from modelbox_events.types.artifact import UploadedFile
from modelbox_events.types.metrics import Double
from modelbox_events.types.model import MODEL
from modelbox_events.types.model_version import MODEL_VERSION, ModelVersionCreated, UniqueTagMoved, UniqueTagRemoved
from modelbox_gateway.errors import UniqueTagTakenError
from modelbox_gateway.rules.artifact import File, tracked_files, uploaded_files
from modelbox_gateway.rules.kinds import FieldChange, KindRules
from modelbox_gateway.rules.model_registry import ModelState
from modelbox_gateway.rules.unique_tag import SetUniqueTag, moved, refuse_more_tags


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What a model version is made from; of a checkpoint, with its uploaded files and its metrics at `step`.

    The files come to the version under ids of its own; their bytes are the same.
    """

    experiment_id: UUID | None = None
    run_id: UUID | None = None
    checkpoint_id: UUID | None = None
    uploaded: Sequence[UploadedFile] = ()
    metrics: dict[str, Double] = {}
    step: int = 0


class CreateModelVersion(msgspec.Struct, frozen=True, kw_only=True):
    """Create a version of a model; no `version` means the next whole number, no `name` the model's."""

    model: StreamRef
    version: str = ""
    name: str = ""
    description: str = ""
    framework: str = "UNKNOWN"
    unique_tags: Sequence[str] = ()
    move_tags: bool = False
    labels: dict[str, str] = {}
    metadata: dict[str, Any] = {}
    files: Sequence[File] = ()
    origin: Origin = Origin()


def model_version_id(model: UUID, version: str) -> UUID:
    """Return the id that a model and a version make."""
    return object_id(MODEL_VERSION, str(model), version)


def decide_create_model_version(
    state: ModelState, command: CreateModelVersion, *, deleted: Collection[UUID] = ()
) -> list[NewEvent]:
    """Create the model version. Whether it exists is judged by the log, which opens each stream once.

    Args:
        state: Of the model.
        command: The version.
        deleted: Model versions that are deleted: they hold no tag, wherever it was last set.

    Raises:
        UniqueTagTakenError: Another model version holds one of the unique tags, and they are not to be moved.
        InvalidFieldError: The model has as many unique tags as one may have.
    """
    origin = command.origin
    version = command.version or str(state.last_number + 1)
    version_id = model_version_id(command.model.id, version)
    tags = list(dict.fromkeys(command.unique_tags))
    taken = [tag for tag in tags if state.tags.get(tag, version_id) != version_id]
    held = [tag for tag in taken if state.tags[tag] not in deleted]
    if held and not command.move_tags:
        raise UniqueTagTakenError(held[0], state.tags[held[0]])
    refuse_more_tags(state, "unique_tags", tags)
    files, tracked = tracked_files(command.model.namespace, version_id, command.files)
    uploaded, kept = uploaded_files(command.model.namespace, version_id, origin.uploaded)
    created = ModelVersionCreated(
        model_id=command.model.id,
        model_version_id=version_id,
        version=version,
        name=command.name or state.name or "",
        description=command.description,
        framework=command.framework,
        unique_tags=[tag for tag in tags if tag not in taken],
        labels=command.labels,
        metadata=command.metadata,
        files=files,
        uploaded=uploaded,
        experiment_id=origin.experiment_id,
        run_id=origin.run_id,
        checkpoint_id=origin.checkpoint_id,
        metrics=origin.metrics,
        step=origin.step,
    )
    opened = (StreamRef(command.model.namespace, MODEL_VERSION, version_id), *tracked, *kept)
    moves = [
        SetUniqueTag(
            model=command.model, model_version_id=version_id, tag=tag, version=version, version_name=created.name
        )
        for tag in taken
    ]
    return [NewEvent(created, opens=opened), *(moved(state, move) for move in moves)]


def changes(event: ChangeEvent) -> Iterator[FieldChange]:
    """Give the fields of a model version that an event of its model's stream changed."""
    match event:
        case ModelVersionCreated():
            version = event.model_version_id
            for tag in event.unique_tags:
                yield _tag(tag, None, version, new=event.version)
            yield FieldChange("exists", None, event.version, object_id=version)
        case UniqueTagMoved():
            yield _tag(event.tag, event.from_model_version_id, event.model_version_id, new=event.version or None)
        case UniqueTagRemoved():
            yield _tag(event.tag, event.model_version_id, None, old=event.version or None)
        case _:
            return


KIND: Final = KindRules(kind=MODEL_VERSION, texts=("description",), begins_in=MODEL, changes=changes)


def _tag(
    tag: str, held: UUID | None, holds: UUID | None, *, old: str | None = None, new: str | None = None
) -> FieldChange:
    return FieldChange(f"unique_tags.{tag}", old, new, object_id=holds or held, old_id=held, new_id=holds)
