"""A file written, or read, past the page cache, a block at a time.

What passes by takes no memory that others use, Postgres for one, needs no copy by the kernel, and the flush at its end
is short, for the bytes are on the disk by then. Where a file system has no such access, it goes through the cache.

Source: open(2), `O_DIRECT`: memory, place and length are multiples of the disk's block.
"""

import errno
import fcntl
import mmap
import os
from typing import Final

BLOCK_BYTES: Final = 1024 * 1024
"""How much is written or read at once, and what each file takes of memory meanwhile."""

_DIRECT: Final = getattr(os, "O_DIRECT", 0)  # macOS has none


class UncachedFile:
    """A file that is written from its start to its end."""

    def __init__(self, descriptor: int) -> None:
        """Write to an open, empty file, which stays the caller's."""
        self._descriptor = descriptor
        self._block = mmap.mmap(-1, BLOCK_BYTES)  # a page's beginning is aligned as every disk asks
        self._filled = 0
        _bypass(descriptor, is_on=True)

    def write(self, data: bytes) -> None:
        """Take more bytes.

        Raises:
            OSError: The disk is full or fails.
        """
        at = 0
        while at < len(data):
            size = min(BLOCK_BYTES - self._filled, len(data) - at)
            self._block[self._filled : self._filled + size] = memoryview(data)[at : at + size]
            self._filled += size
            at += size
            if self._filled == BLOCK_BYTES:
                self._write_out()

    def flush(self) -> None:
        """Have all of it on the disk; nothing is written after it.

        Raises:
            OSError: The disk is full or fails.
        """
        _bypass(self._descriptor, is_on=False)  # what is left is no whole block
        self._write_out()
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Give the block's memory back."""
        self._block.close()

    def _write_out(self) -> None:
        with memoryview(self._block) as block:
            written = 0
            while written < self._filled:
                written += self._write_some(block[written : self._filled])
        self._filled = 0

    def _write_some(self, view: memoryview) -> int:
        with view:
            try:
                return os.write(self._descriptor, view)
            except OSError as error:
                if error.errno != errno.EINVAL:
                    raise
                # This file system takes no such writes, or a disk that is nearly full took a part of a block.
                _bypass(self._descriptor, is_on=False)
                return os.write(self._descriptor, view)


class UncachedReader:
    """A file that is read from its start to its end."""

    def __init__(self, descriptor: int) -> None:
        """Read from an open file, which stays the caller's."""
        self._descriptor = descriptor
        self._block = mmap.mmap(-1, BLOCK_BYTES)
        _bypass(descriptor, is_on=True)

    def read(self, size: int, offset: int) -> bytes:
        """Return up to so many bytes, at most a block, from a place on.

        Raises:
            OSError: The disk fails.
        """
        if offset % BLOCK_BYTES:
            _bypass(self._descriptor, is_on=False)
        try:
            found = os.preadv(self._descriptor, [self._block], offset)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            _bypass(self._descriptor, is_on=False)  # this file system has no such reads
            found = os.preadv(self._descriptor, [self._block], offset)
        return self._block[: min(found, size)]

    def close(self) -> None:
        """Give the block's memory back."""
        self._block.close()


def _bypass(descriptor: int, *, is_on: bool) -> None:
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL) & ~_DIRECT
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | _DIRECT if is_on else flags)
    except OSError as error:
        if error.errno != errno.EINVAL:  # it has no such access
            raise
