"""What is logged on a run after its end, or on an object that is deleted: it is taken, and told.

Must not know: the server.
"""

import logging
import threading
from typing import Any

from modelbox.limits import ENDED_RUNS_TOLD_MAX

_log = logging.getLogger("modelbox")


class AfterEnd:
    """Counts such points and warns once a run. Safe to use from several threads."""

    def __init__(self) -> None:
        """Count from nothing."""
        self.points = 0
        self._told: set[str] = set()
        self._told_deleted: set[str] = set()
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
                "metrics are logged on run %s, which has ended (%s): they are kept, beside those of the same steps. "
                "`resume` takes a run up again, and with `skip_logged=True` logs no step twice; a script that is run "
                "again has a run of its own if it gives no `id`",
                run_id,
                status,
            )

    def tell_deleted(self, of: Any, what: str) -> None:
        """Warn, once an object, about what is done to one that is deleted as far as is known here."""
        if getattr(of, "deleted_at", None) is None:
            return
        with self._lock:
            first = of.id not in self._told_deleted and len(self._told_deleted) < ENDED_RUNS_TOLD_MAX
            if first:
                self._told_deleted.add(of.id)
        if first:
            _log.warning("%s %s, which is deleted: they are kept; `restore` brings it back", what, of.id)
