"""Data as a frame: what it is read from takes no more memory than an event may, and nobody sees how it is stored."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from modelbox_events import Position, RecordedEvent
from modelbox_events.compression import (
    FrameError,
    compress,
    decompress,
    size_of,
)
from modelbox_events.event import Codec
from modelbox_events.limits import EVENT_BYTES_MAX
from modelbox_events.registry import REGISTRY
from modelbox_events.types.metadata import MetadataUpdated

STREAM = UUID(int=2)
TEXT = "x" * 5_000
DATA = REGISTRY.encode(MetadataUpdated(object_id=STREAM, metadata={"value": TEXT}))
FRAME = compress(DATA)
SIZE_AT = 5
"""Where a frame of this size tells it, in two bytes, less 256 (RFC 8878, 3.1.1.1)."""


def recorded(data: bytes | None, codec: int, **more: Any) -> RecordedEvent:
    return RecordedEvent(
        position=Position(7), namespace="demo", stream_type="model", stream_id=STREAM, version=1, event_id=UUID(int=9),
        type="MetadataUpdated", schema_version=1, recorded_at=datetime(2026, 1, 2, tzinfo=UTC), occurred_at=None,
        actor="ana", auth_type=0, correlation_id=None, causation_id=None, trace=None, codec=codec, data=data,
        data_ref=None, data_sha256=None, meta=b"", key_id=None, salt=None, content_hash=b"", hash=b"", **more,
    )  # fmt: skip


PLAIN, COMPRESSED = recorded(DATA, Codec.JSON), recorded(FRAME, Codec.ZSTD)


def telling(size: int) -> bytes:
    """Return the frame, which tells another size."""
    return FRAME[:SIZE_AT] + (size - 256).to_bytes(2, "little") + FRAME[SIZE_AT + 2 :]


def without_size() -> bytes:
    """Return a frame as a stream makes it whose end is not known at its beginning."""
    compressor = zstandard.ZstdCompressor().compressobj()
    return compressor.compress(DATA) + compressor.flush()


@given(st.binary(max_size=4_096))
def test_a_frame_gives_back_what_was_put_into_it(data: bytes) -> None:
    frame = compress(data)
    assert decompress(frame) == data
    assert size_of(frame) == len(data)


def test_a_frame_is_one_that_any_zstd_reads() -> None:
    assert zstandard.decompress(FRAME) == DATA
    assert telling(len(DATA)) == FRAME


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        DATA,
        FRAME[:-1],
        FRAME + b"\0",
        FRAME + FRAME,
        telling(len(DATA) - 1),
        telling(len(DATA) + 1),
        without_size(),
        compress(b"x" * (EVENT_BYTES_MAX + 1)),
        b"\x50\x2a\x4d\x18\x04\0\0\0abcd",  # one that all are to pass over
    ],
    ids=["empty", "JSON", "cut", "longer", "two", "less", "more", "no size", "large", "skippable"],
)
def test_what_is_not_one_whole_frame_of_an_event_is_refused(frame: bytes) -> None:
    with pytest.raises(FrameError):
        decompress(frame)
    assert 0 <= size_of(frame) <= EVENT_BYTES_MAX


def test_a_frame_of_a_gigabyte_takes_no_memory() -> None:
    """It is some kilobytes long, and says what it holds."""
