"""How long a transfer tries again: until it failed for as long as one call may take, and nothing came forward."""

from time import monotonic, sleep

from modelbox.backoff import Pauses
from modelbox.errors import ModelBoxError


class Patience:
    """Counts the time since the first of several failures in a row."""

    def __init__(self, timeout_s: float) -> None:
        """Give up so many seconds after the first failure."""
        self._timeout_s = timeout_s
        self._failing_since_s: float | None = None
        self._pauses = Pauses()

    def renew(self) -> None:
        """Say that something came forward: the next failure is a first one."""
        self._failing_since_s = None
        self._pauses = Pauses()

    def pause(self, error: ModelBoxError) -> bool:
        """Take note of a failure and wait before the next try; False, at once, when there is no use or time for one."""
        if self._failing_since_s is None:
            self._failing_since_s = monotonic()
        pause_s = self._pauses.after(error)
        if pause_s is None or monotonic() + pause_s >= self._failing_since_s + self._timeout_s:
            return False
        sleep(pause_s)
        return True
