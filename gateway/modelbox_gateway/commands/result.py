"""What became of a command, whatever it was."""

from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

import msgspec

from modelbox_events.event import Appended, ChangeEvent

Event = TypeVar("Event", bound=ChangeEvent)
Event_co = TypeVar("Event_co", bound=ChangeEvent, covariant=True)


class Result(msgspec.Struct, Generic[Event_co], frozen=True):
    """What a command recorded, now or when the same request was first sent; or that everything was so before.

    Attributes:
        appended: Where it is recorded; none if everything was so before.
        events: What was recorded, where the command decided on it; of an object that was there before, the event that
            created it.
        opened: The objects that came into being beside the one whose stream it is in, where the command tells.
        before: When that was recorded which was so before, where the command tells.
    """

    appended: Appended | None = None
    events: tuple[Event_co, ...] = ()
    opened: frozenset[UUID] = frozenset()
    before: datetime | None = None

    @property
    def exists(self) -> bool:
        """Whether everything was so before."""
        return self.appended is None

    @property
    def event(self) -> Event_co:
        """The first event."""
        return self.events[0]

    @property
    def recorded_at(self) -> datetime:
        """When it was recorded, now or before.

        Raises:
            LookupError: It was so before, and the command does not tell since when.
        """
        at = self.before if self.appended is None else self.appended.recorded_at
        if at is None:
            raise LookupError("everything was so before, since when is not known")
        return at

    def first(self, event_type: type[Event]) -> Event:
        """Return the first event of a type that was recorded."""
        return next(event for event in self.events if isinstance(event, event_type))
