"""How an event's content is hashed and chained to all events before it.

    digest[n]       = SHA-256(the row of the columns in `DIGEST_COLUMNS`, in PostgreSQL's binary form of a record)
    content_hash[n] = SHA-256(digest[n] ‖ int4 version ‖ timestamptz recorded_at)
    hash[n]         = SHA-256(hash[n-1] ‖ int8 position ‖ content_hash[n]),  hash[0] = SHA-256(log id)

Numbers are big-endian, a timestamptz is microseconds since 2000-01-01 UTC. The record form (`record_send`) is the
number of columns, then for each its type's OID, its length in bytes or -1 for NULL, and its bytes: every part is
length-prefixed, so no two rows share one form, and Postgres itself computes it in C when the chain is verified.
The digest needs nothing that only the database knows, so it is taken before the head is locked.

Must not know: where events are stored.
"""

import struct
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final, Protocol
from uuid import UUID

from modelbox_events.event import Context, RecordedEvent, StreamRef

DIGEST_COLUMNS: Final = (
    "namespace", "stream_type", "stream_id", "occurred_at", "actor", "auth_type", "correlation_id", "causation_id",
    "trace", "meta", "event_id", "type", "schema_version", "codec", "data", "data_ref", "data_sha256", "key_id", "salt",
)  # fmt: skip
"""The columns that the digest covers, in its order: those of the whole append first."""

_TEXT: Final = 25
_BYTEA: Final = 17
_INT2: Final = 21
_UUID: Final = 2950
_TIMESTAMPTZ: Final = 1184
_OIDS: Final = struct.Struct("!Ii")
_INT2_FIELD: Final = struct.Struct("!Iih")
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Sha256(Protocol):
    """A SHA-256 in progress."""

    def update(self, data: bytes, /) -> None:
        """Add bytes."""
        ...

    def digest(self) -> bytes:
        """Return the hash of all bytes added."""
        ...

    def copy(self) -> "Sha256":
        """Return a copy that goes its own way."""
        ...


def _field(oid: int, data: bytes | None) -> bytes:
    return _OIDS.pack(oid, -1) if data is None else _OIDS.pack(oid, len(data)) + data


def _text(value: str | None) -> bytes:
    return _field(_TEXT, None if value is None else value.encode())


def _uuid(value: UUID | None) -> bytes:
    return _field(_UUID, None if value is None else value.bytes)


def _int2(value: int) -> bytes:
    return _INT2_FIELD.pack(_INT2, 2, value)


def _microseconds(time: datetime) -> bytes:
    return struct.pack("!q", (time - _EPOCH) // _MICROSECOND)


_UUID_HEADER: Final = _OIDS.pack(_UUID, 16)
_NO_CLAIM_CHECK: Final = b"".join([_text(None), _field(_BYTEA, None), _uuid(None), _field(_BYTEA, None)])


def begin_digest(stream: StreamRef, context: Context) -> Sha256:
    """Hash the part of the digest that all events of one append share."""
    parts = (_kind_part(stream.namespace, stream.type), _UUID_HEADER, stream.id.bytes, _context_part(context))
    return sha256(b"".join(parts))


@lru_cache(maxsize=4096)
def _kind_part(namespace: str, stream_type: str) -> bytes:
    return struct.pack("!i", len(DIGEST_COLUMNS)) + _text(namespace) + _text(stream_type)


@lru_cache(maxsize=4096)
def _context_part(context: Context) -> bytes:
    occurred = None if context.occurred_at is None else _microseconds(context.occurred_at)
    who = _text(context.actor) + _int2(context.auth_type)
    why = _uuid(context.correlation_id) + _uuid(context.causation_id)
    return _field(_TIMESTAMPTZ, occurred) + who + why + _field(_BYTEA, context.trace) + _field(_BYTEA, context.meta)


def digest_of_type(name: str, schema_version: int, codec: int) -> bytes:
    """Return the part of the digest that all events of one type share."""
    return _text(name) + _int2(schema_version) + _int2(codec)


def finish_digest(begun: Sha256, event_id: bytes, type_part: bytes, data: bytes) -> bytes:
    """Return the digest of one event with inline data."""
    digest = begun.copy()
    parts = (_UUID_HEADER, event_id, type_part, _OIDS.pack(_BYTEA, len(data)), data, _NO_CLAIM_CHECK)
    digest.update(b"".join(parts))
    return digest.digest()


def content_hash(event: RecordedEvent) -> bytes:
    """Compute what the event's `content_hash` must be, from its other columns."""
    context = Context(
        actor=event.actor,
        auth_type=event.auth_type,  # type: ignore[arg-type]  # any number an older version wrote counts as it is
        occurred_at=event.occurred_at,
        correlation_id=event.correlation_id,
        causation_id=event.causation_id,
        trace=event.trace,
        meta=event.meta,
    )
    digest: Any = begin_digest(StreamRef(event.namespace, event.stream_type, event.stream_id), context)
    digest.update(_uuid(event.event_id) + digest_of_type(event.type, event.schema_version, event.codec))
    digest.update(_field(_BYTEA, event.data) + _text(event.data_ref) + _field(_BYTEA, event.data_sha256))
    digest.update(_uuid(event.key_id) + _field(_BYTEA, event.salt))
    return sha256(digest.digest() + struct.pack("!i", event.version) + _microseconds(event.recorded_at)).digest()


def chain_hash(previous: bytes, position: int, content: bytes) -> bytes:
    """Return the chain's hash at `position` from the hash before it."""
    return sha256(previous + struct.pack("!q", position) + content).digest()


def genesis_hash(log_id: UUID) -> bytes:
    """Return the chain's hash at position 0."""
    return sha256(log_id.bytes).digest()
