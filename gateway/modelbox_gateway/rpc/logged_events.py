"""Events that users report on objects: LogEvent."""

from modelbox.proto import modelstore_pb2 as pb
from modelbox_gateway.commands import fields
from modelbox_gateway.commands.logged import LoggedEvent
from modelbox_gateway.rpc import requests
from modelbox_gateway.rpc.answers import timestamp
from modelbox_gateway.rpc.backend import Backend
from modelbox_gateway.rpc.call import Call


class LoggedEventMethods:
    """The methods on logged events."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend

    async def log_event(self, request: pb.LogEventRequest, call: Call) -> pb.LogEventResponse:
        """Log an event on an object; an equal one is answered as it is. Without a wallclock it happened now."""
        object_id = fields.object_id("parent_id", request.parent_id)
        event = LoggedEvent(
            name=fields.name("event.name", request.event.name),
            source=fields.optional_name("event.source.name", request.event.source.name),
            wallclock=requests.time_or_now("event.wallclock_time", request.event, "wallclock_time"),
            metadata=requests.metadata_of("event.metadata", request.event.metadata),
        )
        caller = call.caller(request)
        stream = await self._backend.objects.find("parent_id", object_id)
        recorded_at, appended = await self._backend.objects.log_event(stream, event, caller)
        self._backend.freshness.wrote(call, appended)
        return pb.LogEventResponse(created_at=timestamp(recorded_at), exists=appended is None)
