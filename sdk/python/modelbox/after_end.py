"""Metric points that are logged on a run after its end: they are taken, and told.

Must not know: how points are sent.
"""

import logging
import threading

from modelbox.limits import ENDED_RUNS_TOLD_MAX

_log = logging.getLogger("modelbox")


class AfterEnd:
    """Counts such points and warns once a run. Safe to use from several threads."""

    def __init__(self) -> None:
        """Count from nothing."""
        self.points = 0
        self._told: set[str] = set()
        self.forget()

    def forget(self) -> None:
        """Go on in a forked child."""
        # One that may be taken twice: a signal's handler may log while this thread has it.
        self._lock = threading.RLock()

    def note(self, run_id: str, status: str, points: int) -> None:
        """Count points of a run that ended in this way, and warn about the first."""
        with self._lock:
            self.points += points
            first = run_id not in self._told and len(self._told) < ENDED_RUNS_TOLD_MAX
            if first:
                self._told.add(run_id)
        if first:
            _log.warning(
                "metrics are logged on run %s, which has ended (%s): they are kept; `resume` takes a run up again",
                run_id,
                status,
            )
