"""An object that is to be created, as its kind's rules make it of a request.

Must not know: any kind of object.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Generic, TypeVar

import msgspec

from modelbox_events.event import ChangeEvent, StreamRef

Event = TypeVar("Event", bound=ChangeEvent)

NO_PARENTS: Final = MappingProxyType[str, StreamRef]({})
"""Nothing that must not be deleted."""


class Creation(msgspec.Struct, Generic[Event], frozen=True, kw_only=True):
    """An object that has a stream of its own from the beginning.

    Attributes:
        stream: The object's.
        event: Its first event.
        key_field: The field of the request that makes the object's id.
        data_field: The field of the request that fills the event.
        opens: The streams of objects that the event creates beside it.
        parents: Objects that must not be deleted, each by the field of the request that names it.
    """

    stream: StreamRef
    event: Event
    key_field: str
    data_field: str = "metadata"
    opens: tuple[StreamRef, ...] = ()
    parents: Mapping[str, StreamRef] = NO_PARENTS
