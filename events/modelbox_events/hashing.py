"""How an event's content is hashed and chained to all events before it.

    digest[n]       = SHA-256(a row of columns, in PostgreSQL's binary form of a record)
    content_hash[n] = SHA-256(digest[n] ‖ int4 version ‖ timestamptz recorded_at)
    hash[n]         = SHA-256(hash[n-1] ‖ int8 position ‖ content_hash[n]),  hash[0] = SHA-256(genesis id)

The row of the digest, by `digest_version`:

    1   namespace, stream_type, stream_id, occurred_at, actor, auth_type, correlation_id, causation_id, trace, meta,
        event_id, type, schema_version, codec, data, data_ref, data_sha256, key_id, salt
    2   int2 2, namespace … codec as above, SHA-256(salt ‖ data), data_ref, data_sha256, key_id

`data` are the bytes as they are stored, compressed where codec says so: whoever verifies decompresses nothing.

Version 2 does not cover the data but a salted hash of it: where data and salt were taken away, `data_hash` holds that
hash, and every other column still verifies. Which of the two an event has is its column `digest_version`; the log's
format level says which is written.

Numbers are big-endian, a timestamptz is microseconds since 2000-01-01 UTC. The record form (`record_send`) is the
number of columns, then for each its type's OID, its length in bytes or -1 for NULL, and its bytes: every part is
length-prefixed, so no two rows share one form. Postgres computes it in C, when an event is appended
(`append_requests.sql`) and when the chain is verified (`verify.sql`); here it is told in Python, for readers outside.

Must not know: Postgres.
"""

import struct
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from modelbox_events.event import RecordedEvent

PLAIN: Final = 1
"""The digest version that covers the data."""
SALTED: Final = 2
"""The digest version that covers a salted hash of the data."""
SALT_BYTES: Final = 16
HASH_BYTES: Final = 32
"""Of every hash: they are SHA-256."""

SALTED_LEVEL: Final = 2
"""The format level from which a log may hold digests of version 2."""

_TEXT: Final = 25
_BYTEA: Final = 17
_INT2: Final = 21
_UUID: Final = 2950
_TIMESTAMPTZ: Final = 1184
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def digest_version_at(format_level: int) -> int:
    """Return the digest version that is written at a format level."""
    return SALTED if format_level >= SALTED_LEVEL else PLAIN


def content_hash(event: RecordedEvent) -> bytes:
    """Compute what the event's `content_hash` must be, from its other columns.

    Of a redacted event of digest version 1 it cannot be computed: its data is covered and gone.
    """
    row = _whole(event) if event.digest_version == PLAIN else _salted(event)
    digest = sha256(struct.pack("!i", len(row)) + b"".join(row)).digest()
    return sha256(digest + struct.pack("!i", event.version) + _microseconds(event.recorded_at)).digest()


def chain_hash(previous: bytes, position: int, content: bytes) -> bytes:
    """Return the chain's hash at `position` from the hash before it."""
    return sha256(previous + struct.pack("!q", position) + content).digest()


def genesis_hash(genesis: UUID) -> bytes:
    """Return the chain's hash at position 0."""
    return sha256(genesis.bytes).digest()


def _whole(event: RecordedEvent) -> list[bytes]:
    data = _field(_BYTEA, event.data)
    return [*_common(event), data, *_referred(event), _field(_BYTEA, event.salt)]


def _salted(event: RecordedEvent) -> list[bytes]:
    data_hash = event.data_hash
    if data_hash is None and event.data is not None and event.salt is not None:
        data_hash = sha256(event.salt + event.data).digest()
    return [_int2(SALTED), *_common(event), _field(_BYTEA, data_hash), *_referred(event)]


def _common(event: RecordedEvent) -> list[bytes]:
    occurred = None if event.occurred_at is None else _microseconds(event.occurred_at)
    return [
        _text(event.namespace),
        _text(event.stream_type),
        _uuid(event.stream_id),
        _field(_TIMESTAMPTZ, occurred),
        _text(event.actor),
        _int2(event.auth_type),
        _uuid(event.correlation_id),
        _uuid(event.causation_id),
        _field(_BYTEA, event.trace),
        _field(_BYTEA, event.meta),
        _uuid(event.event_id),
        _text(event.type),
        _int2(event.schema_version),
        _int2(event.codec),
    ]


def _referred(event: RecordedEvent) -> list[bytes]:
    return [_text(event.data_ref), _field(_BYTEA, event.data_sha256), _uuid(event.key_id)]


def _field(oid: int, data: bytes | None) -> bytes:
    return struct.pack("!Ii", oid, -1) if data is None else struct.pack("!Ii", oid, len(data)) + data


def _text(value: str | None) -> bytes:
    return _field(_TEXT, None if value is None else value.encode())


def _uuid(value: UUID | None) -> bytes:
    return _field(_UUID, None if value is None else value.bytes)


def _int2(value: int) -> bytes:
    return _field(_INT2, struct.pack("!h", value))


def _microseconds(time: datetime) -> bytes:
    return struct.pack("!q", (time - _EPOCH) // _MICROSECOND)
