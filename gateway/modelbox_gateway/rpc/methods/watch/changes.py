"""From a recorded event to what watchers are told of it."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import structs

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import ChangeEvent, RecordedEvent, Token
from modelbox_events.event import Effect
from modelbox_events.registry import Registry
from modelbox_gateway.rpc.messages.answers import timestamp
from modelbox_gateway.rpc.messages.values import to_value
from modelbox_gateway.rpc.methods.watch.about import About, Abouts

_decode: Final = msgspec.json.Decoder().decode
_NOTHING: Final = About()
_OVERHEAD_BYTES: Final = 1_024  # of a change beside its data, generously


_EFFECTS: Final = MappingProxyType(
    {
        Effect.CREATES: pb.OBJECT_CREATED,
        Effect.UPDATES: pb.OBJECT_UPDATED,
        Effect.DELETES: pb.OBJECT_DELETED,
    }
)


class Change:
    """What all watchers of a namespace are told of an event: encoded once, when the first of them asks.

    Attributes:
        position: The event's.
        recorded_at: When it was recorded.
        size: Bytes that are held of it.
        kept: Whether it is among those kept for all.
    """

    __slots__ = ("_about", "_body", "_changes", "_event", "_token", "kept", "position", "recorded_at", "size")

    def __init__(self, changes: "Changes", event: RecordedEvent, token: Token) -> None:
        """Hold the event until it is encoded."""
        self._changes = changes
        self._event: RecordedEvent | None = event
        self._token = token
        self._about = About()
        self._body = b""
        self.position = event.position
        self.recorded_at = event.recorded_at
        self.size = _OVERHEAD_BYTES + len(event.data or b"")
        self.kept = False

    async def look_up(self, abouts: Abouts) -> None:
        """Find out what is told beside the payload, before the change is encoded.

        Raises:
            LogUnavailableError: Postgres does not answer.
        """
        if self._event is not None:
            self._about = await abouts.of(self._event)

    def encoded(self, *, with_hash: bool) -> bytes:
        """Return the `WatchNamespaceResponse` for a client that takes tokens with a hash, or for one that does not."""
        if self._event is not None:
            self._body = self._changes.body(self._event, self._about)
            self._event = None
            self.size = _OVERHEAD_BYTES + len(self._body)
        token = self._token if with_hash else self._token.without_hash()
        # Encoded messages behind each other are their merge: only the token differs between clients.
        return self._body + pb.WatchNamespaceResponse(token=str(token)).SerializeToString()


class Changes:
    """Makes the messages of changes."""

    def __init__(self, log_id: Callable[[], UUID], registry: Registry) -> None:
        """Read events with these types; `log_id` gives the log's epoch as it is when a change is told."""
        self._log_id = log_id
        self._registry = registry

    def change(self, event: RecordedEvent) -> Change:
        """Return what watchers are told of an event."""
        return Change(self, event, Token(self._log_id(), event.position).at(event.hash))

    def body(self, event: RecordedEvent, about: About = _NOTHING) -> bytes:
        """Return what a watcher is told of an event, encoded, without the token."""
        payload = self._payload(event)
        # What only a newer version knows is told as a change of the object in whose stream it stands.
        known = self._registry.types.get(event.type)
        says: type[ChangeEvent] = known.struct if known else ChangeEvent
        target = says.target
        return pb.WatchNamespaceResponse(
            event=_EFFECTS[says.effect],
            payload=to_value(payload),
            type=event.type,
            object_type=target.kind if target else event.stream_type,
            object_id=target.id_in(payload) if target else str(event.stream_id),
            position=event.position,
            recorded_at=timestamp(event.recorded_at),
            redacted_by=event.redacted_by or 0,
            **structs.asdict(about),
        ).SerializeToString()

    def _payload(self, event: RecordedEvent) -> Any:
        if event.redacted_by is not None:
            return None
        known = self._registry.types.get(event.type)
        if known is not None and known.schema_version != event.schema_version:
            return _decode(self._registry.encode(self._registry.decode(event)))
        text = event.json
        return _decode(text) if text is not None else None
