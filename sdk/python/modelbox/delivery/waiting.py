"""How long somebody waits for a server's answers: as long as it gives any, for it may have much to answer before."""

import threading
from collections.abc import Callable
from time import monotonic
from typing import Final

from modelbox.delivery.attempts import Answer
from modelbox.delivery.reachability import Reachability
from modelbox.errors import AnotherLogError, ClosedError
from modelbox.limits import CALL_TIMEOUT_S, CLOSE_ANSWER_TIMEOUT_S, CLOSE_AWAY_S, OFFLINE_AFTER_S

LOOK_S: Final = 0.05
"""How often somebody who waits looks whether there is still reason to, in seconds."""


class Waiter:
    """A call whose answer somebody waits for."""

    def __init__(self) -> None:
        """Have no answer yet."""
        self.answered: Final = threading.Event()
        self.answer = Answer()

    def take(self, answer: Answer) -> None:
        """Take the answer, for who waits."""
        self.answer = answer
        self.answered.set()

    def wait(self, reachability: Reachability, *, stop: threading.Event) -> None:
        """Wait for the answer, while there is hope of one.

        Raises:
            ClosedError: The client was closed meanwhile.
        """
        began = monotonic()
        while not self.answered.wait(LOOK_S):
            if stop.is_set():
                raise ClosedError("the client was closed")
            silent_s = monotonic() - max(began, reachability.heard_at)
            if isinstance(reachability.trouble, AnotherLogError):
                return  # ours is away, whatever is there
            if max(silent_s, reachability.away_s) >= OFFLINE_AFTER_S or monotonic() - began >= CALL_TIMEOUT_S:
                return


def wait_while_answered(
    done: threading.Event,
    reachability: Reachability,
    timeout_s: float,
    *,
    since: float,
    answer_timeout_s: float = CLOSE_ANSWER_TIMEOUT_S,
    may_leave: Callable[[], bool] = lambda: True,
) -> bool:
    """Wait for something, as long as the server answers or what waits may not be left; tell whether it came.

    Args:
        timeout_s: How long in all, in seconds from `since` on.
        answer_timeout_s: How long for a single answer, in seconds.
    """
    while not done.wait(LOOK_S):
        silent_s = monotonic() - max(since, reachability.heard_at)
        is_away = reachability.away_s >= CLOSE_AWAY_S or silent_s >= answer_timeout_s
        if monotonic() - since >= timeout_s or (is_away and may_leave()):
            return False
    return True
