"""How a thread that sleeps is woken by what may itself be a signal's handler.

`threading.Event` takes a lock that cannot be taken twice: a handler that sets one while the program does so waits for
itself. Here there is one lock alone, which is never held for a moment only: closed means "nothing to do".
"""

import contextlib
import threading


class Wakeup:
    """Wakes one thread. `set` may be called from anywhere, at any moment, and never waits."""

    def __init__(self) -> None:
        """Begin with nothing to do."""
        self._lock = threading.Lock()
        self._lock.acquire()

    def set(self) -> None:
        """Wake the thread, or keep it from sleeping the next time."""
        with contextlib.suppress(RuntimeError):  # it is open: set already
            self._lock.release()

    def wait(self, timeout_s: float = -1) -> None:
        """Sleep until it is set, then it is not any more; or, with a timeout, so many seconds."""
        self._lock.acquire(timeout=timeout_s)

    def clear(self) -> None:
        """Forget that it was set."""
        self._lock.acquire(blocking=False)
