"""The SHA-256 of bytes that are sent or received: computed by a thread of its own while the next ones travel."""

import hashlib
import queue
import threading
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Final, Self

CHUNKS_AHEAD: Final = 2
"""Chunks that wait to be hashed; whoever brings one more waits too."""


class Hashing:
    """Computes one SHA-256: `with Hashing() as hashing`.

    One thread at a time brings bytes. Another may leave the context meanwhile: what is brought then is not hashed.
    """

    def __init__(self) -> None:
        """Begin with no bytes, and no thread: most files are one chunk."""
        self._sha256 = hashlib.sha256()
        self._chunks: queue.Queue[bytes | memoryview | None] = queue.Queue(CHUNKS_AHEAD)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._is_first = True
        self._is_ended = False

    def __enter__(self) -> Self:
        """Nothing is to be done: the second chunk begins the thread."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the thread."""
        self._end()

    def update(self, chunk: bytes | memoryview) -> None:
        """Take more bytes."""
        if self._is_ended:
            return
        if self._is_first:
            self._is_first = False
            self._sha256.update(chunk)
        elif self._thread is not None or self._begin():
            self._chunks.put(chunk)
        else:
            self._sha256.update(chunk)

    def passing(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Take bytes and give them on."""
        for chunk in chunks:
            self.update(chunk)
            yield chunk

    def hexdigest(self) -> str:
        """Return the SHA-256 of all bytes, when they are hashed."""
        self._end()
        return self._sha256.hexdigest()

    def _begin(self) -> bool:
        thread = threading.Thread(target=self._run, name="modelbox-hashing", daemon=True)
        with self._lock:
            if self._is_ended:
                return False
            try:
                thread.start()
            except RuntimeError:  # the interpreter ends, and takes no more threads: the caller's does it
                return False
            self._thread = thread
            return True

    def _run(self) -> None:
        while (chunk := self._chunks.get()) is not None:
            self._sha256.update(chunk)

    def _end(self) -> None:
        with self._lock:
            self._is_ended = True
            thread = self._thread
        if thread is not None:
            self._chunks.put(None)
            thread.join()
            self._thread = None
