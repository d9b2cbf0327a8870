"""Creating objects that have a stream of their own from the beginning, run against the log."""

from modelbox_events import (
    NO_STREAM,
    Append,
    Appended,
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
from modelbox_gateway.commands.lifecycles import Lifecycles
from modelbox_gateway.commands.result import Event, Result
from modelbox_gateway.errors import InvalidFieldError
from modelbox_gateway.rules.creation import Creation


class Creations:
    """Creates objects: each is one append, whose stream must not exist."""

    def __init__(self, log: Log, lifecycles: Lifecycles) -> None:
        """Run on `log`."""
        self._log = log
        self._lifecycles = lifecycles

    async def create(self, creation: Creation[Event], caller: Caller) -> Result[Event]:
        """Create an object, or find the one that has its key.

        Raises:
            ObjectDeletedError: The object is there and deleted, or one of the parents is.
            InvalidFieldError: Another kind of object has the id; or the event is too large.
        """
        stream, event = creation.stream, creation.event

        async def record(absent: tuple[StreamRef, ...]) -> Appended:
            return await self._log.append(
                Append(
                    stream=stream,
                    events=(NewEvent(event, creation.opens),),
                    expected_version=NO_STREAM,
                    context=caller.context,
                    absent=absent,
                    key=caller.key,
                    request_hash=caller.request_hash,
                )
            )

        try:
            appended = await self._lifecycles.under(creation.parents, record)
        except WrongExpectedVersionError:
            await self._lifecycles.refuse_deleted(creation.key_field, stream)
            return await self.first(stream, type(event))
        except StreamNotFoundError as error:
            # A stream of that id is there, but of another type or in another namespace.
            problem = f"{stream.id} is the id of another object; draw a new one"
            raise InvalidFieldError(creation.key_field, problem) from error
        except InvalidEventError as error:
            # The log judges an event as a whole; the caller knows it by the field that fills it.
            if error.field == "data":
                raise InvalidFieldError(creation.data_field, error.problem) from error
            raise
        if appended.duplicate:
            # What was recorded when the request was first sent counts: its id may have been drawn here.
            [first] = await self._log.read(Position(appended.first_position - 1), limit=1)
            return Result(appended, (self._read(first, type(event)),))
        return Result(appended, (event,))

    async def first(self, stream: StreamRef, event_type: type[Event]) -> Result[Event]:
        """Return the event that created an object which exists and has its stream from the beginning."""
        [first] = await self._log.read_stream(stream.id, limit=1)
        return Result(events=(self._read(first, event_type),), before=first.recorded_at)

    def _read(self, recorded: RecordedEvent, event_type: type[Event]) -> Event:
        event = self._log.registry.decode(recorded)
        if not isinstance(event, event_type):
            raise InvalidEventError("type", f"{recorded.type} at {recorded.position} is no {event_type.__name__}")
        return event
