"""What became of what was logged: counted, and kept for the next flush to tell."""

import logging
import threading
from collections.abc import Mapping
from typing import Final

from modelbox.errors import ModelBoxError, RefusedError
from modelbox.journal.aside import Fate
from modelbox.journal.record import Record
from modelbox.journal.tally import Tally

_log = logging.getLogger("modelbox")

FATES: Final[Mapping[Fate | None, str]] = {
    Fate.SET_ASIDE: "set aside: `modelbox client sync --refused` shows and resends it",
    Fate.DROPPED: "dropped, for there is no room to set it aside",
    Fate.LEFT: "left in the journal, for the disk fails",
}
"""What becomes of refused records, in words; without a journal there is nothing to say."""


class Outcomes:
    """Points and calls that were acknowledged or refused. Safe to use from several threads."""

    def __init__(self) -> None:
        """Count from nothing."""
        self.acknowledged = self.acknowledged_calls = 0
        self.refused = self.refused_calls = 0
        self._refusal: RefusedError | None = None
        self._lock = threading.RLock()  # as of the buffer

    def acknowledge(self, record: Record) -> None:
        """Count a record that the server recorded."""
        with self._lock:
            if record.points:
                self.acknowledged += record.points
            else:
                self.acknowledged_calls += 1

    def refuse(self, record: Record, error: ModelBoxError, *, fate: str, is_counted: bool) -> None:
        """Count a record that the server refused, warn about it and keep it for the next flush.

        Args:
            fate: What became of it, in words.
            is_counted: Whether it is counted here, and not as dropped.
        """
        what = f"{record.points} metric points were" if record.points else f"the call {record.method} was"
        _log.warning("%s refused: %s%s", what, error, f"; {fate}" if fate else "")
        with self._lock:
            if record.points:
                self.refused += record.points * is_counted
            else:
                self.refused_calls += is_counted
        self.note(error, points=record.points, calls=0 if record.points else 1, fate=fate)

    def note(self, error: ModelBoxError, *, points: int, calls: int, fate: str = "") -> None:
        """Keep what the next flush tells: how much was refused, and the first cause: others mostly follow from it."""
        with self._lock:
            earlier = self._refusal
            if earlier is None:
                self._refusal = RefusedError(points, error, calls=calls, fate=fate)
            else:
                points, calls = earlier.points + points, earlier.calls + calls
                self._refusal = RefusedError(points, earlier.cause, calls=calls, fate=earlier.fate)

    def take_refusal(self) -> RefusedError | None:
        """Return what was refused since the last time, None if nothing was."""
        with self._lock:
            refusal, self._refusal = self._refusal, None
            return refusal


def tell_what_is_left(path: str, kept: Tally, lost: Tally, trouble: ModelBoxError | None) -> None:
    """Warn about what is not answered at the end: what is kept in a journal, and what is lost with this process."""
    why = "" if trouble is None else f"; the last answer: {trouble}"
    if kept.records:
        text = "%d metric points and %d calls wait in %s; `modelbox client sync` or the next client sends them%s"
        _log.warning(text, kept.points, kept.calls, path, why)
    if lost.records:
        text = "%d metric points and %d calls were not delivered: the client was closed before they were answered%s"
        _log.warning(text, lost.points, lost.calls, why)
