"""A request made ready for the database, and a batch of them as the arrays of one SQL call.

The database makes the digests: from the row that it stores, so that what is stored is what verifies.

Must not know: Postgres.
"""

import asyncio
import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple
from uuid import UUID

from uuid_utils import uuid7

from modelbox_events.compression import COMPRESSED_FROM_BYTES, COMPRESSED_LEVEL, compress
from modelbox_events.errors import InvalidEventError
from modelbox_events.event import ANY_VERSION, CLAIMS_SUFFIX, Append, Appended, Codec, Context, StreamRef
from modelbox_events.hashing import HASH_BYTES, SALT_BYTES, SALTED, digest_version_at
from modelbox_events.limits import APPEND_EVENTS_MAX, EVENT_BYTES_MAX, NAME_CHARS_MAX, READS_LEVEL, STREAM_VERSION_MAX
from modelbox_events.registry import Registry

_JSON: Final = int(Codec.JSON)
_ZSTD: Final = int(Codec.ZSTD)


class _Written(NamedTuple):
    """The data of a request's events, as they are stored, and how."""

    codecs: list[int]
    datas: list[bytes]


class Prepared:
    """An append, validated and encoded: everything that needs no lock."""

    __slots__ = (
        "_compressed", "append", "datas", "done", "event_ids", "key", "opens", "refs", "request_hash", "size", "types",
    )  # fmt: skip

    def __init__(self, append: Append, registry: Registry) -> None:
        """Encode the request.

        Raises:
            InvalidEventError: A field breaks a bound; it names the field.
        """
        _check(append)
        self.append = append
        self.types = [type(event.data).__name__ for event in append.events]
        self.datas = [registry.encode(event.data) for event in append.events]
        self.size = sum(map(len, self.datas))
        _check_sizes(self.types, self.datas)
        self.event_ids = [uuid7() for _ in append.events]
        self.opens = [ref for event in append.events for ref in event.opens]
        self.refs = _refs(append, self.opens)
        self.key = append.key or str(self.event_ids[0])
        self.request_hash = append.request_hash or _hash_of(append, self.types, self.datas)
        self.done: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
        self._compressed: _Written | None = None

    def written_at(self, format_level: int) -> _Written:
        """Return the events' data as a log of this format level is to hold it: large ones compressed, once it may."""
        if format_level < COMPRESSED_LEVEL or self.size < COMPRESSED_FROM_BYTES:
            return _Written([_JSON] * len(self.datas), self.datas)
        if self._compressed is None:  # a batch that is sent again is the same
            pairs = [_smallest(data) for data in self.datas]
            self._compressed = _Written([codec for codec, _ in pairs], [data for _, data in pairs])
        return self._compressed


def _check(append: Append) -> None:
    if not 1 <= len(append.events) <= APPEND_EVENTS_MAX:
        raise InvalidEventError("events", f"{len(append.events)} events; one append takes 1 to {APPEND_EVENTS_MAX:,}")
    if not ANY_VERSION <= append.expected_version <= STREAM_VERSION_MAX:
        raise InvalidEventError("expected_version", f"{append.expected_version} is no version and no named constant")
    if append.request_hash is not None and len(append.request_hash) != HASH_BYTES:
        raise InvalidEventError("request_hash", f"{len(append.request_hash)} bytes; a SHA-256 has {HASH_BYTES}")
    check_text("stream.namespace", append.stream.namespace)
    check_text("stream.type", append.stream.type)
    _check_context(append.context)
    if append.key is not None:
        check_text("key", append.key)
    for event in append.events:
        for ref in event.opens:
            check_text("opens.namespace", ref.namespace)
            check_text("opens.type", ref.type)
    for ref in append.absent:
        check_text("absent.namespace", ref.namespace)
        check_text("absent.type", ref.type)
    for claim in append.claims:
        check_text("claims.namespace", claim.stream.namespace)
        check_text("claims.type", claim.stream.type)
        if not 0 <= claim.version < STREAM_VERSION_MAX:
            raise InvalidEventError("claims.version", f"{claim.version} is no version that another can follow")
    _check_kinds(append)


def _check_context(context: Context) -> None:
    check_text("context.actor", context.actor)
    if context.occurred_at is not None:
        check_time("context.occurred_at", context.occurred_at)


def _check_kinds(append: Append) -> None:
    """See that claims are of streams without events, and events in no stream of claims: a version counts one kind."""
    if any(not claim.stream.type.endswith(CLAIMS_SUFFIX) for claim in append.claims):
        raise InvalidEventError("claims.type", f"is no type of a stream of claims, which ends with {CLAIMS_SUFFIX!r}")
    if append.stream.type.endswith(CLAIMS_SUFFIX):
        raise InvalidEventError("stream.type", f"ends with {CLAIMS_SUFFIX!r}: a stream of claims takes no events")


def _refs(append: Append, opens: Sequence[StreamRef]) -> Sequence[StreamRef]:
    """Return every stream that the request names. One id is one stream: it has one namespace and one type."""
    if not (opens or append.absent or append.claims):
        return (append.stream,)
    written = [append.stream.id, *(claim.stream.id for claim in append.claims)]
    if len(set(written)) < len(written) or not {ref.id for ref in opens}.isdisjoint(written):
        raise InvalidEventError("opens", "names a stream that the append writes or claims; each is one or the other")
    refs = (append.stream, *opens, *append.absent, *(claim.stream for claim in append.claims))
    known: dict[UUID, StreamRef] = {}
    for ref in refs:
        if known.setdefault(ref.id, ref) != ref:
            raise InvalidEventError("opens", f"gives stream {ref.id} two namespaces or types; one id is one stream")
    return refs


def check_text(field: str, value: str) -> None:
    """Refuse a text that cannot be a name in the log.

    Raises:
        InvalidEventError: It is empty, too long, or has a control character or a lone surrogate.
    """
    if value.isascii() and value.isprintable() and 1 <= len(value) <= NAME_CHARS_MAX:
        return
    if not 1 <= len(value) <= NAME_CHARS_MAX:
        raise InvalidEventError(field, f"has {len(value):,} characters; 1 to {NAME_CHARS_MAX} are allowed")
    if any(character < " " or character == "\x7f" or "\ud800" <= character <= "\udfff" for character in value):
        raise InvalidEventError(field, "has a control character or a lone surrogate; remove it")


def check_time(field: str, value: datetime) -> None:
    """Refuse a time that is not one moment: without a zone, it would be another one on another machine.

    Raises:
        InvalidEventError: It has no zone, or is not of the years 1 to 9999 in UTC.
    """
    if value.utcoffset() is None:
        raise InvalidEventError(field, f"{value.isoformat()} has no time zone; give it one: datetime.now(UTC)")
    try:
        value.astimezone(UTC)
    except OverflowError as error:
        raise InvalidEventError(field, f"{value.isoformat()} is not of the years 1 to 9999 in UTC") from error


def _check_sizes(types: Sequence[str], datas: Sequence[bytes]) -> None:
    for name, data in zip(types, datas, strict=True):
        if len(data) > EVENT_BYTES_MAX:
            problem = f"{name} has {len(data):,} bytes; at most {EVENT_BYTES_MAX:,} are allowed: send it in parts"
            raise InvalidEventError("data", problem)


def _hash_of(append: Append, types: Sequence[str], datas: Sequence[bytes]) -> bytes:
    # Lengths first, so that no two requests share one sequence of bytes.
    lengths = ",".join([str(append.expected_version), *types, *(str(len(data)) for data in datas)])
    return sha256(b"".join([append.stream.id.bytes, lengths.encode(), b"\n", *datas])).digest()


class Batch:
    """The arguments of `append_requests.sql` for some requests, and the streams they refer to.

    Attributes:
        requests: Those of the batch.
        left: Those that call by another namespace or type a stream that one of the batch names: each request is judged
            on its own references, so they go into a batch of their own.
        streams: What the requests refer to, at most one of an id.
        size: The bytes of their events' data.
    """

    def __init__(self, requests: Sequence[Prepared], registry: Registry, *, format_level: int) -> None:
        """Lay the requests out as columns, as a log of this format level takes them."""
        self.requests: list[Prepared] = []
        self.left: list[Prepared] = []
        self.streams: list[StreamRef] = []
        self._slots: dict[UUID, int] = {}
        self._keys: dict[tuple[str, str], int] = {}
        for request in requests:
            (self.requests if self._takes(request) else self.left).append(request)
        self.size = sum([request.size for request in self.requests])
        self.arguments = (
            READS_LEVEL,
            digest_version_at(format_level),
            *self._stream_columns(),
            *self._request_columns(),
            *self._other_streams(),
            *_event_columns(self.requests, registry, format_level=format_level),
        )

    def _takes(self, request: Prepared) -> bool:
        """Give the request's streams their places, unless one stands under another name."""
        slots, streams = self._slots, self.streams
        for ref in request.refs:
            slot = slots.get(ref.id)
            if slot is not None and streams[slot - 1] != ref:
                return False
        for ref in request.refs:
            if ref.id not in slots:
                streams.append(ref)
                slots[ref.id] = len(streams)
        return True

    def _stream_columns(self) -> tuple[Any, ...]:
        ids = _array(ref.id.hex for ref in self.streams)
        return ids, [ref.type for ref in self.streams], [ref.namespace for ref in self.streams]

    def _request_columns(self) -> tuple[Any, ...]:
        contexts = [request.append.context for request in self.requests]
        return (
            _array(map(self._numbers, self.requests, range(1, len(self.requests) + 1))),
            b"".join([request.request_hash for request in self.requests]),
            [request.key for request in self.requests],
            [context.actor for context in contexts],
            [context.occurred_at for context in contexts],
            _unless_empty([context.correlation_id for context in contexts]),
            _unless_empty([context.causation_id for context in contexts]),
            _unless_empty([context.trace for context in contexts]),
            [context.meta for context in contexts],
        )

    def _numbers(self, request: Prepared, number: int) -> str:
        append = request.append
        stream = self._slots[append.stream.id]
        opens = len(request.opens) + len(append.absent)
        counts = f"{len(request.types)},{opens},{len(append.claims)}"
        first = self._keys.setdefault((append.context.actor, request.key), number)
        return f"{{{stream},{append.expected_version},{counts},{int(append.context.auth_type)},{first}}}"

    def _other_streams(self) -> tuple[str | None, str | None]:
        """Return the streams that the requests open, or that must not exist (those are negative), and their claims."""
        slots = self._slots
        opened: list[int] = []
        claims: list[str] = []
        for request in self.requests:
            if len(request.refs) > 1:
                opened += (slots[ref.id] for ref in request.opens)
                opened += (-slots[ref.id] for ref in request.append.absent)
                claims += (f"{{{slots[claim.stream.id]},{claim.version}}}" for claim in request.append.claims)
        return _array(opened) if opened else None, _array(claims) if claims else None


def _event_columns(requests: Sequence[Prepared], registry: Registry, *, format_level: int) -> tuple[Any, ...]:
    types = [name for request in requests for name in request.types]
    written = [request.written_at(format_level) for request in requests]
    known = registry.types
    return (
        _array(
            f"{{{number},{known[name].schema_version},{codec}}}"
            for number, (request, (codecs, _)) in enumerate(zip(requests, written, strict=True), 1)
            for name, codec in zip(request.types, codecs, strict=True)
        ),
        _array(str(event_id) for request in requests for event_id in request.event_ids),
        _array(types),
        [data for _, datas in written for data in datas],
        os.urandom(SALT_BYTES * len(types)) if digest_version_at(format_level) >= SALTED else None,
    )


def _smallest(data: bytes) -> tuple[int, bytes]:
    """Return data as it takes less room, and the codec of that."""
    if len(data) >= COMPRESSED_FROM_BYTES and len(frame := compress(data)) < len(data):
        return _ZSTD, frame
    return _JSON, data


def _unless_empty(values: list[Any]) -> list[Any] | None:
    """Return the column, or None where it holds nothing: each array costs a call as much as several events."""
    return values if any(value is not None for value in values) else None


def _array(values: Iterable[object]) -> str:
    """Write an array of integers, ids or identifiers, or of such arrays, as Postgres reads it.

    Its driver is five times slower at a list.
    """
    return f"{{{','.join(map(str, values))}}}"
