"""Event data as a zstd frame (RFC 8878): how it is made, and how it is read within a bound.

A frame tells the size of what it holds, so whoever reads it knows that before it takes any memory.

Must not know: Postgres.
"""

import threading
from typing import Final

import zstandard

from modelbox_events.limits import EVENT_BYTES_MAX

COMPRESSED_LEVEL: Final = 3
"""The format level from which a log may hold compressed data."""
COMPRESSED_FROM_BYTES: Final = 1_024
"""Data of fewer bytes stays as it is: what its event takes beside it is more than could be saved."""
_EFFORT: Final = 1
"""zstd's own level, its least: more makes points of metrics no smaller, and takes three times as long."""


class FrameError(ValueError):
    """Bytes are not one whole frame that holds as much as it says, and no more than an event may."""


class _Contexts(threading.local):
    """What works with frames; its memory is used again and again, so each thread has its own."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=_EFFORT)
        self.decompressor = zstandard.ZstdDecompressor()


_contexts: Final = _Contexts()


def compress(data: bytes) -> bytes:
    """Return the data as one frame, which tells its size."""
    return _contexts.compressor.compress(data)


def decompress(frame: bytes) -> bytes:
    """Return what a frame holds, at most `EVENT_BYTES_MAX` bytes.

    Raises:
        FrameError: It is no such frame.
    """
    size = _size_told(frame)
    if size > EVENT_BYTES_MAX:
        raise FrameError(f"it tells of {size:,} bytes; an event has at most {EVENT_BYTES_MAX:,}")
    try:
        # Makes room for as much as the frame tells of, and raises where that is not what comes of it.
        return _contexts.decompressor.decompress(frame, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise FrameError(str(error)) from error


def size_of(frame: bytes) -> int:
    """Return how many bytes a frame holds as it says, at most `EVENT_BYTES_MAX`; of what is no frame, its own."""
    try:
        return min(_size_told(frame), EVENT_BYTES_MAX)
    except FrameError:
        return len(frame)


def _size_told(frame: bytes) -> int:
    try:
        size = zstandard.frame_content_size(frame)
    except zstandard.ZstdError as error:
        raise FrameError("it is no zstd frame") from error
    if size < 0:
        raise FrameError("it is a zstd frame that does not tell its size")
    return size
