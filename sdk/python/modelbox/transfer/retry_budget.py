"""How long a transfer tries again: until it failed for as long as one call may take, and nothing came forward."""

import math
from time import monotonic, sleep

from modelbox.backoff import Pauses
from modelbox.errors import ModelBoxError, UnavailableError


class RetryBudget:
    """Counts the time since the first of several failures in a row."""

    def __init__(self, timeout_s: float, *, refused_s: float = math.inf) -> None:
        """Give up so many seconds after the first failure; after `refused_s`, if nothing listens."""
        self._timeout_s = timeout_s
        self._refused_s = refused_s
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
        is_refused = isinstance(error, UnavailableError) and error.is_refused
        timeout_s = min(self._timeout_s, self._refused_s) if is_refused else self._timeout_s
        if pause_s is None or monotonic() + pause_s >= self._failing_since_s + timeout_s:
            return False
        sleep(pause_s)
        return True
