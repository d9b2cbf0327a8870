"""Changes to what is known of any object: its owner, description, task, comment and labels.

`decide_update(state, command)` gives the events to append or raises why not; `evolve(state, event)` gives the state
after an event. Both are pure. Must not know: the log, the wire, the clock.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from modelbox_events.event import ChangeEvent, NewEvent, StreamRef
from modelbox_events.ids import object_id
from modelbox_events.types.checkpoint import CHECKPOINT, CheckpointCreated
from modelbox_events.types.dataset import DATASET, DatasetCreated
from modelbox_events.types.experiment import EXPERIMENT, ExperimentCreated
from modelbox_events.types.model import MODEL, ModelCreated
from modelbox_events.types.model_version import MODEL_VERSION
from modelbox_events.types.objects import ObjectUpdated
from modelbox_events.types.run import RUN, RunCreated
from modelbox_gateway.commands import limits
from modelbox_gateway.errors import InvalidFieldError

CLAIM: Final = "object_update"
LABELLING_TYPES: Final = tuple(
    event.__name__
    for event in (ExperimentCreated, RunCreated, CheckpointCreated, DatasetCreated, ModelCreated, ObjectUpdated)
)
"""The event types of an object's stream that `evolve` folds."""

TEXTS: Final = ("owner", "description", "task", "comment")
"""What an update can write beside labels."""

_TEXTS_OF: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        EXPERIMENT: ("owner", "description", "task"),
        RUN: ("owner", "comment"),
        CHECKPOINT: (),
        MODEL: ("owner", "description", "task"),
        MODEL_VERSION: ("description",),
        DATASET: (),
    }
)
"""Which of those each kind of object has; an artifact has not even labels."""


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
    match event:
        case ObjectUpdated():
            names = (state.names - set(event.labels_removed)) | event.labels.keys()
        case ExperimentCreated() | RunCreated() | CheckpointCreated() | DatasetCreated() | ModelCreated():
            names = frozenset(event.labels)
        case _:
            return state
    return Labelled(names, state.changes + 1)


def claim(stream: StreamRef, state: Labelled) -> StreamRef:
    """Return the stream that one update of the object in this state opens; of two such updates the log takes one."""
    return StreamRef(stream.namespace, CLAIM, object_id(CLAIM, str(stream.id), str(state.changes)))


def _refuse_unknown_texts(command: UpdateObject) -> None:
    kind = command.stream.type
    name = kind.replace("_", " ")
    known = _TEXTS_OF.get(kind)
    if known is None:
        raise InvalidFieldError("id", f"{command.stream.id} is an {name}, which cannot be changed; give its object's")
    for text in TEXTS:
        if getattr(command, text) is not None and text not in known:
            can = ", ".join((*known, "labels"))
            raise InvalidFieldError(text, f"a {name} has none; what can be changed of it is {can}")
