"""Commands on any object: where it is, and what is logged on it, which goes to its own stream, whatever its version."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from modelbox_events import (
    STREAM_EXISTS,
    Append,
    ChangeEvent,
    InvalidEventError,
    Log,
    NewEvent,
    Position,
    StreamExistsError,
    StreamRef,
)
from modelbox_events.event import Kind
from modelbox_gateway.commands import limits
from modelbox_gateway.commands.caller import Caller
from modelbox_gateway.commands.lru import LruMap
from modelbox_gateway.commands.result import Result
from modelbox_gateway.errors import InvalidFieldError, ObjectNotFoundError


class Objects:
    """The commands that all kinds of object have in common."""

    def __init__(self, log: Log) -> None:
        """Run on `log`."""
        self._log = log
        self._streams: LruMap[UUID, StreamRef] = LruMap(limits.STREAMS_CACHED_MAX, log.head)

    async def find(self, field: str, object_id: UUID, *, kind: Kind = "") -> StreamRef:
        """Return an object's stream; it never changes.

        Args:
            field: Where the request names the object.
            object_id: The object.
            kind: The kind it must be of; empty for any.

        Raises:
            ObjectNotFoundError: There is no such object.
        """
        ref = self._streams.get(object_id)
        if ref is None:
            state = await self._log.find_stream(object_id)
            if state is None or state.ref.type not in self._log.registry.kinds:
                raise ObjectNotFoundError(field, kind or "object", str(object_id))
            ref = state.ref
            self._streams.put(object_id, ref)
        if kind and ref.type != kind:
            raise ObjectNotFoundError(field, kind, str(object_id))
        return ref

    def remember(self, ref: StreamRef) -> None:
        """Take note of an object that was just created."""
        self._streams.put(ref.id, ref)

    async def log(
        self, stream: StreamRef, events: Sequence[NewEvent], caller: Caller, *, field: str
    ) -> Result[ChangeEvent]:
        """Record what is logged on an object: all or none.

        Args:
            stream: The object.
            events: What is logged.
            caller: Who asks.
            field: The field of the request that fills the events.

        Raises:
            InvalidFieldError: It does not fit an event.
            StreamExistsError: An event opens a stream that there is.
        """
        try:
            appended = await self._log.append(
                Append(
                    stream=stream,
                    events=events,
                    expected_version=STREAM_EXISTS,
                    context=caller.context,
                    key=caller.key,
                    request_hash=caller.request_hash,
                )
            )
        except InvalidEventError as error:
            # The log judges an event as a whole; the caller knows it by the field that fills it.
            if error.field == "data":
                raise InvalidFieldError(field, error.problem) from error
            raise
        return Result(appended)

    async def log_once(self, stream: StreamRef, event: NewEvent, caller: Caller, *, field: str) -> Result[ChangeEvent]:
        """Record what is logged on an object, unless an equal event has opened the stream that it opens; see `log`."""
        try:
            return await self.log(stream, (event,), caller, field=field)
        except StreamExistsError:
            return Result()

    async def opened_at(self, field: str, stream: StreamRef) -> datetime:
        """Return when a stream without events of its own was opened; `field` is where the request names what did so."""
        state = await self._log.find_stream(stream.id)
        if state is None:
            raise ObjectNotFoundError(field, stream.type, str(stream.id))
        [opening] = await self._log.read(Position(state.last_position - 1), limit=1)
        return opening.recorded_at
