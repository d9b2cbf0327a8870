"""Logged events that break a rule, as events that do not."""

from collections.abc import Mapping
from typing import Any

from modelbox.capture.plain import PlainValues, free_name
from modelbox.errors import InvalidFieldError
from modelbox.fields import check_time
from modelbox.foreign import items_of
from modelbox.logged_events import Event, EventSource
from modelbox.oddities import Oddities


def sound_event(oddities: Oddities, event: Event, error: InvalidFieldError) -> Event:
    """Return an event as it can be logged.

    Args:
        error: What is wrong with it.

    Raises:
        InvalidFieldError: The error; where strict.
    """
    oddities.note("odd events", error, "the event is kept without that")
    source = getattr(event.source, "name", event.source)
    try:
        time = None if event.wallclock_time is None else check_time("wallclock_time", event.wallclock_time)
    except InvalidFieldError:
        time = None
    return Event(
        name=oddities.name("name", event.name),
        source=EventSource(oddities.name("source", source) if source else ""),
        wallclock_time=time,
        metadata=plain_values(oddities, event.metadata),
    )


def plain_values(oddities: Oddities, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by name as metadata can hold them."""
    plain = PlainValues(oddities)
    found: dict[str, Any] = {}
    for key, value in items_of(values):
        name = free_name(oddities.name("metadata key", key), found)
        found[name] = plain.of(f"metadata[{name[:80]!r}]", value)
    return found
