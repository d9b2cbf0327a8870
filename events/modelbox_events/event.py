"""The values that go into the log and come out of it.

Must not know: Postgres, NATS, event types.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum, IntEnum
from typing import Any, ClassVar, Final, NamedTuple, NewType, TypeAlias
from uuid import UUID

import msgspec

from modelbox_events.compression import FrameError, decompress, size_of
from modelbox_events.errors import LogCorruptedError, NewerVersionError
from modelbox_events.ids import Position
from modelbox_events.token import Token

ExpectedVersion = NewType("ExpectedVersion", int)
"""The version the caller decided on: 0 or more, or one of the three constants below."""

NO_STREAM: Final = ExpectedVersion(-1)
"""The stream must not exist."""
STREAM_EXISTS: Final = ExpectedVersion(-2)
"""The stream must exist, at any version."""
ANY_VERSION: Final = ExpectedVersion(-3)
"""The stream may exist or not."""


CLAIMS_SUFFIX: Final = "_claims"
"""How the types of streams of claims end, and of no others."""


class AuthType(IntEnum):
    """How the actor was authenticated (CloudEvents extension `authcontext`)."""

    UNAUTHENTICATED = 0
    SYSTEM = 1


class Codec(IntEnum):
    """How the bytes in `data` are written."""

    JSON = 1
    ZSTD = 2
    """JSON, as one zstd frame; see `compression`."""


class StreamRef(msgspec.Struct, frozen=True):
    """A stream: the events of one object. Its namespace and type never change."""

    namespace: str
    type: str
    id: UUID


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """Who asked and why; the same for all events of one append.

    `trace` is a W3C traceparent, `meta` free headers as JSON bytes, `occurred_at` the client's claim, with a time zone.
    """

    actor: str = "anonymous"
    auth_type: AuthType = AuthType.UNAUTHENTICATED
    occurred_at: datetime | None = None
    correlation_id: UUID | None = None
    causation_id: UUID | None = None
    trace: bytes | None = None
    meta: bytes = b""


Kind: TypeAlias = str
"""A kind of object, as the log names the type of its streams: "model_version"."""

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns the JSON object of one schema version into that of the next. Pure."""


class Effect(Enum):
    """What becomes of the object that an event is about. To restore a deleted one is to update it."""

    CREATES = "creates"
    UPDATES = "updates"
    DELETES = "deletes"


class Target(NamedTuple):
    """Which object an event is about, where that is not the one in whose stream it stands.

    `id_at` is where in the event its id is: the name of a field, and on into it.
    """

    kind: Kind
    id_at: tuple[str | int, ...]

    def id_of(self, event: "ChangeEvent") -> UUID:
        """Return the object's id."""
        value: Any = event
        for step in self.id_at:
            value = value[step] if isinstance(step, int) else getattr(value, step)
        found: UUID = value
        return found

    def id_in(self, payload: Any) -> str:
        """Return the object's id from the event's JSON object of today's schema version."""
        for step in self.id_at:
            payload = payload[step]
        return str(payload)


class ChangeEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every event type: an immutable fact, in the past tense.

    The class name is the type's name in the log. What else the log's readers must know of a type, it says itself.

    Attributes:
        effect: What becomes of the object. An event that creates names its target, whose kind is one by that alone.
        target: The object, unless it is the one in whose stream the event stands. Of several, the first.
        upcasters: The way up from each older schema version, from 1 on. A change of shape adds one.
    """

    effect: ClassVar[Effect] = Effect.UPDATES
    target: ClassVar[Target | None] = None
    upcasters: ClassVar[tuple[Upcaster, ...]] = ()


class NewEvent(msgspec.Struct, frozen=True):
    """An event to append.

    `opens` names the streams of the objects that this event brings into being beside its own stream's: a model
    version begins in its model's stream. An id that exists already refuses the append.
    """

    data: ChangeEvent
    opens: tuple[StreamRef, ...] = ()


class Claim(msgspec.Struct, frozen=True):
    """A stream without events that an append moves from `version` to the next, if it stands there; 0: or is absent.

    Whoever decides on a state claims the version that the state's stream of claims had: of two such decisions the log
    takes one, whatever either of them knows of the events between.
    """

    stream: StreamRef
    version: int


class Append(msgspec.Struct, frozen=True, kw_only=True):
    """A request to append events to one stream: all of them or none.

    `key` makes it safe to send again: the same key and body returns the first result and records nothing.
    `request_hash` is the SHA-256 of what the caller was asked to do; without it the events' own content counts.
    `absent` names streams that must not exist, as `opens` does, but that are not opened: what was decided on the state
    of another object names there the stream that its next change opens. `claims` names what no other append may have
    claimed meanwhile.
    """

    stream: StreamRef
    events: Sequence[NewEvent]
    expected_version: ExpectedVersion
    context: Context = Context()
    absent: tuple[StreamRef, ...] = ()
    claims: tuple[Claim, ...] = ()
    key: str | None = None
    request_hash: bytes | None = None


class Appended(msgspec.Struct, frozen=True, kw_only=True):
    """Where an append was recorded. `duplicate` says that an earlier call with the same key recorded it.

    `hash` is the chain's at `last_position`.
    """

    log_id: UUID
    first_position: Position
    last_position: Position
    version: int
    recorded_at: datetime
    duplicate: bool
    hash: bytes

    @property
    def token(self) -> Token:
        """The token that makes a later read see this append."""
        return Token(self.log_id, self.last_position).at(self.hash)


class RecordedEvent(msgspec.Struct, frozen=True, gc=False):
    """An event as the log holds it; the fields are the columns of table `events`.

    `hash` chains it to all events before it: see `hashing`. `data` are the bytes that are stored, as `codec` says: who
    wants to know what the event says reads `json`. Redacted data is None: `data_hash` stands in for it, and
    `redacted_by` is the position of the event that says so.
    """

    position: Position
    namespace: str
    stream_type: str
    stream_id: UUID
    version: int
    event_id: UUID
    type: str
    schema_version: int
    recorded_at: datetime
    occurred_at: datetime | None
    actor: str
    auth_type: int
    correlation_id: UUID | None
    causation_id: UUID | None
    trace: bytes | None
    codec: int
    data: bytes | None
    data_ref: str | None
    data_sha256: bytes | None
    meta: bytes
    key_id: UUID | None
    salt: bytes | None
    content_hash: bytes
    hash: bytes
    digest_version: int = 1
    data_hash: bytes | None = None
    redacted_by: Position | None = None

    @property
    def json(self) -> bytes | None:
        """The data as JSON, however it is stored; None where it is not here.

        Raises:
            NewerVersionError: It is stored in a way that is unknown here.
            LogCorruptedError: It cannot be read, or comes to more bytes than an event may have.
        """
        return None if self.data is None else json_of(self.data, self.codec, position=self.position)

    @property
    def json_size(self) -> int:
        """How many bytes `json` has, as far as can be told without reading it."""
        if self.data is None:
            return 0
        return size_of(self.data) if self.codec == Codec.ZSTD else len(self.data)


def json_of(data: bytes, codec: int, *, position: int) -> bytes:
    """Return stored data as JSON; see `RecordedEvent.json`."""
    if codec == Codec.JSON:
        return data
    if codec != Codec.ZSTD:
        raise NewerVersionError(f"event {position} has codec {codec}")
    try:
        return decompress(data)
    except FrameError as error:
        raise LogCorruptedError(position, f"its data cannot be decompressed: {error}") from error
