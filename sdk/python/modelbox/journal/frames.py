"""The bytes of a journal's file: a header, then frames, each with one record; and how they are read after any damage.

    file    magic (8)  salt (16)  length u32  crc u32  header as JSON
    frame   magic (4)  state (4)  tried_at u32  length u32  crc u32  body

Little-endian. A frame's CRC-32 covers the file's salt, the frame's offset, its length and its body, so that a frame
which stands at another place or comes from another file, such as a journal that somebody logged as a metric, is none.
State and time are changed in place, and so not covered; a state that is none of the known ones counts as "tried".
"""

import os
import struct
import zlib
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

import msgspec

from modelbox.journal.record import Record
from modelbox.limits import RECORD_BYTES_MAX

FAMILY: Final = b"MBJRNL"
"""How a journal of any version begins."""

MAGIC: Final = FAMILY + b"\x01\n"
WAITING: Final = b"wait"
TRIED: Final = b"trie"
ANSWERED: Final = b"done"

_FRAME_MAGIC: Final = b"\xf5mbR"
_FRAME: Final = struct.Struct("<4s4sIII")
_STATE: Final = struct.Struct("<4sI")
_HEADER: Final = struct.Struct("<8s16sII")
_PLACE: Final = struct.Struct("<QI")

STATE_OFFSET: Final = len(_FRAME_MAGIC)
"""Where in a frame its state stands."""

FRAME_BYTES: Final = _FRAME.size
"""A frame without its body."""


LOG_CHARS: Final = 36
"""How long the genesis of a log is, as text."""


class Header(msgspec.Struct, frozen=True):
    """Whose journal it is: the server's address, the process that wrote it, and the log that it is meant for.

    The log is empty as long as none was heard of. A journal of an earlier version has no room to name one. Of a ring it
    says also in which folder its journal is.
    """

    address: str
    host: str = ""
    pid: int = 0
    created_at: float = 0.0
    log: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """A file's header, its salt, and where its first frame stands."""

    header: Header
    salt: bytes
    first: int


@dataclass(slots=True)
class Block:
    """What a part of a file holds: the records that are not answered, where to read on, and what could not be read.

    `need` is how many bytes from `end` on must be read to go on, 0 where any further part will do.
    """

    records: list[Record] = field(default_factory=list)
    end: int = 0
    need: int = 0
    damaged_bytes: int = 0


def encode_header(header: Header, salt: bytes | None = None, *, magic: bytes = MAGIC) -> tuple[bytes, bytes]:
    """Return a file's first bytes, as many whether it names a log or has only the room for one; and its salt."""
    salt = os.urandom(16) if salt is None else salt
    body = msgspec.json.encode(header) + b" " * (LOG_CHARS - len(header.log))
    return _HEADER.pack(magic, salt, len(body), zlib.crc32(body, zlib.crc32(salt))) + body, salt


def decode_header(data: bytes, *, magic: bytes = MAGIC) -> Opening | None:
    """Return what the first bytes of a file say, None if they are not whole."""
    if len(data) < _HEADER.size:
        return None
    found, salt, length, crc = _HEADER.unpack_from(data)
    body = data[_HEADER.size : _HEADER.size + length]
    if found != magic or len(body) < length or zlib.crc32(body, zlib.crc32(salt)) != crc:
        return None
    return Opening(msgspec.json.decode(body, type=Header), salt, _HEADER.size + length)


def is_of_another_version(data: bytes) -> bool:
    """Tell whether the first bytes of a file are those of a journal that another version of the client wrote."""
    return data.startswith(FAMILY) and len(data) >= len(MAGIC) and not data.startswith(MAGIC)


HEADER_BYTES_MIN: Final = _HEADER.size
"""No header is shorter."""

HEADER_BYTES_MAX: Final = _HEADER.size + 16 * 1024
"""No header is longer."""


def encode_frame(record: Record, *, place: int, salt: bytes) -> bytes:
    """Return the frame of a record that will stand at `place`."""
    body = record.encode()
    state = TRIED if record.tried_at else WAITING
    return _FRAME.pack(_FRAME_MAGIC, state, record.tried_at, len(body), _crc(body, place=place, salt=salt)) + body


def encode_state(state: bytes, tried_at: int) -> bytes:
    """Return what is written over a frame's state."""
    return _STATE.pack(state, tried_at)


def parse(data: bytes, *, place: int, salt: bytes, last: bool) -> Block:
    """Return what bytes of a file, which begin at `place`, hold.

    What is no frame is passed over to the next frame, and counted.

    Args:
        last: Whether the file ends with these bytes. Then a frame that is not whole is torn: its writer was killed.
    """
    block = Block()
    at = 0
    while at < len(data):
        size = _frame_bytes(data, at)
        if size is None or at + size > len(data):
            if not last and (size is not None or len(data) - at < FRAME_BYTES):
                block.need = size or FRAME_BYTES
                break
            cut_off = size is not None or len(data) - at < FRAME_BYTES
            end = _End.OPEN if not last else _End.TORN if cut_off else _End.WHOLE
            at = _pass_over(block, data, at=at, end=end, place=place, salt=salt)
            continue
        if not _is_frame(data, at, size, place=place, salt=salt):
            end = _End.WHOLE if last else _End.OPEN
            at = _pass_over(block, data, at=at, end=end, place=place, salt=salt)
            continue
        _take(block, data, at, size, place=place)
        at += size
    block.end = place + at
    return block


class _End(Enum):
    """What the end of the bytes at hand means: the file goes on, it ends, or it ends inside a frame."""

    OPEN = auto()
    WHOLE = auto()
    TORN = auto()


def _take(block: Block, data: bytes, at: int, size: int, *, place: int) -> None:
    _, state, tried_at, _, _ = _FRAME.unpack_from(data, at)
    if state == ANSWERED:
        return
    known = 0 if state == WAITING else max(1, tried_at)
    body = data[at + FRAME_BYTES : at + size]
    block.records.append(Record.decode(body, place=place + at, tried_at=known))


def _pass_over(block: Block, data: bytes, *, at: int, end: "_End", place: int, salt: bytes) -> int:
    """Count bytes that are no frame; return where the next frame may begin."""
    following = data.find(_FRAME_MAGIC, at + 1)
    if end is _End.TORN:
        # A length that was damaged looks like a torn frame too: only when no frame follows was it the last.
        while following >= 0 and not _is_whole_frame(data, following, place=place, salt=salt):
            following = data.find(_FRAME_MAGIC, following + 1)
    if following < 0:
        # The next part of the file may begin inside a frame's magic.
        following = len(data) if end is not _End.OPEN else max(at + 1, len(data) - len(_FRAME_MAGIC) + 1)
        if end is _End.TORN:
            # What its writer had not handed over when it was killed; nothing is damaged.
            return following
    block.damaged_bytes += following - at
    return following


def is_frame(data: bytes, *, place: int, salt: bytes) -> bool:
    """Tell whether bytes that begin at `place` begin with a whole frame, in whatever state."""
    return _is_whole_frame(data, 0, place=place, salt=salt)


def _frame_bytes(data: bytes, at: int) -> int | None:
    """Return how long the frame at this place says that it is, None if none begins here or its head is cut off."""
    if len(data) - at < FRAME_BYTES:
        return None
    magic, _, _, length, _ = _FRAME.unpack_from(data, at)
    return FRAME_BYTES + length if magic == _FRAME_MAGIC and length <= RECORD_BYTES_MAX else None


def _is_whole_frame(data: bytes, at: int, *, place: int, salt: bytes) -> bool:
    size = _frame_bytes(data, at)
    return size is not None and at + size <= len(data) and _is_frame(data, at, size, place=place, salt=salt)


def _is_frame(data: bytes, at: int, size: int, *, place: int, salt: bytes) -> bool:
    crc = _FRAME.unpack_from(data, at)[4]
    return bool(crc == _crc(data[at + FRAME_BYTES : at + size], place=place + at, salt=salt))


def _crc(body: bytes, *, place: int, salt: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(_PLACE.pack(place, len(body)), zlib.crc32(salt)))
