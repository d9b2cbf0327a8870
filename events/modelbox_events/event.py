"""The values that go into the log and come out of it.

Must not know: Postgres, NATS, or what any event type means.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum
from typing import Final, NewType
from uuid import UUID

import msgspec

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


class AuthType(IntEnum):
    """How the actor was authenticated (CloudEvents extension `authcontext`)."""

    UNAUTHENTICATED = 0
    SYSTEM = 1


class Codec(IntEnum):
    """How the bytes in `data` are written."""

    JSON = 1


class StreamRef(msgspec.Struct, frozen=True):
    """A stream: the events of one object. Its namespace and type never change."""

    namespace: str
    type: str
    id: UUID


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """Who asked and why; the same for all events of one append.

    `trace` is a W3C traceparent, `meta` free headers as JSON bytes, `occurred_at` the client's claim.
    """

    actor: str = "anonymous"
    auth_type: AuthType = AuthType.UNAUTHENTICATED
    occurred_at: datetime | None = None
    correlation_id: UUID | None = None
    causation_id: UUID | None = None
    trace: bytes | None = None
    meta: bytes = b""


class ChangeEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every event type: an immutable fact, in the past tense.

    The class name is the type's name in the log; a change of shape raises `schema_version` in the type registry.
    """


class NewEvent(msgspec.Struct, frozen=True):
    """An event to append.

    `opens` names the streams of the objects that this event brings into being beside its own stream's: a model
    version begins in its model's stream. An id that exists already refuses the append.
    """

    data: ChangeEvent
    opens: tuple[StreamRef, ...] = ()


class Append(msgspec.Struct, frozen=True, kw_only=True):
    """A request to append events to one stream: all of them or none.

    `key` makes it safe to send again: the same key and body returns the first result and records nothing.
    `request_hash` is the SHA-256 of what the caller was asked to do; without it the events' own content counts.
    `absent` names streams that must not exist, as `opens` does, but that are not opened: what was decided on the state
    of another object names there the stream that its next change opens.
    """

    stream: StreamRef
    events: Sequence[NewEvent]
    expected_version: ExpectedVersion
    context: Context = Context()
    absent: tuple[StreamRef, ...] = ()
    key: str | None = None
    request_hash: bytes | None = None


class Appended(msgspec.Struct, frozen=True, kw_only=True):
    """Where an append was recorded. `duplicate` says that an earlier call with the same key recorded it.

    `hash` is the chain's at `last_position`, None where it is not known.
    """

    log_id: UUID
    first_position: Position
    last_position: Position
    version: int
    recorded_at: datetime
    duplicate: bool
    hash: bytes | None = None

    @property
    def token(self) -> Token:
        """The token that makes a later read see this append."""
        token = Token(self.log_id, self.last_position)
        return token if self.hash is None else token.at(self.hash)


class RecordedEvent(msgspec.Struct, frozen=True, gc=False):
    """An event as the log holds it; the fields are the columns of table `events`.

    `hash` chains it to all events before it: see `hashing`.
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
