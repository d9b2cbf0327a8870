"""A trouble that lasts, told when it begins, then rarely, and when it is over.

Must not know: Postgres.
"""

import time
from collections.abc import Callable
from typing import Final

import structlog

REMINDER_INTERVAL_S: Final = 60.0
"""How often a trouble that lasts is told again."""
_DOUBLINGS_MAX: Final = 16

_log = structlog.get_logger()


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

    def warn(self, event: str, error: Exception) -> None:
        """Count a try that failed with this error, and log it where that is worth a line."""
        if self.failed(f"{type(error).__name__} {getattr(error, 'sqlstate', '')}"):
            _log.warning(event, error=str(error), tries=self.tries, lasts_s=round(self.seconds, 1))

    def pause_s(self, first_s: float, most_s: float) -> float:
        """Return how long to wait before the next try: twice as long each time."""
        return min(most_s, first_s * float(1 << min(max(0, self.tries - 1), _DOUBLINGS_MAX)))

    def end(self, event: str) -> None:
        """Forget it, and log that it is over, where there was trouble."""
        if self.lasts:
            _log.info(event, after_s=round(self.seconds, 1), tries=self.tries)
            self.over()

    def over(self) -> None:
        """Forget it: things go well again."""
        self._since = None
        self._kinds.clear()
        self.tries = 0
