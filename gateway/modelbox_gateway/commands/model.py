"""The model: which requests change its registry of versions and unique tags, and by which rules.

`decide_…(state, command)` gives the events to append (none: it is so already) or raises why not;
`evolve(state, event)` gives the state after an event. Both are pure.
Must not know: the log, the wire, the clock.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import msgspec

from modelbox_events.event import ChangeEvent, NewEvent, StreamRef
from modelbox_events.ids import object_id
from modelbox_events.types.artifact import UploadedFile
from modelbox_events.types.metrics import Double
from modelbox_events.types.model import MODEL, ModelCreated
from modelbox_events.types.model_version import MODEL_VERSION, ModelVersionCreated, UniqueTagMoved, UniqueTagRemoved
from modelbox_gateway.commands import limits
from modelbox_gateway.commands.tracked import File, tracked_files, uploaded_files
from modelbox_gateway.errors import InvalidFieldError, UniqueTagNotHeldError, UniqueTagTakenError

CLAIM: Final = "model_registry_change"
REGISTRY_TYPES: Final = tuple(
    event.__name__ for event in (ModelCreated, ModelVersionCreated, UniqueTagMoved, UniqueTagRemoved)
)
"""The event types of a model's stream that `evolve` folds; what is logged on a model is none of the registry's."""

_NO_TAGS: Final = MappingProxyType[str, UUID]({})
_NUMBER_DIGITS_MAX: Final = 18


class ModelState(msgspec.Struct, frozen=True):
    """What the rules need to know of a model. Its size does not grow with the number of versions.

    `tags` says where each was last set: that model version holds it, unless it is deleted.
    `changes` counts the registry's events: it tells two states apart.
    """

    name: str | None = None
    last_number: int = 0
    tags: MappingProxyType[str, UUID] = _NO_TAGS
    changes: int = 0


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


class SetUniqueTag(msgspec.Struct, frozen=True, kw_only=True):
    """Give a unique tag to a model version, whoever holds it; its number and name are told with the change."""

    model: StreamRef
    model_version_id: UUID
    tag: str
    version: str = ""
    version_name: str = ""


class RemoveUniqueTag(msgspec.Struct, frozen=True, kw_only=True):
    """Take a unique tag away from the model version that holds it; see `SetUniqueTag`."""

    model: StreamRef
    model_version_id: UUID
    tag: str
    version: str = ""
    version_name: str = ""


@lru_cache(maxsize=limits.MODELS_CACHED_MAX)
def model_id(namespace: str, name: str) -> UUID:
    """Return the id that a namespace and a name make."""
    return object_id(MODEL, namespace, name)


def model_version_id(model: UUID, version: str) -> UUID:
    """Return the id that a model and a version make."""
    return object_id(MODEL_VERSION, str(model), version)


def decide_create_model(state: ModelState, command: CreateModel) -> list[NewEvent]:
    """Create the model unless it exists."""
    if state.name is not None:
        return []
    files, opens = tracked_files(command.namespace, command.model_id, command.files)
    created = ModelCreated(
        model_id=command.model_id,
        name=command.name,
        owner=command.owner,
        task=command.task,
        description=command.description,
        labels=command.labels,
        metadata=command.metadata,
        files=files,
    )
    return [NewEvent(created, opens=opens)]


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
    _refuse_more_tags(state, "unique_tags", tags)
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
    return [NewEvent(created, opens=opened), *(_moved(state, move) for move in moves)]


def decide_set_unique_tag(state: ModelState, command: SetUniqueTag) -> list[NewEvent]:
    """Move the tag unless it is where it should be.

    Raises:
        InvalidFieldError: The model has as many unique tags as one may have.
    """
    if state.tags.get(command.tag) == command.model_version_id:
        return []
    _refuse_more_tags(state, "tag", [command.tag])
    return [_moved(state, command)]


def decide_remove_unique_tag(state: ModelState, command: RemoveUniqueTag) -> list[NewEvent]:
    """Remove the tag.

    Raises:
        UniqueTagNotHeldError: The model version does not hold it.
    """
    holder = state.tags.get(command.tag)
    if holder != command.model_version_id:
        raise UniqueTagNotHeldError(command.tag, command.model_version_id, holder)
    removed = UniqueTagRemoved(
        model_id=command.model.id,
        tag=command.tag,
        model_version_id=command.model_version_id,
        model=state.name or "",
        version=command.version,
        version_name=command.version_name,
    )
    return [NewEvent(removed)]


def claim(stream: StreamRef, state: ModelState) -> StreamRef:
    """Return the stream that one change of the registry in this state opens; of two such changes the log takes one."""
    return StreamRef(stream.namespace, CLAIM, object_id(CLAIM, str(stream.id), str(state.changes)))


def evolve(state: ModelState, event: ChangeEvent) -> ModelState:
    """Return the state after the event; an event that is none of the registry's changes nothing."""
    name, last_number, tags = state.name, state.last_number, state.tags
    match event:
        case ModelCreated():
            name = event.name
        case ModelVersionCreated():
            last_number = max(last_number, _number(event.version))
            if event.unique_tags:
                tags = MappingProxyType({**tags, **dict.fromkeys(event.unique_tags, event.model_version_id)})
        case UniqueTagMoved():
            tags = MappingProxyType({**tags, event.tag: event.model_version_id})
        case UniqueTagRemoved():
            tags = MappingProxyType({tag: holder for tag, holder in tags.items() if tag != event.tag})
        case _:
            return state
    return ModelState(name, last_number, tags, state.changes + 1)


def _moved(state: ModelState, command: SetUniqueTag) -> NewEvent:
    moved = UniqueTagMoved(
        model_id=command.model.id,
        tag=command.tag,
        model_version_id=command.model_version_id,
        from_model_version_id=state.tags.get(command.tag),
        model=state.name or "",
        version=command.version,
        version_name=command.version_name,
    )
    return NewEvent(moved)


def _refuse_more_tags(state: ModelState, field: str, tags: Sequence[str]) -> None:
    count = len(state.tags.keys() | tags)
    if count > limits.MODEL_UNIQUE_TAGS_MAX and not state.tags.keys() >= set(tags):
        raise InvalidFieldError(
            field, f"would give the model {count} unique tags; at most {limits.MODEL_UNIQUE_TAGS_MAX} are allowed"
        )


def _number(version: str) -> int:
    # Only a number written as we would write it counts: "007" and "1.0" are names that a caller chose.
    if len(version) <= _NUMBER_DIGITS_MAX and version.isascii() and version.isdecimal() and version[0] != "0":
        return int(version)
    return 0
