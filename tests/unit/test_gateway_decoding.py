"""Requests that are no messages: the field at fault is named, whatever the bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelbox.proto import modelstore_pb2 as pb
from modelbox_gateway.errors import InvalidFieldError
from modelbox_gateway.rpc.frame.undecodable import FIELDS_WALKED_MAX, decode

NOT_UTF8 = b"\xff\xfe"


def field(number: int, content: bytes) -> bytes:
    """Return one length-delimited field; both numbers must fit seven bits, or the length two bytes."""
    length = bytes([len(content)]) if len(content) < 128 else bytes([len(content) & 0x7F | 0x80, len(content) >> 7])
    return bytes([number << 3 | 2]) + length + content


def deep(levels: int) -> bytes:
    """Return a Value of lists inside each other."""
    value = b"\x20\x01"
    for _ in range(levels):
        value = field(6, field(1, value))
    return value


@pytest.mark.parametrize(
    ("data", "at_fault"),
    [
        (field(2, NOT_UTF8), "name"),
        (field(2, b"ok") + field(3, b"\xed\xa0\x80"), "owner"),
        (field(7, field(1, field(1, NOT_UTF8))), "metadata.metadata.key"),
        (field(7, field(1, field(1, b"k") + field(2, field(3, NOT_UTF8)))), "metadata.metadata.value.string_value"),
        (field(8, field(5, NOT_UTF8)), "files.path"),
        (field(2, b"name")[:-1], "name"),
        (b"\x12\xff", "name"),
        (b"\x12", "name"),
        (b"\x0b", "request"),
        (b"\xff" * 11, "request"),
        (field(7, field(1, field(1, b"k") + field(2, deep(60)))), "metadata.metadata"),
    ],
)
def test_the_field_at_fault_is_named(data: bytes, at_fault: str) -> None:
    with pytest.raises(InvalidFieldError) as refused:
        decode(pb.CreateModelRequest, data)

    assert refused.value.field == at_fault


def test_the_search_for_the_fault_is_bounded() -> None:
    data = field(8, b"") * (FIELDS_WALKED_MAX + 1) + field(2, NOT_UTF8)

    with pytest.raises(InvalidFieldError) as refused:
        decode(pb.CreateModelRequest, data)

    assert refused.value.field == "request"


def test_a_message_is_read() -> None:
    sent = pb.CreateModelRequest(name="größe", metadata=pb.Metadata(json={"a": "1"}))

    assert decode(pb.CreateModelRequest, sent.SerializeToString()) == sent


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Nothing else than `InvalidFieldError` comes out."""
    try:
        message = decode(pb.LogMetricsBatchRequest, data)
    except InvalidFieldError as refused:
        assert refused.problem  # noqa: PT017  # which of the two comes is what this leaves open
    else:
        assert isinstance(message, pb.LogMetricsBatchRequest)


@given(st.binary(min_size=1, max_size=20), st.integers(0, 60))
def test_a_broken_message_is_read_or_refused(noise: bytes, at: int) -> None:
    good = pb.CreateModelRequest(
        name="name", metadata=pb.Metadata(json={"a": "1"}), files=[pb.FileMetadata(path="p", size=7)]
    ).SerializeToString()
    try:
        decode(pb.CreateModelRequest, good[:at] + noise + good[at:])
    except InvalidFieldError as refused:
        assert refused.field  # noqa: PT017  # as above
