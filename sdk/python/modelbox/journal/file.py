"""One journal's file: made, locked, written, marked and read. One process at a time has it.

Records are handed to the operating system, which keeps them when the process is killed; they are not flushed to the
disk one by one, so a machine that loses power may lose the last seconds.
"""

import contextlib
import errno
import logging
import os
import secrets
import socket
import weakref
from collections.abc import Iterator
from pathlib import Path
from time import time
from typing import Final, Self

import msgspec

from modelbox.journal.frames import (
    ANSWERED,
    FRAME_BYTES,
    HEADER_BYTES_MAX,
    HEADER_BYTES_MIN,
    MAGIC,
    STATE_OFFSET,
    TRIED,
    Block,
    Header,
    Opening,
    decode_header,
    encode_frame,
    encode_header,
    encode_state,
    is_frame,
    is_of_another_version,
    parse,
)
from modelbox.journal.locks import lock
from modelbox.journal.record import Record
from modelbox.limits import RECORD_BYTES_MAX, WINDOW_READ_BYTES

SUFFIX: Final = ".journal"
"""How the files of journals end."""

DAMAGED_SUFFIX: Final = ".damaged"
"""How a journal's file ends that was sent as far as it could be read."""

_MODE: Final = 0o600
_log = logging.getLogger("modelbox")


class JournalFile:
    """An open, locked journal. Not safe to use from several threads at once."""

    def __init__(self, path: Path, descriptor: int, opening: Opening, *, size: int) -> None:
        """Take an open, locked file; `create` and `take` make one."""
        self.path: Final = path
        self.header = opening.header
        self.first: Final = opening.first
        self.size = size
        self._salt: Final = opening.salt
        self._descriptor = descriptor
        _open_files.add(self)

    @classmethod
    def create(cls, folder: Path, header: Header, *, suffix: str = SUFFIX, stem: str = "") -> Self:
        """Make a new journal, locked.

        Args:
            stem: Its name without the suffix; drawn, unless given.

        Raises:
            OSError: It cannot be made.
        """
        path = folder / f"{stem or new_stem()}{suffix}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
        try:
            lock(descriptor)
            data, salt = encode_header(header)
            _write_all(descriptor, data, 0)
        except BaseException:
            os.close(descriptor)
            path.unlink(missing_ok=True)
            raise
        return cls(path, descriptor, Opening(header, salt, len(data)), size=len(data))

    @classmethod
    def take(cls, path: Path) -> Self | None:
        """Open and lock a journal that is there; None if somebody else has it, or it is none that can be read.

        A file whose header is damaged is set aside; one whose writer was killed before it had a header is removed.

        Raises:
            OSError: It cannot be opened.
        """
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            opening = _locked_opening(path, descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        if opening is None:
            os.close(descriptor)
            return None
        return cls(path, descriptor, opening, size=os.fstat(descriptor).st_size)

    @classmethod
    @contextlib.contextmanager
    def look_into(cls, path: Path) -> Iterator[Self]:
        """Open a journal to read it without locking it; its owner may be at work.

        Raises:
            OSError: It cannot be read, or its header is not whole.
        """
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            opening = decode_header(os.pread(descriptor, HEADER_BYTES_MAX, 0))
            if opening is None:
                raise OSError(errno.EINVAL, "no whole journal", str(path))
            file = cls(path, descriptor, opening, size=os.fstat(descriptor).st_size)
            yield file
            _open_files.discard(file)
        finally:
            os.close(descriptor)

    @property
    def has_room_for_log(self) -> bool:
        """Whether its header can name a log in place; one of an earlier version cannot."""
        return len(encode_header(self.header, self._salt)[0]) == self.first

    def bind(self, log: str) -> bool:
        """Name the log that the journal is meant for; return False if its header has no room for that.

        Raises:
            OSError: The disk fails.
        """
        if not self.has_room_for_log:
            return False
        header = msgspec.structs.replace(self.header, log=log)
        _write_all(self._descriptor, encode_header(header, self._salt)[0], 0)
        self.header = header
        return True

    @property
    def address(self) -> str:
        """The address of the server that it is for."""
        return self.header.address

    def append(self, record: Record) -> None:
        """Write a record at the end; then it has its place.

        Raises:
            OSError: The disk is full or fails; nothing was written.
        """
        frame = encode_frame(record, place=self.size, salt=self._salt)
        try:
            _write_all(self._descriptor, frame, self.size)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self.size)
            raise
        record.place = self.size
        self.size += len(frame)

    def mark_tried(self, record: Record) -> None:
        """Note that the server may have seen a record from now on.

        Raises:
            OSError: The disk fails.
        """
        self._mark(record, encode_state(TRIED, record.tried_at))

    def mark_answered(self, record: Record) -> None:
        """Note that a record is done.

        Raises:
            OSError: The disk fails.
        """
        self._mark(record, encode_state(ANSWERED, record.tried_at))

    def read(self, place: int) -> Block:
        """Return the records from a place on that are not answered, as far as one read reaches.

        Raises:
            OSError: The disk fails.
        """
        wanted = WINDOW_READ_BYTES
        while True:
            part = min(wanted, self.size - place)
            data = os.pread(self._descriptor, part, place)
            if not data:
                # Somebody else has cut the file off.
                return Block(end=self.size, damaged_bytes=self.size - place)
            last = place + len(data) >= self.size or len(data) < part
            block = parse(data, place=place, salt=self._salt, last=last)
            if block.end > place or not block.need:
                return block
            wanted = max(2 * wanted, block.need)

    def holds(self, place: int) -> bool:
        """Tell whether a record was written to a place, whatever became of it.

        Raises:
            OSError: The disk fails.
        """
        data = os.pread(self._descriptor, FRAME_BYTES + RECORD_BYTES_MAX, place)
        return is_frame(data, place=place, salt=self._salt)

    def clear(self) -> None:
        """Remove all records.

        Raises:
            OSError: The disk fails.
        """
        os.ftruncate(self._descriptor, self.first)
        self.size = self.first

    @property
    def is_in_place(self) -> bool:
        """Whether the file still is where it was made; somebody may have removed it."""
        return is_at(self.path, self._descriptor)

    def close(self) -> None:
        """Let the file go as it is, for others to take."""
        _open_files.discard(self)
        os.close(self._descriptor)

    def remove(self) -> None:
        """Remove the file and let it go."""
        # While it is still locked: nobody takes a file that is about to go.
        self.path.unlink(missing_ok=True)
        self.close()

    def set_aside(self) -> Path:
        """Rename the file, so that what could not be read of it is kept but not sent, and let it go."""
        aside = self.path.with_name(self.path.name + DAMAGED_SUFFIX)
        self.path.rename(aside)
        self.close()
        return aside

    def replace(self, new: "JournalFile") -> Self:
        """Put a new file in this one's place, in one step, and let this one go; return the new one."""
        new.path.rename(self.path)
        self.close()
        _open_files.discard(new)
        opening = Opening(new.header, new._salt, new.first)  # noqa: SLF001  # one of our own
        return type(self)(self.path, new._descriptor, opening, size=new.size)  # noqa: SLF001  # as above

    def _mark(self, record: Record, state: bytes) -> None:
        if record.place is not None:
            _write_all(self._descriptor, state, record.place + STATE_OFFSET)


_open_files: Final[weakref.WeakSet[JournalFile]] = weakref.WeakSet()


def new_stem() -> str:
    """Return a name for files of this process, without a suffix.

    Hosts that share a folder, and processes that get an old number again, never have the same.
    """
    return f"{_plain(socket.gethostname())}-{os.getpid()}-{secrets.token_hex(4)}"


def own_header(address: str, *, log: str = "") -> Header:
    """Return the header of a journal that this process begins now."""
    return Header(address, host=socket.gethostname(), pid=os.getpid(), created_at=time(), log=log)


def close_inherited() -> None:
    """Let the files of the parent go in a forked child; as long as it had them open, they would stay locked."""
    for file in list(_open_files):
        with contextlib.suppress(OSError):
            file.close()
    _open_files.clear()


def read_header(path: Path, *, magic: bytes = MAGIC) -> Header | None:
    """Return whose journal a file is, without taking it; None if it is not a whole one.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        opening = decode_header(file.read(HEADER_BYTES_MAX), magic=magic)
    return None if opening is None else opening.header


def _locked_opening(path: Path, descriptor: int) -> Opening | None:
    try:
        lock(descriptor)
    except BlockingIOError:
        return None
    # Its last owner may have removed or replaced it between our opening and our locking it.
    if not is_at(path, descriptor):
        return None
    data = os.pread(descriptor, HEADER_BYTES_MAX, 0)
    opening = decode_header(data)
    if opening is None and not is_of_another_version(data):
        if len(data) < HEADER_BYTES_MIN:
            path.unlink(missing_ok=True)
        else:
            _log.warning("the head of the journal %s is damaged: it is set aside", path)
            path.rename(path.with_name(path.name + DAMAGED_SUFFIX))
    return opening


def is_at(path: Path, descriptor: int) -> bool:
    """Tell whether an open file is the one of that name."""
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    ours = os.fstat(descriptor)
    return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)


def _write_all(descriptor: int, data: bytes, place: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, place)
        if not written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        view, place = view[written:], place + written


def _plain(name: str) -> str:
    return "".join(char if char.isascii() and char.isalnum() else "_" for char in name)[:40] or "host"
