"""Unique tags: each belongs to at most one version of its model, and moves from one to another."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from modelbox_events.event import NewEvent, StreamRef
from modelbox_events.types.model_version import UniqueTagMoved, UniqueTagRemoved
from modelbox_gateway.errors import InvalidFieldError, UniqueTagNotHeldError
from modelbox_gateway.rules import limits
from modelbox_gateway.rules.model_registry import ModelState


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


def decide_set_unique_tag(state: ModelState, command: SetUniqueTag) -> list[NewEvent]:
    """Move the tag unless it is where it should be.

    Raises:
        InvalidFieldError: The model has as many unique tags as one may have.
    """
    if state.tags.get(command.tag) == command.model_version_id:
        return []
    refuse_more_tags(state, "tag", [command.tag])
    return [moved(state, command)]


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


def moved(state: ModelState, command: SetUniqueTag) -> NewEvent:
    """Return what the log records of a tag that comes to a model version, from wherever it was."""
    event = UniqueTagMoved(
        model_id=command.model.id,
        tag=command.tag,
        model_version_id=command.model_version_id,
        from_model_version_id=state.tags.get(command.tag),
        model=state.name or "",
        version=command.version,
        version_name=command.version_name,
    )
    return NewEvent(event)


def refuse_more_tags(state: ModelState, field: str, tags: Sequence[str]) -> None:
    """Refuse tags that would be more than a model may have.

    Raises:
        InvalidFieldError: They would; `field` names them.
    """
    count = len(state.tags.keys() | tags)
    if count > limits.MODEL_UNIQUE_TAGS_MAX and not state.tags.keys() >= set(tags):
        raise InvalidFieldError(
            field, f"would give the model {count} unique tags; at most {limits.MODEL_UNIQUE_TAGS_MAX} are allowed"
        )
