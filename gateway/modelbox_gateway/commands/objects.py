"""Commands on any object: what is logged on it goes to its own stream, whatever its version.

Must not know: the wire, the views.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from modelbox_events import (
    STREAM_EXISTS,
    Append,
    Appended,
    InvalidEventError,
    Log,
    NewEvent,
    Position,
    StreamExistsError,
    StreamRef,
)
from modelbox_events.types.artifact import ARTIFACT, ArtifactsTracked, ArtifactUploaded
from modelbox_events.types.metadata import MetadataRemoved, MetadataUpdated
from modelbox_events.types.metrics import MetricsLogged, Series
from modelbox_events.types.objects import HyperparametersLogged
from modelbox_gateway.commands import limits
from modelbox_gateway.commands.caller import Caller
from modelbox_gateway.commands.logged import LOGGED_EVENT, LoggedEvent, linked, logged
from modelbox_gateway.commands.lru import LruMap
from modelbox_gateway.commands.tracked import TRACKED, File, artifact_id, tracked_files
from modelbox_gateway.errors import InvalidFieldError, ObjectNotFoundError

Item = TypeVar("Item")

Superseded = Callable[[StreamRef, Mapping[UUID, str]], Awaitable[set[UUID]]]
"""Returns the ids of those of an object's files, given with their paths, that are not the last under these."""


class Objects:
    """The commands that all kinds of object have in common."""

    def __init__(self, log: Log) -> None:
        """Run on `log`."""
        self._log = log
        self._streams: LruMap[UUID, StreamRef] = LruMap(limits.STREAMS_CACHED_MAX, log.head)

    async def find(self, field: str, object_id: UUID, *, kind: str = "") -> StreamRef:
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

    async def update_metadata(
        self, stream: StreamRef, metadata: dict[str, Any], caller: Caller, *, removed: Sequence[str] = ()
    ) -> Appended:
        """Write keys of an object's metadata, and take others away, in one change."""
        events: list[NewEvent] = []
        if metadata:
            events.append(NewEvent(MetadataUpdated(object_id=stream.id, metadata=metadata)))
        if removed:
            events.append(NewEvent(MetadataRemoved(object_id=stream.id, keys=list(removed))))
        return await self._append(stream, *events, caller=caller, field="metadata")

    async def log_hyperparameters(self, stream: StreamRef, hyperparameters: dict[str, Any], caller: Caller) -> Appended:
        """Record hyperparameters of an object."""
        event = HyperparametersLogged(object_id=stream.id, hyperparameters=hyperparameters)
        return await self._append(stream, NewEvent(event), caller=caller, field="hyperparameters")

    async def log_event(
        self, stream: StreamRef, event: LoggedEvent, caller: Caller
    ) -> tuple[datetime, Appended | None]:
        """Log an event on an object; return when it was recorded, now or, if an equal one is there, before."""
        new = logged(stream, event)
        try:
            appended = await self._append(stream, new, caller=caller, field="event.metadata")
        except StreamExistsError as error:
            return await self._opened_at(error.stream_id), None
        return appended.recorded_at, appended

    async def link(self, used: StreamRef, made: StreamRef, caller: Caller, *, relation: str) -> Appended | None:
        """Record that an object was made with another; None says that it was recorded before.

        Raises:
            InvalidFieldError: The two cannot be linked.
        """
        try:
            return await self._append(made, linked(used, made, relation), caller=caller, field="relation")
        except StreamExistsError:
            return None

    async def log_metrics(self, stream: StreamRef, series: list[Series], caller: Caller) -> Appended:
        """Log points on an object: all or none."""
        event = MetricsLogged(object_id=stream.id, series=series)
        return await self._append(stream, NewEvent(event), caller=caller, field="series")

    async def track_files(
        self, stream: StreamRef, files: Sequence[File], caller: Caller, *, superseded: Superseded
    ) -> tuple[list[UUID], Appended | None]:
        """Attach files kept elsewhere; return their ids in order, and where those that are new were recorded.

        The last one under a path counts, as of uploads. `superseded` is asked only where some are known.
        """
        ids = [artifact_id(stream.id, TRACKED, file) for file in files]
        by_id = dict(zip(ids, files, strict=True))
        wanted, again = by_id, set[UUID]()
        while wanted or again:
            meant = [file for file_id, file in by_id.items() if file_id in wanted or file_id in again]
            recorded, _ = tracked_files(stream.namespace, stream.id, meant)
            opens = tuple(StreamRef(stream.namespace, ARTIFACT, file_id) for file_id in wanted)
            event = NewEvent(ArtifactsTracked(object_id=stream.id, files=recorded), opens)
            try:
                return ids, await self._append(stream, event, caller=caller, field="files")
            except StreamExistsError:
                wanted = await self._new(wanted)
                known = {file_id: file.path for file_id, file in by_id.items() if file_id not in wanted}
                again = await superseded(stream, known)
        return ids, None

    async def record_uploads(
        self,
        stream: StreamRef,
        uploads: Sequence[ArtifactUploaded],
        caller: Caller,
        *,
        field: str,
        superseded: Superseded,
    ) -> tuple[set[UUID], Appended | None]:
        """Record uploads whose bytes are durable, all or none; return the ids of the new ones, and where they are.

        The last upload under a path counts. One that is known already is recorded again when another came after it.

        Args:
            stream: The object.
            uploads: Its files.
            caller: Who asks.
            field: Where the request names the files.
            superseded: Asked only where some are known.
        """
        by_id = {uploaded.id: uploaded for uploaded in uploads}
        wanted, again = by_id, set[UUID]()
        while wanted or again:
            events = [
                NewEvent(uploaded, (StreamRef(stream.namespace, ARTIFACT, uploaded.id),) if file_id in wanted else ())
                for file_id, uploaded in by_id.items()
                if file_id in wanted or file_id in again
            ]
            try:
                return set(wanted), await self._append(stream, *events, caller=caller, field=field)
            except StreamExistsError:
                wanted = await self._new(wanted)
                known = {file_id: uploaded.path for file_id, uploaded in by_id.items() if file_id not in wanted}
                again = await superseded(stream, known)
        return set(), None

    async def _new(self, wanted: dict[UUID, Item]) -> dict[UUID, Item]:
        """Return those of these artifacts that there are not yet."""
        found = await asyncio.gather(*map(self._log.find_stream, wanted))
        return {file_id: wanted[file_id] for file_id, state in zip(wanted, found, strict=True) if state is None}

    async def _opened_at(self, stream_id: UUID) -> datetime:
        """Return when a stream without events of its own was opened."""
        state = await self._log.find_stream(stream_id)
        if state is None:
            raise ObjectNotFoundError("event", LOGGED_EVENT, str(stream_id))
        [opening] = await self._log.read(Position(state.last_position - 1), limit=1)
        return opening.recorded_at

    async def _append(self, stream: StreamRef, *events: NewEvent, caller: Caller, field: str) -> Appended:
        try:
            return await self._log.append(
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
