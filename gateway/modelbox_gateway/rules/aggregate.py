"""What an object's stream is folded to, so that commands are decided on it.

Must not know: any kind of object.
"""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import msgspec

from modelbox_events.event import ChangeEvent, StreamRef
from modelbox_events.ids import object_id

State = TypeVar("State")


class Aggregate(msgspec.Struct, Generic[State], frozen=True):
    """What an object's stream is folded to: where it starts, how it goes on, and which event types matter.

    `claim` names a stream for each state, opened by the command that was decided on it. So the second of two commands
    on one state is refused, while events of other types, which share the stream, get in nobody's way. It counts the
    events that a version of ModelBox knows; `name` makes a stream of claims besides, whose version all versions share.
    """

    name: str
    initial: State
    evolve: Callable[[State, ChangeEvent], State]
    types: Sequence[str]
    claim: Callable[[StreamRef, State], StreamRef]


def numbered(stream: StreamRef, kind: str, number: int) -> StreamRef:
    """Return the stream that stands for one of many changes of an object: which kind of change, and its number."""
    return StreamRef(stream.namespace, kind, object_id(kind, str(stream.id), str(number)))
