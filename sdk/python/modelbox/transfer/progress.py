"""What is told of transfers while they go on, and how they are stopped.

Several files and parts go at once; whoever listens hears of them one at a time.
"""

import threading

from modelbox.errors import ClosedError
from modelbox.values import OnProgress


class Listener:
    """Who is told, and the word that stops everything that is told of."""

    def __init__(self, on_progress: OnProgress | None = None) -> None:
        """Tell `on_progress`, if anybody."""
        self._on_progress = on_progress
        self._lock = threading.Lock()
        self._stopped = False

    def tally(self, path: str, total: int, *, done: int = 0) -> "Tally":
        """Begin to count the bytes of a file, of which so many are done."""
        return Tally(self, path, total, done=done)

    def stop(self) -> None:
        """Have every transfer end at its next piece."""
        self._stopped = True

    def tell(self, path: str, done: int, total: int) -> None:
        """Tell how far a file is.

        Raises:
            ClosedError: It was stopped.
        """
        if self._stopped:
            raise ClosedError(f"{path}: the transfer was stopped, for another one failed")
        if self._on_progress is not None:
            with self._lock:
                self._on_progress(path, done, total)


class Tally:
    """How far one file is, whose pieces go at once."""

    def __init__(self, listener: Listener, path: str, total: int, *, done: int) -> None:
        """Begin with the bytes that were there before."""
        self._listener = listener
        self._path = path
        self._total = total
        self._done = done
        self._lock = threading.Lock()

    def add(self, size: int) -> None:
        """Count bytes that went; fewer than none for those that must go again."""
        with self._lock:
            self._done += size
            done = self._done
        self._listener.tell(self._path, done, self._total)
