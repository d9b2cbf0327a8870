"""How fast a queue is drained, measured while it is in use: for an honest answer to when there is room again.

Must not know: Postgres.
"""

from time import monotonic
from typing import Final

RETRY_AFTER_S_MIN: Final = 0.05
RETRY_AFTER_S_MAX: Final = 5.0
"""The longest wait that is asked for: a queue that stands still may move the next moment."""
RETRY_AFTER_S_UNKNOWN: Final = 0.25
"""What is asked for before there is anything to tell by."""
SPAN_S: Final = 1.0


class Drain:
    """Counts what leaves a queue, over the last second or two."""

    def __init__(self) -> None:
        """Begin to count."""
        self._begun_s = monotonic()
        self._count = 0
        self._earlier = (0, 0.0)

    def begin(self) -> None:
        """Say that something waits again: from here on a pause in what leaves is a standstill."""
        now = monotonic()
        if now - self._begun_s > SPAN_S:
            self._begun_s, self._count, self._earlier = now, 0, (0, 0.0)

    def note(self, count: int) -> None:
        """Say that so many have left."""
        now = monotonic()
        if now - self._begun_s > SPAN_S:
            self._earlier = self._count, now - self._begun_s
            self._begun_s, self._count = now, 0
        self._count += count

    def seconds_for(self, count: int) -> float:
        """Return about how long it takes until so many have left."""
        earlier, span_s = self._earlier
        span_s += monotonic() - self._begun_s
        left = earlier + self._count
        if not left:
            return RETRY_AFTER_S_UNKNOWN if span_s < SPAN_S else RETRY_AFTER_S_MAX
        return round(min(max(count * span_s / left, RETRY_AFTER_S_MIN), RETRY_AFTER_S_MAX), 3)
