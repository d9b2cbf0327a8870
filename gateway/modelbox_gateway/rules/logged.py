"""What is logged on objects of any kind: points, hyperparameters, events, and what an object was made with."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import msgspec

from modelbox_events.event import NewEvent, StreamRef
from modelbox_events.ids import object_id
from modelbox_events.types.lineage import LineageLinked
from modelbox_events.types.metrics import MetricsLogged, Series
from modelbox_events.types.objects import EventLogged, HyperparametersLogged
from modelbox_gateway.errors import InvalidFieldError

LOGGED_EVENT: Final = "logged_event"
LINEAGE_LINK: Final = "lineage_link"

# Equal JSON has equal bytes whatever the order in which its keys came.
_canonical: Final = msgspec.json.Encoder(order="deterministic").encode


class LoggedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that a user reports; `wallclock` is when it happened, as the user says."""

    name: str
    source: str = ""
    wallclock: datetime
    metadata: dict[str, Any] = {}


def logged_event_id(parent_id: UUID, event: LoggedEvent) -> UUID:
    """Return the id of an event on an object: equal ones, to the microsecond of their wallclock, have the same."""
    wallclock = event.wallclock.astimezone(UTC).isoformat(timespec="microseconds")
    digest = sha256(_canonical(event.metadata)).hexdigest()
    return object_id(LOGGED_EVENT, str(parent_id), event.name, event.source, wallclock, digest)


def logged(parent: StreamRef, event: LoggedEvent) -> NewEvent:
    """Return what the log records of an event; it opens the event's id, so that an equal one is refused."""
    event_id = logged_event_id(parent.id, event)
    recorded = EventLogged(
        object_id=parent.id,
        id=event_id,
        name=event.name,
        source=event.source,
        wallclock=event.wallclock,
        metadata=event.metadata,
    )
    return NewEvent(recorded, (StreamRef(parent.namespace, LOGGED_EVENT, event_id),))


def linked(used: StreamRef, made: StreamRef, relation: str) -> NewEvent:
    """Return what the log records of `made` having been made with `used`; an equal link is refused.

    Raises:
        InvalidFieldError: Both are the same object.
    """
    if used.id == made.id:
        raise InvalidFieldError("to_id", "is the object of from_id; nothing is made with itself")
    link_id = object_id(LINEAGE_LINK, str(used.id), str(made.id), relation)
    event = LineageLinked(from_id=used.id, to_id=made.id, relation=relation)
    return NewEvent(event, (StreamRef(made.namespace, LINEAGE_LINK, link_id),))


def hyperparameters_logged(parent: StreamRef, hyperparameters: dict[str, Any]) -> NewEvent:
    """Return what the log records of hyperparameters."""
    return NewEvent(HyperparametersLogged(object_id=parent.id, hyperparameters=hyperparameters))


def metrics_logged(parent: StreamRef, series: list[Series]) -> NewEvent:
    """Return what the log records of points."""
    return NewEvent(MetricsLogged(object_id=parent.id, series=series))
