"""The history of an object: GetHistory. It is read from the log itself, newest first.

Of a model version there are two streams to read: its own, and its model's, where it was created and where unique tags
come and go. Of a model there are those of its versions that were ever deleted beside its own. What a field was before a
change stands in an earlier event: the page reads on until it has found it.
"""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Annotated, Final, NamedTuple
from uuid import UUID

import msgspec

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Position, RecordedEvent, StreamRef
from modelbox_events.types.model import MODEL
from modelbox_events.types.model_version import MODEL_VERSION
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.frame.limits import (
    HISTORY_DELETED_MAX,
    HISTORY_EVENTS_MAX,
    HISTORY_PAGE_EVENTS,
    HISTORY_VERSIONS_MAX,
    PAGE_BYTES_MAX,
)
from modelbox_gateway.rpc.frame.method import Method, unary
from modelbox_gateway.rpc.messages import requests
from modelbox_gateway.rpc.messages.answers import timestamp
from modelbox_gateway.rpc.messages.pages import Pages, page_size
from modelbox_gateway.rpc.methods.model_version.registry import ModelRegistry
from modelbox_gateway.rules import fields
from modelbox_gateway.rules.history import CREATIONS, OWN_TYPES, changes_of, written_by
from modelbox_gateway.rules.kinds import FieldChange, events_about, type_names
from modelbox_gateway.rules.lifecycle import LIFECYCLE_TYPES, first_deletion
from modelbox_projections.model_versions.kind import ModelVersions

_Version = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
_Position = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_NEWEST: Final = 2**31 - 1
_LAST: Final = 2**63 - 1
_REGISTRY_TYPES: Final = type_names(*events_about(MODEL_VERSION))
"""The types of a model's stream that change a field of a model version."""


class PageStart(NamedTuple):
    """Where a page begins: at these versions of the streams, after so many changes of the latest of these events.

    Streams that may become more meanwhile, those of deleted versions, begin at a position of the log.
    """

    versions: tuple[_Version, ...]
    after: _Version
    position: _Position = _LAST


_PAGES: Final = Pages[PageStart]("history", PageStart)


class _Source(NamedTuple):
    """A stream that tells of an object, and the types of events that do."""

    stream_id: UUID
    types: Sequence[str]


class _Told(NamedTuple):
    """A change as it goes into a page."""

    event: RecordedEvent
    change: FieldChange


class _Page:
    """The changes of a page, and those of them of which the value before is still looked for."""

    def __init__(self) -> None:
        self.told: list[_Told] = []
        self.asked: dict[str, int] = {}
        self.bytes = 0

    def add(self, told: _Told) -> None:
        # The change before, in time, of the same field is the answer to the one that is waiting.
        self.answer({told.change.field: told.change.new})
        if told.change.asks:
            self.asked[told.change.field] = len(self.told)
        self.told.append(told)
        self.bytes += sum(len(text or "") for text in told.change[:3])

    def answer(self, written: dict[str, str | None]) -> None:
        """Take note of what stood in fields before the changes that ask for it."""
        for field in written.keys() & self.asked.keys():
            index = self.asked.pop(field)
            event, change = self.told[index]
            self.told[index] = _Told(event, change._replace(old=written[field]))


class ChangeMethods:
    """The method on the history of objects."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend
        self._log = backend.services.log
        self._registry = backend.shared(ModelRegistry)

    async def get_history(self, request: pb.GetHistoryRequest, call: Call) -> pb.GetHistoryResponse:
        """Return a page of what changed an object, newest first.

        A page that looks through many events may have few changes, or none, and yet a next page.
        """
        object_id = fields.object_id("id", request.id)
        span = await self._span(request)
        scope = f"{object_id} {span}"
        start = _PAGES.start(scope, request.page_token)
        size = page_size(request.page_size)
        stream = await self._backend.objects.find("id", object_id)
        await self._backend.freshness.reads_log(call)
        sources = await self._sources(stream, call)
        if start is None or len(start.versions) != len(sources):
            start = PageStart((_NEWEST,) * len(sources), 0)
        deleted = await self._deleted_versions(stream, call) if stream.type == MODEL else []
        page = _Page()
        more = await self._fill(page, stream, (sources, deleted), start, size=size, span=span)
        if page.asked:
            await self._look_back(page, stream, sources[0], call)
        entries = await self._entries(page, stream)
        return pb.GetHistoryResponse(entries=entries, next_page_token=_PAGES.token(scope, more) if more else "")

    async def _span(self, request: pb.GetHistoryRequest) -> tuple[int, int]:
        """Return after which position, and up to which, changes are asked for."""
        first = last = 0
        if request.HasField("since"):
            first = await self._log.position_before(requests.time_of("since", request.since))
        if request.HasField("until"):
            last = await self._log.position_before(requests.time_of("until", request.until))
            return first, last
        return first, _LAST

    async def _sources(self, stream: StreamRef, call: Call) -> list[_Source]:
        if stream.type == MODEL:
            return [_Source(stream.id, (*OWN_TYPES, *_REGISTRY_TYPES))]
        own = _Source(stream.id, OWN_TYPES)
        if stream.type != MODEL_VERSION:
            return [own]
        row = await self._registry.row(stream.id, call, field="id")
        return [own, _Source(row.model_id, _REGISTRY_TYPES)]

    async def _deleted_versions(self, model: StreamRef, call: Call) -> list[_Source]:
        """Return the streams of a model's versions that were ever deleted."""
        await self._backend.freshness.reached(call, ("model_versions",))
        ids = await self._backend.services.views.of(ModelVersions).newest(model.id, limit=HISTORY_VERSIONS_MAX)
        first = {first_deletion(StreamRef(model.namespace, MODEL_VERSION, one)).id: one for one in ids}
        found = await self._log.find_streams(list(first)) if first else {}
        deleted = [one for claim, one in first.items() if claim in found]
        return [_Source(one, LIFECYCLE_TYPES) for one in deleted[:HISTORY_DELETED_MAX]]

    async def _fill(
        self,
        page: _Page,
        stream: StreamRef,
        sources: tuple[list[_Source], list[_Source]],
        start: PageStart,
        *,
        size: int,
        span: tuple[int, int],
    ) -> PageStart | None:
        """Put changes into a page; return where the next one begins, None if there is none.

        `sources` are those that a page start has versions of, and those that begin at its position.
        """
        own, others = sources
        begins = [*zip(own, start.versions, strict=True), *((other, _NEWEST) for other in others)]
        async with AsyncExitStack() as stack:
            reads = [
                await stack.enter_async_context(aclosing(self._back(source, version, up_to=start.position)))
                for source, version in begins
            ]
            heads = [await anext(read, None) for read in reads]
            after, looked_through = start.after, 0
            while any(heads):
                index = max(range(len(heads)), key=lambda n: head.position if (head := heads[n]) else 0)
                event = heads[index]
                if event is None or event.position <= span[0]:
                    return None
                versions = tuple(head.version if head else 0 for head in heads[: len(own)])
                if looked_through == HISTORY_EVENTS_MAX:
                    return PageStart(versions, after, event.position)
                looked_through += 1
                for number, told in enumerate(self._told(event, stream)):
                    if number < after or event.position > span[1]:
                        continue
                    if len(page.told) == size or page.bytes >= PAGE_BYTES_MAX:
                        return PageStart(versions, number, event.position)
                    page.add(told)
                after = 0
                heads[index] = await anext(reads[index], None)
        return None

    async def _back(self, source: _Source, version: int, *, up_to: int = _LAST) -> AsyncGenerator[RecordedEvent, None]:
        """Give the events of a stream from a version backwards, those up to a position."""
        while version > 0:
            page = await self._log.read_stream_back(
                source.stream_id,
                before_version=version + 1,
                types=source.types,
                limit=HISTORY_PAGE_EVENTS,
                bytes_max=PAGE_BYTES_MAX,
            )
            for event in page:
                if event.position <= up_to:
                    yield event
            version = page[-1].version - 1 if page else 0

    def _told(self, event: RecordedEvent, stream: StreamRef) -> list[_Told]:
        """Return what an event changed of an object; a redacted one only says that it was there."""
        if event.redacted_by is not None:
            return [_Told(event, FieldChange("redacted", None, None))] if event.stream_id == stream.id else []
        told = [_Told(event, change) for change in changes_of(self._log.registry.decode(event))]
        if event.stream_id == stream.id:
            return told
        if stream.type == MODEL:
            return [_Told(event, change._replace(object_id=event.stream_id)) for _, change in told]
        # Of what a model's stream tells, that of this version.
        return [one for one in told if stream.id in (one.change.object_id, one.change.old_id, one.change.new_id)]

    async def _look_back(self, page: _Page, stream: StreamRef, own: _Source, call: Call) -> None:
        """Find what stood in fields before the changes of a page that ask for it."""
        asking = [page.told[index].event.version for index in page.asked.values()]
        looked_through = 0
        async with aclosing(self._back(own, max(asking))) as events:
            async for event in events:
                looked_through += 1
                if not page.asked or looked_through > HISTORY_EVENTS_MAX:
                    return
                if event.redacted_by is not None:
                    page.asked.clear()  # what it wrote nobody knows
                    return
                earlier = {
                    field: value
                    for field, value in written_by(self._log.registry.decode(event)).items()
                    if field in page.asked and event.version < page.told[page.asked[field]].event.version
                }
                page.answer(earlier)
                if event.type in CREATIONS:
                    return
        if page.asked and stream.type == MODEL_VERSION:
            row = await self._registry.row(stream.id, call, field="id")
            [created] = await self._log.read(Position(row.created_position - 1), limit=1)
            if created.redacted_by is None:
                page.answer(written_by(self._log.registry.decode(created)))

    async def _entries(self, page: _Page, stream: StreamRef) -> list[pb.HistoryEntry]:
        actors = await self._backend.users.actors_of(told.event for told in page.told)
        holders = {held for told in page.told for held in (told.change.old_id, told.change.new_id) if held is not None}
        if stream.type == MODEL:
            holders |= {told.change.object_id for told in page.told if told.change.object_id is not None}
        rows = await self._backend.services.views.of(ModelVersions).of_many(list(holders)) if holders else {}
        numbers = {held: row.version for held, row in rows.items()}
        entries = []
        for event, change in page.told:
            of_version = change.object_id is not None
            entries.append(
                pb.HistoryEntry(
                    position=event.position,
                    recorded_at=timestamp(event.recorded_at),
                    actor=actors[event.position],
                    type=event.type,
                    object_type=MODEL_VERSION if of_version else stream.type,
                    object_id=str(change.object_id or stream.id),
                    field=change.field,
                    old=_shown(change.old, change.old_id, numbers),
                    new=_shown(change.new, change.new_id, numbers),
                    old_id=str(change.old_id or ""),
                    new_id=str(change.new_id or ""),
                    reason=change.reason,
                    version=_version_of(change, numbers) if stream.type == MODEL else "",
                )
            )
        return entries


def methods(backend: Backend) -> Iterable[Method]:
    """Return the methods on the history of objects."""
    changes = ChangeMethods(backend)
    return (unary("GetHistory", pb.GetHistoryRequest, changes.get_history),)


def _version_of(change: FieldChange, numbers: Mapping[UUID, str]) -> str:
    """Return the version that a model's history tells of; a creation says itself which."""
    if change.object_id is None:
        return ""
    return numbers.get(change.object_id) or (change.new or "" if change.field == "exists" else "")


def _shown(value: str | None, holder: UUID | None, numbers: Mapping[UUID, str]) -> str | None:
    """Return a value as it is told: of a unique tag, the number of the version that held or holds it."""
    return numbers.get(holder) if value is None and holder is not None else value
