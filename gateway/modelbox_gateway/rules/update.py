"""Changes to what is known of any object: its owner, description, task, comment and labels."""

from typing import Final

import msgspec

from modelbox_events.event import ChangeEvent, NewEvent, StreamRef
from modelbox_events.types.objects import ObjectUpdated
from modelbox_gateway.errors import InvalidFieldError
from modelbox_gateway.rules import limits
from modelbox_gateway.rules.aggregate import Aggregate, numbered
from modelbox_gateway.rules.kinds import WithLabels, own_creations, rules_of, type_names

CLAIM: Final = "object_update"

TEXTS: Final = ("owner", "description", "task", "comment")
"""What an update can write beside labels, if the object's kind has it."""

_LABELLING: Final = tuple(event for event in own_creations() if "labels" in event.__struct_fields__)

LABELLING_TYPES: Final = type_names(*_LABELLING, ObjectUpdated)
"""The event types of an object's stream that `evolve` folds."""


class Labelled(msgspec.Struct, frozen=True):
    """The names of an object's labels; `changes` counts what may have changed them and tells two states apart.

    Those that a model version was created with are not among them: they stand in its model's stream. They count for
    that request alone.
    """

    names: frozenset[str] = frozenset()
    changes: int = 0


class UpdateObject(msgspec.Struct, frozen=True, kw_only=True):
    """Change what is known of an object; None leaves a text as it is. Of labels, some are written, others removed."""

    stream: StreamRef
    owner: str | None = None
    description: str | None = None
    task: str | None = None
    comment: str | None = None
    labels: dict[str, str] = {}
    labels_removed: list[str] = []


def decide_update(state: Labelled, command: UpdateObject) -> list[NewEvent]:
    """Record the update, unless it names nothing.

    Raises:
        InvalidFieldError: The object's kind has no such field, or it would have too many labels.
    """
    _refuse_unknown_texts(command)
    texts = {name: getattr(command, name) for name in TEXTS}
    if not command.labels and not command.labels_removed and all(text is None for text in texts.values()):
        return []
    count = len((state.names - set(command.labels_removed)) | command.labels.keys())
    if count > limits.LABELS_MAX and not command.labels.keys() <= state.names:
        raise InvalidFieldError(
            "labels", f"would give the object {count} labels; at most {limits.LABELS_MAX} are allowed, remove some"
        )
    updated = ObjectUpdated(
        object_id=command.stream.id,
        **texts,
        labels=command.labels,
        labels_removed=command.labels_removed,
    )
    return [NewEvent(updated)]


def evolve(state: Labelled, event: ChangeEvent) -> Labelled:
    """Return the state after the event; an event that changes no label and is no update changes nothing."""
    if isinstance(event, ObjectUpdated):
        names = (state.names - set(event.labels_removed)) | event.labels.keys()
    elif isinstance(event, _LABELLING) and isinstance(event, WithLabels):
        names = frozenset(event.labels)
    else:
        return state
    return Labelled(names, state.changes + 1)


def claim(stream: StreamRef, state: Labelled) -> StreamRef:
    """Return the stream that one update of the object in this state opens; of two such updates the log takes one."""
    return numbered(stream, CLAIM, state.changes)


LABELS: Final = Aggregate("update_claims", Labelled(), evolve, LABELLING_TYPES, claim)
"""What updates of an object are decided on."""


def _refuse_unknown_texts(command: UpdateObject) -> None:
    kind = rules_of(command.stream.type)
    if kind.is_part:
        problem = f"{command.stream.id} is an {kind.title}, which cannot be changed; give its object's"
        raise InvalidFieldError("id", problem)
    for text in TEXTS:
        if getattr(command, text) is not None and text not in kind.texts:
            can = ", ".join((*kind.texts, "labels"))
            raise InvalidFieldError(text, f"a {kind.title} has none; what can be changed of it is {can}")
