"""The bytes of a ring's file: a header, two lists, then slots of one size.

The lists name what is on its way into the journal, and what was sent last without having come there.

    file     header as of a journal, with a magic of its own
    flight   crc u32  place u64  upto u32  count u32  positions u16 …
    sent     crc u32  key (32)  tried_at u32  request's crc u32  upto u32  count u32  positions u16 …
    slot     crc u32  done u32  seq u64  length u16  part u16  parts u16  a part of a call

Little-endian. A CRC-32 begins with the file's salt, so that a slot which was never finished, is free again or stands in
another file is none. `done` is changed in place: so many of the call's points are in the journal.
"""

import struct
import zlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from modelbox.journal.frames import HEADER_BYTES_MAX

MAGIC: Final = b"MBRING\x01\n"
"""How a ring's file begins."""

SLOTS: Final = 8192
"""Slots of one ring; their positions fit 16 bits."""

SLOT_BYTES: Final = 512
"""One slot; a call with ten metrics mostly fits into one."""

FLIGHT_PLACE: Final = -(-HEADER_BYTES_MAX // 4096) * 4096
"""Where the flight stands in the file."""

_FLIGHT: Final = struct.Struct("<IQII")
_SENT: Final = struct.Struct("<I32sIIII")
_FRONT: Final = struct.Struct("<II")
_BODY: Final = struct.Struct("<QHHH")
_DONE: Final = struct.Struct("<I")
_DONE_OFFSET: Final = 4
_POSITION_BYTES: Final = 2
_KEY_BYTES: Final = 32

_FLIGHT_BYTES: Final = _FLIGHT.size + SLOTS * _POSITION_BYTES
FIRST_SLOT: Final = -(-(FLIGHT_PLACE + _FLIGHT_BYTES) // 4096) * 4096
"""Where the slots begin in the file."""

SENT_PLACE: Final = FLIGHT_PLACE + _FLIGHT_BYTES
"""Where it stands in the file what was sent; a ring of an earlier version has zeros there."""

SENT_SLOTS_MAX: Final = (FIRST_SLOT - SENT_PLACE - _SENT.size) // _POSITION_BYTES
"""So many calls of a record that was sent find room there."""

AT_THE_SERVER: Final = 0
"""The place of a flight whose record the server has; no record stands there, where a journal has its header."""

RING_BYTES: Final = FIRST_SLOT + SLOTS * SLOT_BYTES
"""One ring's file."""

PART_BYTES: Final = SLOT_BYTES - _FRONT.size - _BODY.size
"""So much of a call fits into one slot."""

FREE: Final = bytes(_FRONT.size + _BODY.size)
"""What is written over the beginning of a slot that is free again."""

NO_FLIGHT: Final = bytes(_FLIGHT.size)
"""What is written over a flight that has arrived."""

NOT_SENT: Final = bytes(_SENT.size)
"""What is written over what was sent, once it is answered."""


@dataclass(frozen=True, slots=True)
class Flight:
    """The slots whose calls go into the journal's record at `place`; of the last call only `upto` points, if not 0."""

    place: int
    upto: int
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """A record that the server may have: its key, when it was tried first, its request's CRC-32, and its slots."""

    key: str
    tried_at: int
    request_crc: int
    upto: int
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A whole call in a ring: where its parts stand, its number, and how many of its points are in the journal."""

    positions: tuple[int, ...]
    seq: int
    done: int
    payload: bytes


def slot_at(position: int) -> int:
    """Return where a slot begins in the file."""
    return FIRST_SLOT + position * SLOT_BYTES


def done_at(position: int) -> int:
    """Return where in the file a slot says how many points are in the journal."""
    return slot_at(position) + _DONE_OFFSET


def encode_slot(part_of_call: bytes, seq: int, salt: int, *, part: int = 0, parts: int = 1) -> bytes:
    """Return what is written into a slot."""
    body = _BODY.pack(seq, len(part_of_call), part, parts) + part_of_call
    return _FRONT.pack(zlib.crc32(body, salt), 0) + body


def encode_done(points: int) -> bytes:
    """Return how many points are in the journal, as a slot says it."""
    return _DONE.pack(points)


def encode_flight(flight: Flight, salt: int) -> bytes:
    """Return what is written as the flight."""
    positions = array("H", flight.positions)
    body = _FLIGHT.pack(0, flight.place, flight.upto, len(positions))[4:] + positions.tobytes()
    return zlib.crc32(body, salt).to_bytes(4, "little") + body


def decode_flight(data: bytes, salt: int) -> Flight | None:
    """Return the flight of a file, None if there is none, or it was not finished."""
    crc, place, upto, count = _FLIGHT.unpack_from(data, FLIGHT_PLACE)
    end = FLIGHT_PLACE + _FLIGHT.size + count * _POSITION_BYTES
    if not count or count > SLOTS or zlib.crc32(data[FLIGHT_PLACE + 4 : end], salt) != crc:
        return None
    positions = array("H", data[FLIGHT_PLACE + _FLIGHT.size : end])
    return Flight(place, upto, tuple(positions))


def encode_sent(sent: Sent, salt: int) -> bytes:
    """Return what is written of a record that is sent; empty if there is no room for it."""
    key = sent.key.encode()
    if len(key) != _KEY_BYTES or len(sent.positions) > SENT_SLOTS_MAX:
        return b""
    head = _SENT.pack(0, key, sent.tried_at, sent.request_crc, sent.upto, len(sent.positions))
    body = head[4:] + array("H", sent.positions).tobytes()
    return zlib.crc32(body, salt).to_bytes(4, "little") + body


def decode_sent(data: bytes, salt: int) -> Sent | None:
    """Return what was sent last and is not answered, None if there is nothing, or it was not finished."""
    crc, key, tried_at, request_crc, upto, count = _SENT.unpack_from(data, SENT_PLACE)
    end = SENT_PLACE + _SENT.size + count * _POSITION_BYTES
    if not count or count > SENT_SLOTS_MAX or zlib.crc32(data[SENT_PLACE + 4 : end], salt) != crc:
        return None
    positions = array("H", data[SENT_PLACE + _SENT.size : end])
    return Sent(key.decode(), tried_at, request_crc, upto, tuple(positions))


def decode_slots(data: bytes, salt: int) -> Iterator[Kept]:
    """Return the whole calls of a file in the order in which they were made; what was never finished is passed over."""
    by_seq: dict[int, dict[int, tuple[int, int, bytes, int]]] = {}
    for position in range(SLOTS):
        at = slot_at(position)
        crc, done = _FRONT.unpack_from(data, at)
        seq, length, part, parts = _BODY.unpack_from(data, at + _FRONT.size)
        begin = at + _FRONT.size
        body = data[begin : begin + _BODY.size + length]
        if seq and length <= PART_BYTES and zlib.crc32(body, salt) == crc:
            by_seq.setdefault(seq, {})[part] = (position, done, body[_BODY.size :], parts)
    for seq, found in sorted(by_seq.items()):
        parts = [found[number] for number in sorted(found)]
        if len(parts) == parts[0][3] and 0 in found:
            positions = tuple(part[0] for part in parts)
            yield Kept(positions, seq, parts[0][1], b"".join(part[2] for part in parts))


def split(payload: bytes) -> Sequence[bytes]:
    """Return the parts of a call that go into a slot each."""
    return [payload[at : at + PART_BYTES] for at in range(0, len(payload), PART_BYTES)]
