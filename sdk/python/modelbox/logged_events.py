"""Events that a user logs on an object: what they are, and how the wire holds them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import time
from typing import Any

from modelbox.errors import InvalidFieldError
from modelbox.fields import check_name, check_text, check_time
from modelbox.metadata import decode_metadata, encode_metadata
from modelbox.proto import modelstore_pb2 as pb
from modelbox.wire import time_of, timestamp_of


@dataclass(frozen=True, slots=True)
class EventSource:
    """Who reports an event, such as a trainer or a workflow."""

    name: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an object.

    An equal one, with the same time, is kept once. `wallclock_time` is in seconds since the epoch, to the microsecond;
    to log one, an aware datetime will do as well, and None is now.
    """

    name: str
    source: EventSource = EventSource("")
    wallclock_time: float | datetime | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict, hash=False)
    id: str = field(default="", compare=False)


def wire_event(event: Event) -> pb.Event:
    """Return what the wire says of an event; one without a time happens now.

    Raises:
        InvalidFieldError: It is no event, or a part of it breaks a rule.
    """
    if not isinstance(event, Event):
        raise InvalidFieldError.of("event", f"needs an Event or its name, not {type(event).__name__}")
    wallclock = event.wallclock_time
    source = check_text("source", getattr(event.source, "name", event.source))
    return pb.Event(
        name=check_name("name", event.name),
        source=pb.EventSource(name=check_name("source", source) if source else ""),
        wallclock_time=timestamp_of(time() if wallclock is None else check_time("wallclock_time", wallclock)),
        metadata=pb.Metadata(json=encode_metadata(event.metadata)),
    )


def event_of(event: pb.Event) -> Event:
    """Return the event."""
    return Event(
        name=event.name,
        source=EventSource(event.source.name),
        wallclock_time=time_of(event.wallclock_time).timestamp(),
        metadata=decode_metadata(event.metadata.json),
        id=event.id,
    )
