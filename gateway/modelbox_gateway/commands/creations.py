"""Creating objects that have a stream of their own from the beginning, run against the log.

Must not know: which kinds of object there are, the wire, the views.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from modelbox_events import (
    NO_STREAM,
    Append,
    Appended,
    ChangeEvent,
    InvalidEventError,
    Log,
    NewEvent,
    Position,
    RecordedEvent,
    StreamNotFoundError,
    StreamRef,
    WrongExpectedVersionError,
)
from modelbox_gateway.commands.caller import Caller
from modelbox_gateway.commands.lifecycles import NO_PARENTS, Lifecycles
from modelbox_gateway.errors import InvalidFieldError

Event = TypeVar("Event", bound=ChangeEvent)


class Created(msgspec.Struct, Generic[Event], frozen=True):
    """The event that created an object, now or, without `appended`, before.

    It is not the event of the request where that created the object when it was first sent.
    """

    event: Event
    recorded_at: datetime
    appended: Appended | None = None

    @property
    def exists(self) -> bool:
        """Whether the object was there before."""
        return self.appended is None


class Creations:
    """Creates objects: each is one append, whose stream must not exist."""

    def __init__(self, log: Log, lifecycles: Lifecycles) -> None:
        """Run on `log`."""
        self._log = log
        self._lifecycles = lifecycles

    async def create(
        self,
        stream: StreamRef,
        event: Event,
        caller: Caller,
        *,
        key_field: str,
        data_field: str = "metadata",
        opens: tuple[StreamRef, ...] = (),
        parents: Mapping[str, StreamRef] = NO_PARENTS,
    ) -> Created[Event]:
        """Create an object, or find the one that has its key.

        Args:
            stream: The object's.
            event: Its first event.
            caller: Who asks.
            key_field: The field of the request that makes the object's id.
            data_field: The field of the request that fills the event.
            opens: The streams of objects that the event creates beside it.
            parents: Objects that must not be deleted, each by the field of the request that names it.

        Raises:
            ObjectDeletedError: The object is there and deleted, or one of the parents is.
            InvalidFieldError: Another kind of object has the id; or the event is too large.
        """

        async def record(absent: tuple[StreamRef, ...]) -> Appended:
            return await self._log.append(
                Append(
                    stream=stream,
                    events=(NewEvent(event, opens),),
                    expected_version=NO_STREAM,
                    context=caller.context,
                    absent=absent,
                    key=caller.key,
                    request_hash=caller.request_hash,
                )
            )

        try:
            appended = await self._lifecycles.under(parents, record)
        except WrongExpectedVersionError:
            await self._lifecycles.refuse_deleted(key_field, stream)
            return await self.first(stream, type(event))
        except StreamNotFoundError as error:
            # A stream of that id is there, but of another type or in another namespace.
            raise InvalidFieldError(key_field, f"{stream.id} is the id of another object; draw a new one") from error
        except InvalidEventError as error:
            # The log judges an event as a whole; the caller knows it by the field that fills it.
            if error.field == "data":
                raise InvalidFieldError(data_field, error.problem) from error
            raise
        if appended.duplicate:
            # What was recorded when the request was first sent counts: its id may have been drawn here.
            [first] = await self._log.read(Position(appended.first_position - 1), limit=1)
            return Created(self._read(first, type(event)), appended.recorded_at, appended)
        return Created(event, appended.recorded_at, appended)

    async def first(self, stream: StreamRef, event_type: type[Event]) -> Created[Event]:
        """Return the event that created an object which exists and has its stream from the beginning."""
        [first] = await self._log.read_stream(stream.id, limit=1)
        return Created(self._read(first, event_type), first.recorded_at)

    def _read(self, recorded: RecordedEvent, event_type: type[Event]) -> Event:
        event = self._log.registry.decode(recorded)
        if not isinstance(event, event_type):
            raise InvalidEventError("type", f"{recorded.type} at {recorded.position} is no {event_type.__name__}")
        return event
