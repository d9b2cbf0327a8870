"""The pauses between the tries of anything."""

from collections.abc import Iterator

from modelbox.limits import BACKOFF_S_MAX, BACKOFF_S_MIN


def backoff() -> Iterator[float]:
    """Return pauses in seconds, each twice the one before up to `BACKOFF_S_MAX`, without end."""
    pause_s = BACKOFF_S_MIN
    while True:
        yield pause_s
        pause_s = min(2 * pause_s, BACKOFF_S_MAX)
