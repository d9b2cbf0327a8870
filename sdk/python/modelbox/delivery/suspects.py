"""Records that fail again and again: whether the server is in trouble, or the record.

A record is at fault when others are recorded between its failures. Nothing else says so: not what an answer says, for a
proxy, a server of another version or a broken one may say anything.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from time import monotonic

from modelbox.backoff import backoff
from modelbox.errors import ModelBoxError
from modelbox.journal.record import Record
from modelbox.limits import ALONE_MAX, STUCK_SCORE, STUCK_SCORE_OF_ANSWER, SUSPECTS_MAX


@dataclass(slots=True)
class _Suspect:
    """A record that failed: how much that counts, and how often it did so after another one was recorded."""

    passes_seen: int
    score: int = 0
    alone: int = 0
    is_stuck: bool = False
    due_at: float = 0.0
    pauses: Iterator[float] = field(default_factory=backoff)


class Suspects:
    """Remembers the failures of records by their keys, over all journals. For one thread."""

    def __init__(self) -> None:
        """Suspect none."""
        self._by_key: dict[str, _Suspect] = {}
        self._passes = 0

    def passed(self, record: Record) -> None:
        """Note that the server has recorded a record."""
        self._passes += 1
        self.forget(record)
        for suspect in self._by_key.values():
            if not suspect.alone:
                # It may have been the server's trouble, and that is over.
                suspect.due_at = 0.0

    def forget(self, record: Record) -> None:
        """Note that a record is done with."""
        self._by_key.pop(record.key, None)

    def failed(self, record: Record, error: ModelBoxError) -> bool:
        """Note that a record failed; return whether it has done so often enough to ask if the server answers at all."""
        suspect = self._by_key.pop(record.key, None) or _Suspect(self._passes)
        # Put last: what failed longest ago makes room.
        self._by_key[record.key] = suspect
        while len(self._by_key) > SUSPECTS_MAX:
            del self._by_key[next(iter(self._by_key))]
        if suspect.passes_seen != self._passes:
            suspect.passes_seen = self._passes
            suspect.alone += 1
        suspect.score += 1 if error.retryable else STUCK_SCORE_OF_ANSWER
        suspect.due_at = monotonic() + next(suspect.pauses)
        if self._is_in_trouble():
            suspect.is_stuck = True
        return suspect.score >= STUCK_SCORE and not suspect.is_stuck

    def give_way(self, record: Record, *, is_answered: bool) -> None:
        """Let others pass a record that failed often, if the server answers at all; else begin to count again."""
        suspect = self._by_key[record.key]
        suspect.is_stuck = is_answered
        suspect.score = 0

    def is_stuck(self, record: Record) -> bool:
        """Return whether others may be tried before a record."""
        suspect = self._by_key.get(record.key)
        return suspect is not None and suspect.is_stuck

    def is_at_fault(self, record: Record) -> bool:
        """Return whether a record failed alone so often that it is to be set aside."""
        suspect = self._by_key.get(record.key)
        return suspect is not None and suspect.is_stuck and suspect.alone >= ALONE_MAX

    def due_s(self, record: Record) -> float:
        """Return how soon a stuck record is to be tried again, in seconds."""
        suspect = self._by_key.get(record.key)
        return 0.0 if suspect is None else max(0.0, suspect.due_at - monotonic())

    def _is_in_trouble(self) -> bool:
        """Return whether a record is stuck and none was recorded since: then it will be no better for the next one."""
        return any(suspect.is_stuck and suspect.passes_seen == self._passes for suspect in self._by_key.values())
