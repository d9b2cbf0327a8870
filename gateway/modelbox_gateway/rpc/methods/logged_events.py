"""Events that users report on objects: LogEvent, ListEvents."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Final

import msgspec

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Position
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.frame.limits import PAGE_BYTES_MAX
from modelbox_gateway.rpc.frame.method import Method, unary
from modelbox_gateway.rpc.messages import requests
from modelbox_gateway.rpc.messages.answers import metadata_message, timestamp
from modelbox_gateway.rpc.messages.encoded import with_items
from modelbox_gateway.rpc.messages.pages import Pages, PositionStart, fill_page, page_size
from modelbox_gateway.rules import fields
from modelbox_gateway.rules.logged import LoggedEvent, logged
from modelbox_projections import LoggedEventRow, LoggedEventSortKey
from modelbox_projections.logged_events.queries import LoggedEvents

_VIEWS: Final = ("logged_events",)
_Time = Annotated[datetime, msgspec.Meta(tz=True)]
_PAGES: Final = Pages[tuple[datetime, Position]]("logged events", tuple[_Time, PositionStart])

_READ_BYTES_MAX: Final = 2 * PAGE_BYTES_MAX
"""Metadata read for a page: more than fills it, since the page, not what was read, says whether another follows."""


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
        objects, new = self._backend.objects, logged(stream, event)
        result = await objects.log_once(stream, new, caller, field="event.metadata")
        recorded_at = await objects.opened_at("event", new.opens[0]) if result.exists else result.recorded_at
        self._backend.freshness.wrote(call, result.appended)
        return pb.LogEventResponse(created_at=timestamp(recorded_at), exists=result.exists)

    async def list_events(self, request: pb.ListEventsRequest, call: Call) -> bytes:
        """Return a page of the events logged on an object, by wallclock, from `since` on."""
        object_id = fields.object_id("parent_id", request.parent_id)
        since = requests.time_of("since", request.since) if request.HasField("since") else None
        scope = f"{object_id} {since}"
        start = _PAGES.start(scope, request.page_token)
        size = page_size(request.page_size)
        await self._backend.objects.find("parent_id", object_id)
        await self._backend.freshness.reached(call, _VIEWS)
        after = None if start is None else LoggedEventSortKey(*start)
        views = self._backend.services.views
        rows = await views.of(LoggedEvents).list(
            object_id, since=since, limit=size + 1, after=after, bytes_max=_READ_BYTES_MAX
        )

        async def of(part: Sequence[LoggedEventRow]) -> list[pb.Event]:
            return await asyncio.to_thread(_messages, part, as_json=call.takes_json)

        items, more = await fill_page(rows, size, of)
        token = _PAGES.token(scope, rows[len(items) - 1].sort_key) if more else ""
        return with_items(pb.ListEventsResponse(next_page_token=token), "events", items)


def methods(backend: Backend) -> Iterable[Method]:
    """Return the methods on logged events."""
    events = LoggedEventMethods(backend)
    return (
        unary("LogEvent", pb.LogEventRequest, events.log_event),
        unary("ListEvents", pb.ListEventsRequest, events.list_events),
    )


def _messages(rows: Sequence[LoggedEventRow], *, as_json: bool) -> list[pb.Event]:
    return [
        pb.Event(
            id=str(row.id),
            name=row.name,
            source=pb.EventSource(name=row.source),
            wallclock_time=timestamp(row.wallclock),
            metadata=metadata_message(row.metadata, as_json=as_json),
        )
        for row in rows
    ]
