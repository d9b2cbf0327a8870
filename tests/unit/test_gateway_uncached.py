"""A file that is written or read past the page cache has every byte, wherever it lies and whatever its pieces are."""

import errno
import itertools
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

from modelbox_gateway.blobs.uncached import BLOCK_BYTES, UncachedFile, UncachedReader

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # the names in it are this process's own
"""A file system without a disk."""


@pytest.fixture(params=["disk", "memory"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    if request.param == "memory" and not SHARED_MEMORY.is_dir():
        pytest.skip("this system has no /dev/shm")
    path = (tmp_path if request.param == "disk" else SHARED_MEMORY) / f"modelbox-uncached-{os.getpid()}"
    yield path
    path.unlink(missing_ok=True)


def write(path: Path, pieces: list[bytes], *, at: int = 0) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
    try:
        os.lseek(descriptor, at, os.SEEK_SET)
        file = UncachedFile(descriptor)
        try:
            for piece in pieces:
                file.write(piece)
            file.flush()
        finally:
            file.close()
    finally:
        os.close(descriptor)


SIZES = st.sampled_from([0, 1, 511, 4096, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES + 7])


@given(sizes=st.lists(SIZES, max_size=5))
def test_pieces_of_any_size_are_all_in_the_file(tmp_path_factory: pytest.TempPathFactory, sizes: list[int]) -> None:
    path = tmp_path_factory.getbasetemp() / "uncached"
    pieces = [os.urandom(size) for size in sizes]
    write(path, pieces)
    assert path.read_bytes() == b"".join(pieces)


def test_it_is_written_on_file_systems_of_any_kind(path: Path) -> None:
    pieces = [os.urandom(BLOCK_BYTES + 5), os.urandom(3 * BLOCK_BYTES), b"end"]
    write(path, pieces)
    assert path.read_bytes() == b"".join(pieces)


def test_where_the_disk_takes_no_such_write_it_goes_through_the_cache(path: Path) -> None:
    """As at a place in the file that is no multiple of the disk's block."""
    data = os.urandom(2 * BLOCK_BYTES + 3)
    write(path, [data], at=7)
    assert path.read_bytes() == bytes(7) + data


@pytest.mark.parametrize("more", [0, 1, 4096])
def test_a_disk_that_is_full_is_told(path: Path, more: int) -> None:
    """Also where a part of a block has room still."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (BLOCK_BYTES + more, hard))
    try:
        with pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
            write(path, [os.urandom(3 * BLOCK_BYTES)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def read(path: Path, sizes: Iterator[int], offset: int = 0) -> bytes:
    descriptor = os.open(path, os.O_RDONLY)
    reader = UncachedReader(descriptor)
    pieces = []
    try:
        while piece := reader.read(next(sizes), offset):
            pieces.append(piece)
            offset += len(piece)
    finally:
        reader.close()
        os.close(descriptor)
    return b"".join(pieces)


@pytest.mark.parametrize("size", [0, 1, BLOCK_BYTES, 3 * BLOCK_BYTES + 7])
def test_all_of_it_is_read(path: Path, size: int) -> None:
    data = os.urandom(size)
    path.write_bytes(data)
    assert read(path, itertools.repeat(BLOCK_BYTES)) == data


def test_it_is_read_in_pieces_of_any_size_and_from_any_place(path: Path) -> None:
    data = os.urandom(3 * BLOCK_BYTES + 7)
    path.write_bytes(data)
    assert read(path, itertools.cycle([BLOCK_BYTES, 5, 4096])) == data
    assert read(path, itertools.repeat(BLOCK_BYTES), offset=BLOCK_BYTES + 3) == data[BLOCK_BYTES + 3 :]
