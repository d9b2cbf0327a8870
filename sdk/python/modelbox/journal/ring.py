"""The ring: what was logged in the last moments and is not in the journal yet, in memory that outlives the process.

A file of slots, mapped into memory. A call is copied into free ones, which costs microseconds and no system call; what
was written there stays there however the process ends, also by SIGKILL. When the call is in the journal, its slots are
free again. Which slots go into a record is written down before the record is, so that whoever takes both over knows
of each call whether it is in the journal.
"""

import contextlib
import logging
import mmap
import os
import weakref
import zlib
from array import array
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Final, Self

from modelbox.journal.file import JournalFile, is_at, read_header
from modelbox.journal.frames import HEADER_BYTES_MAX, Header, decode_header, encode_header
from modelbox.journal.locks import lock
from modelbox.journal.record import NO_SLOT, Record
from modelbox.journal.slots import (
    AT_THE_SERVER,
    FIRST_SLOT,
    FLIGHT_PLACE,
    FREE,
    MAGIC,
    NO_FLIGHT,
    NOT_SENT,
    PART_BYTES,
    RING_BYTES,
    SENT_PLACE,
    SLOT_BYTES,
    SLOTS,
    Flight,
    Kept,
    Sent,
    decode_flight,
    decode_sent,
    decode_slots,
    done_at,
    encode_done,
    encode_flight,
    encode_sent,
    encode_slot,
    slot_at,
    split,
)
from modelbox.limits import RING_CALL_BYTES_MAX

SUFFIX: Final = ".ring"
"""How the files of rings end."""

MAKING_SUFFIX: Final = ".making"
"""How the file of a ring ends that is not whole yet."""

_LOW: Final = SLOTS // 2
_MODE: Final = 0o600
_BLOCK: Final = bytes(1024 * 1024)
_POPULATE: Final = getattr(mmap, "MAP_POPULATE", 0)
_log = logging.getLogger("modelbox")


class Ring:
    """One process's open, locked ring. Any number of threads, and handlers of signals, may keep calls in it at once."""

    def __init__(self, path: Path, mapped: mmap.mmap, header: Header, salt: bytes) -> None:
        """Take a locked file, mapped; `create` and `take` make one."""
        self.path = path
        self.header: Final = header
        self._map: Final = mapped
        self._salt: Final = int.from_bytes(salt[:4], "little")
        self._next: Final = count(1).__next__
        # Taken from its end, so that the same few pages are used again and again.
        self._free: Final = list(range(SLOTS))[::-1]
        self._further: Final[dict[int, tuple[int, ...]]] = {}
        self.is_low = False
        """Whether more than half of it is taken: then the journal should be written soon."""
        self._was_full = False
        self._sent_key = ""
        _open_rings.add(self)

    @classmethod
    def create(cls, path: Path, header: Header) -> Self:
        """Make a ring. Its room is really there: a write to it can never fail, which would end the process.

        Raises:
            OSError: It cannot be made.
        """
        making = path.with_suffix(MAKING_SUFFIX)
        descriptor = os.open(making, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, _MODE)
        try:
            lock(descriptor)
            os.posix_fallocate(descriptor, 0, RING_BYTES)
            for place in range(0, RING_BYTES, len(_BLOCK)):
                os.pwrite(descriptor, _BLOCK[: RING_BYTES - place], place)
            data, salt = encode_header(header, magic=MAGIC)
            os.pwrite(descriptor, data, 0)
            mapped = mmap.mmap(descriptor, RING_BYTES, flags=mmap.MAP_SHARED | _POPULATE)
            making.rename(path)
        except BaseException:
            making.unlink(missing_ok=True)
            raise
        finally:
            # The mapping has a descriptor of its own, and with it the lock.
            os.close(descriptor)
        return cls(path, mapped, header, salt)

    @classmethod
    def take(cls, path: Path) -> Self | None:
        """Open a ring whose owner has ended; None if it still runs, somebody else took it, or it is none.

        Raises:
            OSError: It cannot be opened.
        """
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            try:
                lock(descriptor)
            except BlockingIOError:
                return None
            opening = decode_header(os.pread(descriptor, HEADER_BYTES_MAX, 0), magic=MAGIC)
            if opening is None or os.fstat(descriptor).st_size != RING_BYTES or not is_at(path, descriptor):
                return None
            return cls(path, mmap.mmap(descriptor, RING_BYTES), opening.header, opening.salt)
        finally:
            os.close(descriptor)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is kept in it."""
        return len(self._free) == SLOTS

    def keep(self, payload: bytes) -> int:
        """Keep a call; return its first slot, or `NO_SLOT` if there is no room. Never waits, never raises."""
        if len(payload) > PART_BYTES:
            return self._keep_long(payload)
        free = self._free
        try:
            position = free.pop()
        except IndexError:
            return self._full()
        if len(free) < _LOW:
            self.is_low = True
        data = encode_slot(payload, self._next(), self._salt)
        at = FIRST_SLOT + position * SLOT_BYTES  # `slot_at`, without the call
        try:
            self._map[at : at + len(data)] = data
        except ValueError:  # closed: by a fork in the handler of a signal, or by the end of the client
            return NO_SLOT
        return position

    def free(self, record: Record) -> None:
        """Give the slots of a record free; of a call that goes on in another record, note how far it has come."""
        slots = record.slots
        with contextlib.suppress(ValueError):  # closed
            if record.upto:
                at = done_at(slots[-1])
                self._map[at : at + 4] = encode_done(record.upto)
                slots = slots[:-1]
            self.free_calls(slots)

    def free_calls(self, slots: "tuple[int, ...] | array[int]") -> None:
        """Give the slots of whole calls free, each given by its first one."""
        mapped, length, further = self._map, len(FREE), self._further
        for first in slots:
            at = slot_at(first)
            mapped[at : at + length] = FREE
            rest = further.pop(first, ()) if further else ()
            # A call without its first part is none, so the order does not matter.
            for position in rest:
                at = slot_at(position)
                mapped[at : at + length] = FREE
            self._free.extend((first, *rest))
        self.is_low = len(self._free) < _LOW

    @contextlib.contextmanager
    def flight(self, record: Record, place: int) -> Iterator[None]:
        """Have a record written to a place of the journal; when that was done, its slots are free.

        A process that is killed in between leaves a flight: whoever takes both over looks whether the record is there.
        """
        if not record.slots:
            yield
            return
        data = encode_flight(Flight(place, record.upto, record.slots), self._salt)
        with contextlib.suppress(ValueError):  # closed
            self._map[FLIGHT_PLACE : FLIGHT_PLACE + len(data)] = data
        try:
            yield
        except OSError:
            self._end_flight()
            raise
        self.free(record)
        if record.key == self._sent_key:
            self._forget_sent()
        self._end_flight()

    def note_sent(self, record: Record) -> None:
        """Note that the server may see a record from now on that no journal has: who takes it over must send the same.

        One record at a time; one of very many calls finds no room, and the note of another one goes.
        """
        sent = Sent(record.key, record.tried_at, zlib.crc32(record.request), record.upto, record.slots)
        self._sent_key = record.key
        data = encode_sent(sent, self._salt) or NOT_SENT
        with contextlib.suppress(ValueError):  # closed
            self._map[SENT_PLACE : SENT_PLACE + len(data)] = data

    def sent(self) -> Sent | None:
        """Return what was noted as sent and is not answered; its slots may be those of other calls by now."""
        return decode_sent(self._map[:FIRST_SLOT], self._salt)

    def arrive(self, record: Record) -> None:
        """Give the slots of a record free that no journal has, for the server has it."""
        if not record.slots:
            return
        data = encode_flight(Flight(AT_THE_SERVER, record.upto, record.slots), self._salt)
        with contextlib.suppress(ValueError):  # closed
            self._map[FLIGHT_PLACE : FLIGHT_PLACE + len(data)] = data
        self.free(record)
        if record.key == self._sent_key:
            self._forget_sent()
        self._end_flight()

    def land(self, journal: JournalFile) -> list[Kept]:
        """Return the calls that are not in the journal, in their order; for who has taken both.

        Raises:
            OSError: The journal cannot be read.
        """
        data = self._map[:]
        flight = decode_flight(data, self._salt)
        kept = {one.positions[0]: one for one in decode_slots(data, self._salt)}
        taken: set[int] = set()
        for first, one in kept.items():
            taken.update(one.positions)
            if one.positions[1:]:
                self._further[first] = one.positions[1:]
        self._free[:] = [position for position in range(SLOTS) if position not in taken]
        if flight is not None and (flight.place == AT_THE_SERVER or journal.holds(flight.place)):
            # Some may be free by then.
            slots = tuple(first for first in flight.positions if first in kept)
            upto = flight.upto if flight.positions[-1] in kept else 0
            self.free(Record("", b"", slots=slots, upto=upto))
        self._end_flight()
        return list(decode_slots(self._map[:], self._salt))

    def follow(self, path: Path) -> None:
        """Take another name.

        Raises:
            OSError: It cannot be had.
        """
        self.path.rename(path)
        self.path = path

    def close(self) -> None:
        """Let the ring go; its file stays where something is kept in it, for others to take."""
        if self.is_empty:
            # While it is still locked: nobody takes a file that is about to go.
            self.path.unlink(missing_ok=True)
        self.abandon()

    def abandon(self) -> None:
        """Let the ring go as it is: a forked child does so with its parent's."""
        _open_rings.discard(self)
        self._map.close()

    def _end_flight(self) -> None:
        with contextlib.suppress(ValueError):  # closed
            self._map[FLIGHT_PLACE : FLIGHT_PLACE + len(NO_FLIGHT)] = NO_FLIGHT

    def _forget_sent(self) -> None:
        with contextlib.suppress(ValueError):  # closed
            self._map[SENT_PLACE : SENT_PLACE + len(NOT_SENT)] = NOT_SENT

    def _keep_long(self, payload: bytes) -> int:
        parts = split(payload) if len(payload) <= RING_CALL_BYTES_MAX else ()
        positions: list[int] = []
        try:
            positions.extend(self._free.pop() for _ in parts)
        except IndexError:
            self._free.extend(positions)
            return self._full()
        if not positions:
            return NO_SLOT
        self.is_low = len(self._free) < _LOW
        first, *rest = positions
        self._further[first] = tuple(rest)
        seq = self._next()
        try:
            for number, position in enumerate(positions):
                data = encode_slot(parts[number], seq, self._salt, part=number, parts=len(parts))
                at = slot_at(position)
                self._map[at : at + len(data)] = data
        except ValueError:  # as in `keep`
            return NO_SLOT
        return first

    def _full(self) -> int:
        if not self._was_full:
            self._was_full = True
            _log.debug("the ring is full: what is logged before the journal is written again waits in memory alone")
        return NO_SLOT


def is_ring(path: Path) -> bool:
    """Tell whether there is a whole ring, whoever has it."""
    try:
        return path.stat().st_size == RING_BYTES and read_header(path, magic=MAGIC) is not None
    except FileNotFoundError:
        return False
    except OSError:  # nobody knows: for instance, no more files can be opened now
        return True


_open_rings: Final[weakref.WeakSet[Ring]] = weakref.WeakSet()


def close_inherited_rings() -> None:
    """Let the parent's rings go in a forked child; as long as it had them open, they would stay locked."""
    for ring in list(_open_rings):
        ring.abandon()
