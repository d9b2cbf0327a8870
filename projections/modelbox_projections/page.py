"""A page of the log, as projections fold it."""

from collections.abc import Iterator, Sequence

from modelbox_events import Position, RecordedEvent
from modelbox_events.registry import Registry
from modelbox_projections.limits import FOLD_BYTES_MAX
from modelbox_projections.projection import DecodedEvent, Projection


class Page:
    """What the log says from `after` (exclusive) to `last` (inclusive).

    Attributes:
        after: Where the cursor stands before the page.
        events: The events, in log order; those that no reader of the page asks for may be left out.
        last: Where the cursor stands after it.
        hash: The chain's hash at `last`.
        kinds: The types of the events, each with the type of its stream. Redacted events, which say nothing, are passed
            over.
    """

    __slots__ = ("after", "events", "hash", "kinds", "last")

    def __init__(self, after: Position, events: Sequence[DecodedEvent], *, last: Position, last_hash: bytes) -> None:
        """Hold these events."""
        self.after = after
        self.events = events
        self.last = last
        self.hash = last_hash
        self.kinds = {
            (event.recorded.type, event.recorded.stream_type) for event in events if event.recorded.redacted_by is None
        }

    @classmethod
    def ending_with(cls, after: Position, events: Sequence[DecodedEvent]) -> "Page":
        """Return a page that ends with the last of these events, at least one."""
        last = events[-1].recorded
        return cls(after, events, last=last.position, last_hash=last.hash)

    def concerns(self, projection: Projection) -> bool:
        """Tell whether the page holds an event that a projection reads."""
        return any(projection.reads(*kind) for kind in self.kinds)

    def read_by(self, projection: Projection) -> list[DecodedEvent]:
        """Return the events that a projection reads, in log order."""
        kinds = {kind for kind in self.kinds if projection.reads(*kind)}
        return [
            event
            for event in self.events
            if (event.recorded.type, event.recorded.stream_type) in kinds and event.recorded.redacted_by is None
        ]

    def halves(self) -> tuple["Page", "Page"]:
        """Cut a page of at least two events in the middle."""
        middle = len(self.events) // 2
        first = Page.ending_with(self.after, self.events[:middle])
        return first, Page(first.last, self.events[middle:], last=self.last, last_hash=self.hash)


def pages_of(after: Position, events: Sequence[RecordedEvent], registry: Registry) -> Iterator[Page]:
    """Cut events into pages of at most `FOLD_BYTES_MAX` bytes of data, at least one event each.

    Args:
        after: Where the first page begins.
        events: The next events in log order; between them none is missing but those nobody asks for.
        registry: Reads the events.
    """
    part: list[DecodedEvent] = []
    size = 0
    for event in events:
        length = event.json_size
        if part and size + length > FOLD_BYTES_MAX:
            yield Page.ending_with(after, part)
            after, part, size = part[-1].position, [], 0
        part.append(DecodedEvent(event, registry))
        size += length
    if part:
        yield Page.ending_with(after, part)
