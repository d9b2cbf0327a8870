"""The bytes of a file on this machine while it is uploaded: as many as it had when it was opened.

Somebody may append to it meanwhile, as to a log. What is sent is then a copy of one moment all the same; of a file
whose earlier bytes change there is none.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from modelbox.errors import InvalidFieldError
from modelbox.limits import CHUNK_BYTES, SAMPLE_BYTES


class Content:
    """An open file. Its bytes may be read by several threads at once."""

    def __init__(self, path: Path) -> None:
        """Open a file.

        Raises:
            OSError: It cannot be opened.
        """
        self.path: Final = path
        self._file = path.open("rb", buffering=0)
        found = os.fstat(self._file.fileno())
        self.size: Final = found.st_size
        self._changed_ns = found.st_mtime_ns

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def sha256(self) -> str:
        """Read all of it and return its SHA-256."""
        digest = hashlib.sha256()
        for chunk in self.chunks():
            digest.update(chunk)
        return digest.hexdigest()

    def sample(self) -> bytes:
        """Return the piece of it that tells whether the server may have it.

        Raises:
            OSError: It cannot be read.
            InvalidFieldError: It has become shorter.
        """
        offset = self.size // 2
        wanted = min(SAMPLE_BYTES, self.size - offset)
        sample = os.pread(self._file.fileno(), wanted, offset)
        if len(sample) < wanted:
            raise self.changed()
        return sample

    def chunks(self, offset: int = 0, size: int | None = None) -> Iterator[bytes]:
        """Return its bytes in pieces of at most `CHUNK_BYTES`, those of a part if one is named.

        Raises:
            OSError: It cannot be read.
            InvalidFieldError: It has become shorter.
        """
        end = self.size if size is None else offset + size
        while offset < end:
            chunk = os.pread(self._file.fileno(), min(CHUNK_BYTES, end - offset), offset)
            if not chunk:
                raise self.changed()
            offset += len(chunk)
            yield chunk
        # What says that it is empty and is not, as files of the kernel do, cannot be told from one that is cut off.
        if end == self.size and os.pread(self._file.fileno(), 1, end) and os.fstat(self._file.fileno()).st_size <= end:
            raise self.changed()

    def check_consistent(self, sha256: str) -> None:
        """Return if the bytes that were read, with this SHA-256, were all in the file at one time.

        Raises:
            OSError: It cannot be read.
            InvalidFieldError: Somebody did more than append to it.
        """
        found = os.fstat(self._file.fileno())
        if (found.st_size, found.st_mtime_ns) == (self.size, self._changed_ns):
            return
        # Every byte was twice the same, so all of them were there between the two readings.
        if found.st_size < self.size or self.sha256() != sha256:
            raise self.changed()

    def changed(self) -> InvalidFieldError:
        """Return the error that says that it is another by now."""
        problem = f"{str(self.path)[:300]!r} changed while it was uploaded; upload it again when nobody writes to it"
        return InvalidFieldError.of("files", problem)
