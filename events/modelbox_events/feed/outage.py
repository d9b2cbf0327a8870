"""A trouble that lasts, told when it begins, then rarely, and when it is over.

Must not know: what is in trouble.
"""

import time
from collections.abc import Callable
from typing import Final

REMINDER_INTERVAL_S: Final = 60.0
"""How often a trouble that lasts is told again."""


class Outage:
    """Counts the tries of an outage and says which of them are worth a line in the log."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Begin without trouble."""
        self._now = now
        self._since: float | None = None
        self._told_at = 0.0
        self._kinds: set[str] = set()
        self.tries = 0

    @property
    def lasts(self) -> bool:
        """Whether there is trouble."""
        return self._since is not None

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return 0.0 if self._since is None else self._now() - self._since

    def failed(self, kind: str) -> bool:
        """Count a try that failed; return whether to tell it: the first of its kind, and one a minute."""
        now = self._now()
        if self._since is None:
            self._since = now
        self.tries += 1
        is_due = kind not in self._kinds or now - self._told_at >= REMINDER_INTERVAL_S
        if is_due:
            self._kinds.add(kind)
            self._told_at = now
        return is_due

    def over(self) -> None:
        """Forget it: things go well again."""
        self._since = None
        self._kinds.clear()
        self.tries = 0
