"""The pauses between the tries of anything, and whether there is a next try."""

from collections.abc import Iterator

from modelbox.errors import ModelBoxError, ServerError
from modelbox.limits import BACKOFF_S_MAX, BACKOFF_S_MIN, DEFECT_TRIES_MAX, RETRY_AFTER_S_MAX


def backoff() -> Iterator[float]:
    """Return pauses in seconds, each twice the one before up to `BACKOFF_S_MAX`, without end."""
    pause_s = BACKOFF_S_MIN
    while True:
        yield pause_s
        pause_s = min(2 * pause_s, BACKOFF_S_MAX)


def at_least_as_asked(pause_s: float, error: ModelBoxError) -> float:
    """Return a pause, or the longer one that the server asks for, in seconds; bounded, for anybody may have asked."""
    return max(pause_s, min(error.retry_after_s, RETRY_AFTER_S_MAX))


class Pauses:
    """The pauses between the tries of one call that somebody waits for."""

    def __init__(self) -> None:
        """Begin with the shortest."""
        self._pauses = backoff()
        self._defects = 0

    def after(self, error: ModelBoxError) -> float | None:
        """Return how long to wait after a failed try, in seconds; None if another one is of no use.

        A server that failed may have been restarted or mended: it is asked a few times more, which is safe, for a
        write carries its key. That it does not let somebody in, or knows no such call, does not pass so soon.
        """
        is_defect = type(error) is ServerError
        self._defects += is_defect
        if error.retryable or (is_defect and self._defects < DEFECT_TRIES_MAX):
            return at_least_as_asked(next(self._pauses), error)
        return None
