"""The history of metadata: GetMetadataHistory. It is read from the log itself, which forgets no value."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import Annotated, Any, Final, NamedTuple

import msgspec

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Position, RecordedEvent, StreamRef
from modelbox_events.types.metadata import MetadataRemoved, MetadataUpdated
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.frame.limits import HISTORY_EVENTS_MAX, HISTORY_PAGE_EVENTS, PAGE_BYTES_MAX
from modelbox_gateway.rpc.frame.method import Method, unary
from modelbox_gateway.rpc.lookup.rows import known_row
from modelbox_gateway.rpc.messages.answers import timestamp
from modelbox_gateway.rpc.messages.pages import Pages, page_size
from modelbox_gateway.rules import fields
from modelbox_gateway.rules.kinds import own_creations, rules_of, type_names

_TYPES: Final = type_names(
    MetadataUpdated,
    MetadataRemoved,
    *(event for event in own_creations() if "metadata" in event.__struct_fields__),
)
"""The event types that write or take away metadata of the object in whose stream they stand."""

_Version = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class PageStart(NamedTuple):
    """Where a page begins: at the event of this version in the object's stream, after so many of its changes.

    Version 0 stands for an event that created the object in the stream of another.
    """

    version: _Version
    after: _Version


_PAGES: Final = Pages[PageStart]("metadata history", PageStart)
_NEWEST: Final = PageStart(2**31 - 1, 0)
_encode: Final = msgspec.json.Encoder().encode


class HistoryMethods:
    """The method on the history of metadata."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend
        self._log = backend.services.log

    async def get_metadata_history(
        self, request: pb.GetMetadataHistoryRequest, call: Call
    ) -> pb.GetMetadataHistoryResponse:
        """Return a page of the values that keys of an object's metadata had, newest first.

        A page that looks through many events of other keys may have few changes, or none, and yet a next page.
        """
        object_id = fields.object_id("parent_id", request.parent_id)
        key = fields.optional_name("key", request.key)
        scope = f"{object_id} {key}"
        start = _PAGES.start(scope, request.page_token) or _NEWEST
        size = page_size(request.page_size)
        stream = await self._backend.objects.find("parent_id", object_id)
        await self._backend.freshness.reads_log(call)
        page: list[pb.MetadataChange] = []
        looked_through = taken = 0
        async with aclosing(self._events(stream, start.version, call)) as events:
            async for version, event in events:
                skipped = start.after if version == start.version else 0
                if looked_through == HISTORY_EVENTS_MAX:
                    return _answer(page, _PAGES.token(scope, PageStart(version, 0)))
                looked_through += 1
                actor = (await self._backend.users.actors_of([event]))[event.position]
                for number, change in enumerate(self._changes(event, key)[skipped:], skipped):
                    if len(page) == size or taken >= PAGE_BYTES_MAX:
                        return _answer(page, _PAGES.token(scope, PageStart(version, number)))
                    change.actor = actor
                    page.append(change)
                    taken += change.ByteSize()
        return _answer(page, "")

    async def _events(
        self, stream: StreamRef, version: int, call: Call
    ) -> AsyncGenerator[tuple[int, RecordedEvent], None]:
        """Give the events that wrote metadata of an object, from a version backwards."""
        while version > 0:
            page = await self._log.read_stream_back(
                stream.id,
                before_version=version + 1,
                types=_TYPES,
                limit=HISTORY_PAGE_EVENTS,
                bytes_max=PAGE_BYTES_MAX,
            )
            for event in page:
                yield event.version, event
            version = page[-1].version - 1 if page else 0
        if rules_of(stream.type).begins_in is not None:
            yield 0, await self._creation(stream, call)

    async def _creation(self, stream: StreamRef, call: Call) -> RecordedEvent:
        """Return the event that created an object in the stream of another: where, the view knows."""
        view = self._backend.services.views.objects_of(stream.type)
        row = await known_row(self._backend, call, stream.type, stream.id, view=view, field="parent_id")
        [created] = await self._log.read(Position(row.created_position - 1), limit=1)
        return created

    def _changes(self, event: RecordedEvent, key: str) -> list[pb.MetadataChange]:
        """Return what an event wrote, by key; only of one key unless it is empty. A redacted event wrote nothing."""
        if event.redacted_by is not None:
            return []
        data: Any = self._log.registry.decode(event)
        removed = isinstance(data, MetadataRemoved)
        values = dict.fromkeys(data.keys) if removed else data.metadata
        recorded_at = timestamp(event.recorded_at)
        return [
            pb.MetadataChange(
                key=name,
                json=_encode(value).decode(),
                recorded_at=recorded_at,
                position=event.position,
                removed=removed,
            )
            for name, value in sorted(values.items())
            if not key or name == key
        ]


def methods(backend: Backend) -> Iterable[Method]:
    """Return the methods on the history of metadata."""
    history = HistoryMethods(backend)
    return (unary("GetMetadataHistory", pb.GetMetadataHistoryRequest, history.get_metadata_history),)


def _answer(page: list[pb.MetadataChange], token: str) -> pb.GetMetadataHistoryResponse:
    return pb.GetMetadataHistoryResponse(changes=page, next_page_token=token)
