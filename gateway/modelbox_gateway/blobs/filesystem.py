"""A store in a folder of a file system, which several servers may share.

`sha256/ab/cdef…` holds what is complete and durable, `tmp` what is being written, `aside` what a sweep took out.
"""

import contextlib
import fcntl
import os
import re
import stat
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

from modelbox_gateway.blobs.contract import AbandonedUpload, OwnerMark, StoredBlob
from modelbox_gateway.blobs.disk import at_disk, fsync_folder
from modelbox_gateway.blobs.uncached import UncachedFile, UncachedReader
from modelbox_gateway.errors import BlobDamagedError, BlobStoreRefusedError

LARGE_BYTES: Final = 8 * 1024 * 1024
"""Of blobs from here on, what is read once does not go into the page cache."""

LARGE_NOTED: Final = 1_024
"""How many large blobs, the last that were read, are known: one that is read again goes into it."""

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class FilesystemStore:
    """Blobs under one folder."""

    def __init__(self, folder: Path) -> None:
        """Keep blobs in `folder`, which `prepare` makes."""
        self.links: Final = None
        self._folder = folder
        self._complete = folder / "sha256"
        self._temporary = folder / "tmp"
        self._aside = folder / "aside"
        self._owners = folder / "owner"
        self._read_lately: OrderedDict[str, None] = OrderedDict()
        self._noting = threading.Lock()

    def prepare(self) -> None:
        """Make the folders."""
        try:
            for folder in (self._complete, self._temporary, self._aside, self._owners):
                folder.mkdir(parents=True, exist_ok=True)
            # Every folder that a blob may go to exists and is durable before the first upload.
            for first_byte in range(256):
                (self._complete / f"{first_byte:02x}").mkdir(exist_ok=True)
            fsync_folder(self._complete)
            fsync_folder(self._folder)
            tempfile.TemporaryFile(dir=self._temporary).close()
        except OSError as error:
            raise BlobStoreRefusedError(
                f"the folder {self._folder} cannot be written ({error.strerror or error})",
                remedy="make it a folder that this account owns, or name another",
            ) from error

    def owner(self) -> OwnerMark | None:
        """Return the last mark of an owner."""
        with at_disk():
            try:
                numbers = [int(path.name) for path in self._owners.iterdir() if path.name.isdecimal()]
                number = max(numbers, default=0)
                return OwnerMark(number, self._mark(number).read_bytes(), str(self._owners)) if number else None
            except FileNotFoundError:  # somebody removed it, or all of them
                return None

    def claim(self, data: bytes, *, number: int) -> None:
        """Write a mark, unless there is one of this number. Whoever reads it meanwhile finds all of it or none."""
        with at_disk():
            self._owners.mkdir(exist_ok=True)
            whole = self._owners / f".{uuid4().hex}"
            descriptor = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(descriptor)
                # Unlike a rename this never replaces the mark of another server.
                with contextlib.suppress(FileExistsError):
                    os.link(whole, self._mark(number))
            finally:
                whole.unlink()
            fsync_folder(self._owners)

    def writer(self) -> "FileWriter":
        """Begin to take a blob."""
        return FileWriter(self)

    def size(self, sha256: str) -> int | None:
        """Return a blob's length in bytes, or None when it is not at its place."""
        with at_disk():
            try:
                return self.place(sha256).stat().st_size
            except FileNotFoundError:
                return None

    def reader(self, sha256: str, *, offset: int = 0) -> "FileReader | None":
        """Open a blob; None when it is not at its place."""
        with at_disk():
            try:
                descriptor = os.open(self.place(sha256), os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                return None
            try:
                size = os.fstat(descriptor).st_size
                is_first = offset == 0 and size >= LARGE_BYTES and self._is_first_read(sha256)
                return FileReader(descriptor, offset, size=size, through_cache=not is_first)
            except BaseException:
                os.close(descriptor)
                raise

    def stored(self) -> Iterator[StoredBlob]:
        """Return every blob that is at its place."""
        for first_byte in range(256):
            yield from _blobs_in(self._complete / f"{first_byte:02x}", f"{first_byte:02x}")

    def set_aside(self, sha256: str) -> None:
        """Move a blob from its place."""
        place, aside = self.place(sha256), self._aside / sha256
        with at_disk():
            try:
                # Before the move: one that is set aside never looks older than that.
                os.utime(place)
                place.rename(aside)
                if place.samefile(aside):  # of two names of one file, as `put_back` leaves, a rename keeps both
                    place.unlink()
            except FileNotFoundError:
                return  # it is moved, or another sweep was faster

    def aside(self) -> Iterator[StoredBlob]:
        """Return every blob that was set aside."""
        yield from _blobs_in(self._aside, "")

    def put_back(self, sha256: str) -> bool:
        """Bring a blob that was set aside to its place, unless one is there; tell whether one is there now."""
        place = self.place(sha256)
        with at_disk():
            try:
                # Unlike a rename this never replaces what an upload put there meanwhile.
                os.link(self._aside / sha256, place)
            except FileExistsError:
                pass
            except FileNotFoundError:
                return place.exists()
            fsync_folder(place.parent)
        return True

    def remove(self, sha256: str) -> None:
        """Remove a blob that was set aside."""
        self.place(sha256)
        with at_disk():
            (self._aside / sha256).unlink(missing_ok=True)

    def abandoned(self) -> Iterator[AbandonedUpload]:
        """Return the temporary files that nobody writes to."""
        with at_disk():
            for path in sorted(self._temporary.iterdir()):
                if (found := _stat(path)) is not None and _is_abandoned(path):
                    yield AbandonedUpload(path.name, found.st_size, _time(found))

    def remove_abandoned(self, name: str) -> None:
        """Remove a temporary file."""
        with at_disk():
            (self._temporary / Path(name).name).unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing is open."""

    def place(self, sha256: str) -> Path:
        """Return where a blob belongs."""
        # Names of files come from here alone, and only from digests.
        if _SHA256.fullmatch(sha256) is None:
            raise BlobDamagedError(sha256[:80], "its name is not a SHA-256")
        return self._complete / sha256[:2] / sha256[2:]

    def _is_first_read(self, sha256: str) -> bool:
        """Tell whether a blob was not read lately, and note that it is."""
        with self._noting:
            is_first = sha256 not in self._read_lately
            self._read_lately[sha256] = None
            self._read_lately.move_to_end(sha256)
            if len(self._read_lately) > LARGE_NOTED:
                self._read_lately.popitem(last=False)
        return is_first

    def _mark(self, number: int) -> Path:
        return self._owners / f"{number:010}"

    def temporary(self) -> tuple[int, Path]:
        """Open a new temporary file that other servers know to be in use."""
        while True:
            descriptor, name = tempfile.mkstemp(dir=self._temporary)
            # The kernel drops this lock with the process: what it lies on, a sweep of any server leaves alone.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.fstat(descriptor).st_nlink:
                return descriptor, Path(name)
            os.close(descriptor)  # a sweep came between opening and locking


class FileWriter:
    """Takes one blob's bytes into a temporary file."""

    def __init__(self, store: FilesystemStore) -> None:
        """Open nothing yet."""
        self._store = store
        self._descriptor = -1
        self._path = Path()
        self._file: UncachedFile | None = None

    def write(self, data: bytes) -> None:
        """Take more bytes."""
        with at_disk():
            if self._file is None:
                self._descriptor, self._path = self._store.temporary()
                self._file = UncachedFile(self._descriptor)
            self._file.write(data)

    def keep(self, sha256: str) -> None:
        """Give the bytes their place, in the stead of what is there."""
        place = self._store.place(sha256)
        with at_disk():
            if self._file is not None:
                self._file.flush()
            self._path.replace(place)
            fsync_folder(place.parent)

    def discard(self) -> None:
        """Remove what is not at its place."""
        if self._descriptor < 0:
            return
        with at_disk():
            if self._file is not None:
                self._file.close()
            os.close(self._descriptor)
            self._descriptor = -1
            self._path.unlink(missing_ok=True)  # a kept one has gone to its place


class FileReader:
    """Gives one blob's bytes."""

    def __init__(self, descriptor: int, offset: int, *, size: int, through_cache: bool) -> None:
        """Read from `descriptor`, beginning with byte `offset`; it is closed at the end."""
        self._descriptor = descriptor
        self._offset = offset
        self.size = size
        self._file = None if through_cache else UncachedReader(descriptor)

    def read(self, size: int) -> bytes:
        """Return up to so many bytes."""
        with at_disk():
            if self._file is None:
                data = os.pread(self._descriptor, size, self._offset)
            else:
                data = self._file.read(size, self._offset)
        self._offset += len(data)
        return data

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
        os.close(self._descriptor)


def _blobs_in(folder: Path, first_digits: str) -> Iterator[StoredBlob]:
    with at_disk():
        for path in sorted(folder.iterdir()):
            # Whatever else somebody put there is none of our business.
            if _SHA256.fullmatch(first_digits + path.name) and (found := _stat(path)) is not None:
                yield StoredBlob(first_digits + path.name, found.st_size, _time(found))


def _stat(path: Path) -> os.stat_result | None:
    """Return what a file is; None where it went meanwhile, and for a folder, a pipe or whatever else is no file."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found if stat.S_ISREG(found.st_mode) else None


def _time(found: os.stat_result) -> datetime:
    return datetime.fromtimestamp(found.st_mtime, UTC)


def _is_abandoned(path: Path) -> bool:
    """Tell whether nobody writes to a temporary file: its writer holds a lock on it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):  # its upload ended meanwhile; it is another account's
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
