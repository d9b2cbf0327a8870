"""An event as a CloudEvents message in binary mode, and its subject."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from modelbox_events import Position, RecordedEvent
from modelbox_events.feed import stream_name, subject
from modelbox_events.feed.cloudevents import NO_DATA, Message, MessageEncoder, decode_value, encode_value
from modelbox_events.feed.publisher import _frame

LOG_ID = UUID("0d6b2f43-7a5e-4a43-9d5f-0b7c7d2f1a10")
STREAM_ID = UUID("92eb12e4-4c67-530e-83cf-9f501614fec7")
EVENT = RecordedEvent(
    position=Position(42),
    namespace="default",
    stream_type="model",
    stream_id=STREAM_ID,
    version=3,
    event_id=UUID("01975f4e-3c2b-7d50-9a51-8f6de1c4b2aa"),
    type="ModelCreated",
    schema_version=1,
    recorded_at=datetime(2026, 11, 21, 4, 18, 48, 500, tzinfo=UTC),
    occurred_at=None,
    actor="anonymous",
    auth_type=0,
    correlation_id=None,
    causation_id=None,
    trace=None,
    codec=1,
    data=b'{"name":"digits"}',
    data_ref=None,
    data_sha256=None,
    meta=b"",
    key_id=None,
    salt=None,
    content_hash=bytes(32),
    hash=bytes(range(32)),
)


def encode(message_bytes_max: int = 1_000_000, **changes: Any) -> Message:
    event = msgspec.structs.replace(EVENT, **changes)
    return MessageEncoder(LOG_ID, message_bytes_max=message_bytes_max).encode(event)


def headers_of(message: Message) -> dict[str, str]:
    lines = message.headers.removesuffix("\r\n").split("\r\n")
    pairs = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
    assert len({name for name, _ in pairs}) == len(pairs)
    return dict(pairs)


def test_an_event_becomes_headers_and_its_stored_bytes() -> None:
    message = encode()
    assert message.subject == f"modelbox.default.model.{STREAM_ID}.ModelCreated"
    assert message.data == b'{"name":"digits"}'
    assert headers_of(message) == {
        "content-type": "application/json",
        "ce-specversion": "1.0",
        "ce-datacontenttype": "application/json",
        "ce-id": "01975f4e-3c2b-7d50-9a51-8f6de1c4b2aa",
        "ce-source": f"/log/{LOG_ID}",
        "ce-type": "ModelCreated",
        "ce-subject": f"model/{STREAM_ID}",
        "ce-time": "2026-11-21T04:18:48.000500Z",
        "ce-recordedtime": "2026-11-21T04:18:48.000500Z",
        "ce-sequence": "00000000000000000042",
        "ce-streamversion": "3",
        "ce-dataschema": "urn:modelbox:event:ModelCreated:1",
        "ce-authtype": "unauthenticated",
        "ce-authid": "anonymous",
        "ce-namespace": "default",
        "ce-chainhash": bytes(range(32)).hex(),
    }


def test_what_only_some_events_have_is_a_header_where_they_have_it() -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = headers_of(
        encode(
            occurred_at=datetime(2026, 11, 20, tzinfo=UTC),
            correlation_id=STREAM_ID,
            causation_id=LOG_ID,
            trace=trace.encode(),
        )
    )
    assert headers["ce-time"] == "2026-11-20T00:00:00.000000Z"
    assert headers["ce-recordedtime"] == "2026-11-21T04:18:48.000500Z"
    assert headers["ce-correlationid"] == str(STREAM_ID)
    assert headers["ce-causationid"] == str(LOG_ID)
    assert headers["traceparent"] == headers["ce-traceparent"] == trace


def test_the_dataschema_is_that_of_the_events_own_schema_version() -> None:
    assert headers_of(encode(schema_version=7))["ce-dataschema"] == "urn:modelbox:event:ModelCreated:7"


def test_an_authentication_of_a_newer_version_is_unknown() -> None:
    assert headers_of(encode(auth_type=99))["ce-authtype"] == "unknown"


def test_text_beyond_ascii_is_percent_encoded_in_headers_and_subject() -> None:
    message = encode(actor='Zoë "Z" 50%', namespace="größe.a b*>")
    assert message.headers.isascii()
    assert headers_of(message)["ce-authid"] == "Zo%C3%AB%20%22Z%22%2050%25"
    assert message.subject == f"modelbox.gr%C3%B6%C3%9Fe%2Ea%20b%2A%3E.model.{STREAM_ID}.ModelCreated"


def test_a_line_break_in_a_name_cannot_add_a_header() -> None:
    assert headers_of(encode(actor="a\r\nce-id: forged"))["ce-authid"] == "a%0D%0Ace-id:%20forged"


def test_the_example_of_the_binding_is_encoded_as_it_says() -> None:
    assert encode_value("Euro € 😀") == "Euro%20%E2%82%AC%20%F0%9F%98%80"
    assert decode_value("Euro%20%E2%82%AC%20%F0%9F%98%80") == "Euro € 😀"


def test_an_overlong_encoding_is_refused() -> None:
    with pytest.raises(UnicodeDecodeError):
        decode_value("%C0%A0")


@pytest.mark.parametrize("size", [0, 1])
def test_data_that_does_not_fit_is_left_out_and_referred_to(size: int) -> None:
    fits = len(encode().headers) + len(EVENT.data or b"")
    message = encode(message_bytes_max=fits - size)
    if size == 0:
        assert message == encode()
        return
    assert message.data == NO_DATA
    assert headers_of(message)["ce-dataref"] == f"/log/{LOG_ID}/42"


def test_data_held_elsewhere_is_referred_to() -> None:
    message = encode(data=None, data_ref="sha256/ab/cdef")
    assert message.data == NO_DATA
    assert headers_of(message)["ce-dataref"] == "sha256/ab/cdef"


def test_a_frame_states_its_own_lengths() -> None:
    message = encode(namespace="größe")
    head, data, end = _frame(message, "Nats-Expected-Stream: F\r\n", reply_to="_INBOX.a ")
    line, _, headers = head.partition(b"\r\n")
    assert line == f"HPUB {message.subject} _INBOX.a {len(headers)} {len(headers) + len(data)}".encode()
    assert headers.startswith(b"NATS/1.0\r\nNats-Expected-Stream: F\r\ncontent-type: ")
    assert headers.endswith(b"\r\n\r\n")
    assert end == b"\r\n"


def test_the_longest_subject_fits_the_servers_control_line() -> None:
    """nats-server takes 4,096 bytes for the line of subject, reply and lengths."""
    longest = subject("😀" * 255, "model_version", STREAM_ID, "ModelVersionCreated")
    assert len(longest) < 4_096 - 100


def test_streams_of_two_logs_have_two_names() -> None:
    assert stream_name(LOG_ID) == "MODELBOX_0d6b2f43"
    assert stream_name(LOG_ID) != stream_name(STREAM_ID)
