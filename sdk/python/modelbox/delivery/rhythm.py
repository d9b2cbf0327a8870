"""When what waits is sent: at once, but points of an object that is logged on and on about once a second.

A change event costs the server about as much with one point as with a hundred. So what a training logs meanwhile waits
in the journal, to be put together. The first points of an object, a full batch and any other call go at once, and all
that waits goes with them, or as soon as somebody waits for it. What is in no journal does not wait either.
"""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final

from modelbox.journal.record import METRICS, Record
from modelbox.limits import BATCH_BYTES_MAX, BATCH_POINTS_MAX, PACED_OBJECTS_MAX, SEND_EVERY_S
from modelbox.proto import modelstore_pb2 as pb


@dataclass(slots=True)
class _Waiting:
    """What waits of one object."""

    records: int = 0
    points: int = 0
    bytes: int = 0

    def add(self, record: Record) -> None:
        """Count a record in."""
        self.records += 1
        self.points += record.points
        self.bytes += len(record.request)

    @property
    def fills_a_batch(self) -> bool:
        """Whether there is no use in waiting for more."""
        return self.points >= BATCH_POINTS_MAX or self.bytes >= BATCH_BYTES_MAX


class Rhythm:
    """Says when to send. Any number of threads, and handlers of signals, may tell of records; one sends."""

    def __init__(self, wake: Callable[[], None]) -> None:
        """Have nothing to send.

        Args:
            wake: Wakes who sends, each time that it is to send sooner than it knows.
        """
        self._wake: Final = wake
        self._lock: Final = threading.RLock()
        self.is_sending = False
        """Whether who sends is at it, since `begin`: then it is woken for each record, for one may pass another."""
        self._due_at = math.inf
        self._waiting: dict[str, _Waiting] = {}
        self._is_full = False
        self._sent_at: dict[str, float] = {}

    def add(self, record: Record) -> None:
        """Take a record that waits from now on."""
        if record.method != METRICS or record.place is None or record.points >= BATCH_POINTS_MAX:
            with self._lock:
                self._is_full = self._is_full or record.points >= BATCH_POINTS_MAX
                self._have_due(0.0)
            return
        object_id = pb.LogMetricsBatchRequest.FromString(record.request).parent_id
        with self._lock:
            waiting = self._waiting.setdefault(object_id, _Waiting())
            waiting.add(record)
            self._is_full = self._is_full or waiting.fills_a_batch
            is_first = object_id not in self._sent_at
            self._have_due(0.0 if is_first or self._is_full else self._sent_at[object_id] + SEND_EVERY_S)

    def hurry(self) -> None:
        """Have everything that waits now sent at once."""
        with self._lock:
            self._have_due(0.0)

    def wait_s(self) -> float:
        """Return how soon to send, in seconds; infinite if nothing waits."""
        return max(0.0, self._due_at - monotonic())

    def begin(self) -> bool:
        """Note that all that waits is sent now; return whether it is worth it to put records together before.

        It is where points of one object are in several, and none of them has a batch full of points.
        """
        with self._lock:
            self.is_sending = True
            waiting, self._waiting, self._due_at = self._waiting, {}, math.inf
            is_full, self._is_full = self._is_full, False
            if len(self._sent_at) + len(waiting) > PACED_OBJECTS_MAX:
                self._sent_at.clear()  # they have a first point again, no more
            self._sent_at.update(dict.fromkeys(waiting, monotonic()))
        return not is_full and any(of_one.records > 1 for of_one in waiting.values())

    def _have_due(self, at: float) -> None:
        if at < self._due_at or self.is_sending:
            self._due_at = min(at, self._due_at)
            self._wake()
