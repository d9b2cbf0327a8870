"""An event as a CloudEvents 1.0 message in binary mode: attributes in headers, its JSON as data, however it is stored.

The header names and their percent-encoding follow the NATS protocol binding (CloudEvents 1.0.3, section 3.1), the
extensions `sequence`, `recordedtime`, `authcontext`, `dataref` and distributed tracing their own documents. A header
that one event lacks (a correlation id, a trace) is left out.

Must not know: NATS.
"""

from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import quote, unquote
from uuid import UUID

import structlog

from modelbox_events.errors import LogCorruptedError
from modelbox_events.event import AuthType, RecordedEvent
from modelbox_events.feed.subjects import subject_prefix, token
from modelbox_events.registry import dataschema

CHAIN_HASH: Final = "ce-chainhash"
"""The header that carries the event's place in the hash chain, in hexadecimal."""

NO_DATA: Final = b"{}"
"""The body of a message whose data is read where its `ce-dataref` says."""

_AUTH_TYPES: Final = {auth_type.value: auth_type.name.lower() for auth_type in AuthType}
_CONTENT_TYPE: Final = "application/json"
_CACHED: Final = 4_096  # combinations of namespace, type and actor in use at once
# Printable ASCII except blank, double quote and percent, which the binding encodes.
_SAFE: Final = "".join(char for char in map(chr, range(0x21, 0x7F)) if char not in '"%')

_log = structlog.get_logger()


class Message(NamedTuple):
    """One message: subject, header lines (ASCII, each ended by CRLF) and body."""

    subject: str
    headers: str
    data: bytes


_Kind = tuple[str, str, str, int, str, int]
"""Namespace, stream type, event type, schema version, actor and authentication type of an event."""


class _Constant(NamedTuple):
    """What events of one kind have in common."""

    subject_prefix: str
    subject_suffix: str
    headers: str


class MessageEncoder:
    """Writes the events of one log as messages of at most `message_bytes_max` bytes, headers included."""

    def __init__(self, log_id: UUID, *, message_bytes_max: int) -> None:
        """`message_bytes_max` is what the NATS server takes; more goes out as a reference."""
        self._source = f"/log/{log_id}"
        self._message_bytes_max = message_bytes_max
        self._constant = lru_cache(_CACHED)(self._make_constant)
        self._time = lru_cache(2)(_time)  # the events of one commit share their time

    def encode(self, event: RecordedEvent) -> Message:
        """Return the event as a message.

        Data that the log holds elsewhere, that would not fit, or that cannot be read, is left out: `ce-dataref` says
        where it is.

        Raises:
            NewerVersionError: A newer version stored it, in a way that is unknown here.
        """
        constant = self._constant(
            (event.namespace, event.stream_type, event.type, event.schema_version, event.actor, event.auth_type)
        )
        stream_id = str(event.stream_id)
        recorded = self._time(event.recorded_at)
        occurred = recorded if event.occurred_at is None else self._time(event.occurred_at)
        headers = (
            f"{constant.headers}{stream_id}\r\nce-id: {event.event_id}\r\n"
            f"ce-sequence: {event.position:020d}\r\nce-streamversion: {event.version}\r\n"
            f"ce-time: {occurred}\r\nce-recordedtime: {recorded}\r\n"
            f"{CHAIN_HASH}: {event.hash.hex()}\r\n{_optional(event)}"
        )
        subject = f"{constant.subject_prefix}{stream_id}{constant.subject_suffix}"
        if event.redacted_by is not None:
            return Message(subject, f"{headers}ce-redactedby: {event.redacted_by}\r\n", NO_DATA)
        data = _json_of(event)
        if data is None or len(headers) + len(data) > self._message_bytes_max:
            reference = event.data_ref or f"{self._source}/{event.position}"
            return Message(subject, f"{headers}ce-dataref: {encode_value(reference)}\r\n", NO_DATA)
        return Message(subject, headers, data)

    def _make_constant(self, kind: _Kind) -> _Constant:
        namespace, stream_type, event_type, schema_version, actor, auth_type = kind
        values = {
            "content-type": _CONTENT_TYPE,
            "ce-specversion": "1.0",
            "ce-datacontenttype": _CONTENT_TYPE,
            "ce-source": self._source,
            "ce-type": event_type,
            "ce-dataschema": dataschema(event_type, schema_version),
            "ce-authtype": _AUTH_TYPES.get(auth_type, "unknown"),
            "ce-authid": actor,
            "ce-namespace": namespace,
        }
        lines = "".join(f"{name}: {encode_value(value)}\r\n" for name, value in values.items())
        return _Constant(
            subject_prefix(namespace, stream_type),
            f".{token(event_type)}",
            f"{lines}ce-subject: {encode_value(stream_type)}/",
        )


def encode_value(text: str) -> str:
    """Return a header value: blank, double quote, percent and all outside printable ASCII percent-encoded."""
    return quote(text, safe=_SAFE)


def decode_value(text: str) -> str:
    """Return what a header value stands for.

    Raises:
        UnicodeDecodeError: The encoded bytes are not valid UTF-8 (an overlong form like `%C0%A0`, for one).
    """
    return unquote(text, errors="strict")


def _json_of(event: RecordedEvent) -> bytes | None:
    try:
        return event.json
    except LogCorruptedError as error:  # the feed goes on; its readers are told where the event is, and find the same
        _log.error("event_cannot_be_read", position=event.position, problem=error.problem)
        return None


def _optional(event: RecordedEvent) -> str:
    """Return the header lines that only some events have."""
    lines = ""
    if event.correlation_id is not None:
        lines += f"ce-correlationid: {event.correlation_id}\r\n"
    if event.causation_id is not None:
        lines += f"ce-causationid: {event.causation_id}\r\n"
    if event.trace is not None:
        trace = encode_value(event.trace.decode("latin-1"))
        lines += f"traceparent: {trace}\r\nce-traceparent: {trace}\r\n"
    return lines


def _time(time: datetime) -> str:
    """Return a UTC time as RFC 3339, to the microsecond."""
    return f"{time.isoformat(timespec='microseconds').removesuffix('+00:00')}Z"
