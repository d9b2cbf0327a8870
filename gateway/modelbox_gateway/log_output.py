"""Where log lines go: standard error, or a file that can be opened anew. Writing never fails.

A terminal that was closed, a reader that ended or a full disk must not end what is logged about.
"""

import io
import os
import sys
import threading
from pathlib import Path
from typing import Final

_MODE: Final = 0o640  # for the account's group, that what collects logs may read it
_LOST: Final = "%d log lines before this one could not be written\n"


class LogOutput(io.TextIOBase):
    """A stream of whole lines, from any thread."""

    def __init__(self, path: Path | None = None) -> None:
        """Write to the file, or to standard error.

        Raises:
            OSError: The file cannot be opened.
        """
        self._path = path
        self._lock = threading.Lock()
        self._file = self._open()
        self._lost = 0

    def write(self, text: str, /) -> int:
        """Write a line; one that cannot be written is counted, and the next that can be says how many there were."""
        with self._lock:
            try:
                if self._lost:
                    self._write(_LOST % self._lost)
                    self._lost = 0
                self._write(text)
            except (OSError, ValueError):  # ValueError: standard error was closed
                self._lost += 1
        return len(text)

    def flush(self) -> None:
        """Do nothing: each line is written at once."""

    def isatty(self) -> bool:
        """Return whether a person reads along."""
        return self._path is None and sys.stderr.isatty()

    def reopen(self) -> None:
        """Go on in a new file where the old one was renamed; standard error stays what it is.

        Raises:
            OSError: It cannot be opened; the old one is still written to.
        """
        with self._lock:
            fresh = self._open()
            fresh, self._file = self._file, fresh
            if fresh is not None:
                os.close(fresh)

    def _open(self) -> int | None:
        if self._path is None:
            return None
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)

    def _write(self, text: str) -> None:
        # Past Python's buffer, which would keep a line that cannot be written, and fail with it at the end (exit 120).
        file = _standard_error() if self._file is None else self._file
        if file is None:
            sys.stderr.write(text)
            return
        left = memoryview(text.encode(errors="backslashreplace"))
        while left:
            left = left[os.write(file, left) :]


def _standard_error() -> int | None:
    """Return its file; None where something else stands in for it."""
    try:
        return sys.stderr.fileno()
    except (OSError, ValueError):
        return None
