"""The buffer between a training loop and the recorder: one append a point, no lock for numbers.

`deque.extend` and `deque.popleft` are atomic, so that any number of threads add while one takes away. Every figure
kept beside the deque is changed under the lock, and only off the usual path: text, calls, drops, closing.

A training's step leaves nothing of this code in the processor's caches, and what has to be fetched from memory costs
more than what is computed. So the usual path calls few functions; a call becomes points when it is taken away.
"""

import logging
import threading
from collections import deque
from collections.abc import Mapping
from time import time
from typing import Any, Final, NamedTuple

from modelbox.delivery.kept import POINTS, Pairs, encode, encode_record
from modelbox.errors import ClosedError, InvalidFieldError, RefusedError
from modelbox.fields import check_metric_key, check_metric_value, check_step, check_wallclock, text_bytes
from modelbox.journal.record import NO_SLOT, Record
from modelbox.journal.ring import Ring
from modelbox.limits import BUFFER_POINTS_MAX, BUFFER_TEXT_BYTES_MAX, KNOWN_KEYS_MAX, STEP_MAX
from modelbox.values import MetricScalar

_log = logging.getLogger("modelbox")


class Point(NamedTuple):
    """One point of one metric of one object; `slot` is where its call is kept in the ring."""

    object_id: str
    key: str
    step: int
    wallclock: float
    value: MetricScalar
    slot: int = NO_SLOT


class Marker:
    """Stands in the buffer behind what a flush waits for; reached when all of that is answered."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.error: RefusedError | None = None


Entry = Point | Record | Marker
"""What is taken out of the buffer: a point, a call, or the marker of a flush."""

_PointsCall = tuple[str, int, float, Pairs, int]
"""One call of `log_metrics`: the object, the step, the wallclock, a value a key, and where it is kept in the ring."""

_Waiting = _PointsCall | Record | Marker | None
"""What stands in the buffer; of a call with several points, None for each further one: so its length counts points."""


class Buffer:
    """Points, calls and markers in the order they were added, bounded by number and by their text."""

    def __init__(self, *, points_max: int = BUFFER_POINTS_MAX, text_bytes_max: int = BUFFER_TEXT_BYTES_MAX) -> None:
        """Begin empty."""
        self.points_max: Final = points_max
        self.text_bytes_max: Final = text_bytes_max
        self.closed = False
        self.ring: Ring | None = None
        """Where what is added is kept too until it is in the journal."""
        self._known_keys: set[str] = set()
        self.forget()

    def forget(self) -> None:
        """Begin afresh: nothing waits, nothing was dropped. A forked child does so, for its parent has the points."""
        self.ring = None
        self._entries: deque[_Waiting] = deque()
        # One that may be taken twice: a signal's handler may log while this thread has it.
        self._lock = threading.RLock()
        self._text_bytes = 0
        self._markers = 0
        self.calls = 0
        self.dropped = 0
        self.dropped_calls = 0

    def __len__(self) -> int:
        """Return how many entries wait, calls and markers included."""
        return len(self._entries)

    @property
    def waiting(self) -> int:
        """How many points wait."""
        return max(0, len(self._entries) - self._markers - self.calls)

    def add(self, object_id: str, metrics: Mapping[str, Any], step: Any, wallclock: Any) -> bool:
        """Add a point a key: all of them or, when one is bad, none.

        Returns:
            Whether values among them are text or bytes.

        Raises:
            InvalidFieldError: A key, a value, the step or the wallclock breaks a rule.
            ClosedError: The client was closed.
        """
        if type(step) is not int or not 0 <= step <= STEP_MAX:
            step = check_step(step)
        seconds = time() if wallclock is None else check_wallclock(wallclock)
        known_keys = self._known_keys
        pairs: Pairs = []
        text = 0
        try:
            items = metrics.items()
        except AttributeError:
            raise InvalidFieldError.of("metrics", f"needs a dict, not {type(metrics).__name__}") from None
        for key, value in items:
            if key not in known_keys:
                self._learn(key)
            if type(value) is not float:
                value = check_metric_value(key, value)  # noqa: PLW2901  # the converted value takes its place
                if isinstance(value, (str, bytes)):
                    text += text_bytes(value)
            pairs.append((key, value))
        if self.closed:
            raise ClosedError("the client was closed; make a new ModelBox to log metrics")
        is_usual = not text and len(self._entries) + len(pairs) <= self.points_max
        if pairs and (is_usual or self._has_room(len(pairs), text)):
            ring = self.ring
            # As `PointsCall` has it.
            slot = NO_SLOT if ring is None else ring.keep(POINTS + encode((object_id, step, seconds, pairs)))
            self._entries.extend(((object_id, step, seconds, pairs, slot), *(None,) * (len(pairs) - 1)))
        return bool(text)

    def add_call(self, record: Record) -> bool:
        """Add a call; False if there is no room for it, then it is dropped and counted.

        Raises:
            ClosedError: The client was closed.
        """
        if self.closed:
            raise ClosedError("the client was closed; make a new ModelBox to log")
        with self._lock:
            size = len(record.request)
            fits = len(self._entries) < self.points_max and self._text_bytes + size <= self.text_bytes_max
            if fits:
                self._text_bytes += size
                self.calls += 1
                self._keep(record)
                self._entries.append(record)
            first = not fits and not self._count_dropped(calls=1)
        if first:
            self._warn_full()
        return fits

    def mark(self) -> Marker:
        """Add a marker behind everything added so far."""
        marker = Marker()
        with self._lock:
            self._markers += 1
            self._entries.append(marker)
        return marker

    def take(self, points_max: int) -> list[Entry]:
        """Take the oldest entries away. Only one thread may do so."""
        entries, popleft = self._entries, self._entries.popleft
        taken: list[Entry] = []
        for _ in range(min(len(entries), points_max)):
            entry = popleft()
            if isinstance(entry, tuple):
                object_id, step, seconds, pairs, slot = entry
                taken.extend([Point(object_id, key, step, seconds, value, slot) for key, value in pairs])
            elif entry is not None:
                taken.append(entry)
        while entries and entries[0] is None:  # what was begun is taken as a whole, as the ring has it
            popleft()
        if self._text_bytes or self._markers or self.calls:
            self._release(taken)
        return taken

    def drop(self, *, points: int = 0, calls: int = 0) -> None:
        """Count what was given up."""
        with self._lock:
            self._count_dropped(points=points, calls=calls)

    def discard(self) -> None:
        """Take everything away and count it as dropped, but for what the ring keeps."""
        while taken := self.take(len(self._entries)):
            calls = sum(isinstance(entry, Record) and not entry.is_kept for entry in taken)
            points = sum(isinstance(entry, Point) and entry.slot == NO_SLOT for entry in taken)
            self.drop(points=points, calls=calls)

    def _learn(self, key: object) -> None:
        # Bounded, for keys may be made up without end; what was forgotten is only checked again.
        if len(self._known_keys) >= KNOWN_KEYS_MAX:
            self._known_keys.clear()
        self._known_keys.add(check_metric_key(key))

    def _keep(self, record: Record) -> None:
        if self.ring is not None:
            slot = self.ring.keep(encode_record(record))
            if slot != NO_SLOT:
                record.slots, record.is_kept = (slot,), True

    def _has_room(self, points: int, text: int) -> bool:
        """Return whether there is room for points with so much text, which is counted in; else they are dropped."""
        with self._lock:
            fits = len(self._entries) + points <= self.points_max and self._text_bytes + text <= self.text_bytes_max
            if fits:
                self._text_bytes += text
            first = not fits and not self._count_dropped(points=points)
        if first:
            self._warn_full()
        return fits

    def _count_dropped(self, *, points: int = 0, calls: int = 0) -> int:
        """Count under the lock; return how much was dropped before."""
        before = self.dropped + self.dropped_calls
        self.dropped += points
        self.dropped_calls += calls
        return before

    def _warn_full(self) -> None:
        _log.warning(
            "the buffer of metric points is full (%d wait for the server): new ones are dropped and counted",
            len(self._entries),
        )

    def _release(self, taken: list[Entry]) -> None:
        markers = calls = text = 0
        for entry in taken:
            if isinstance(entry, Marker):
                markers += 1
            elif isinstance(entry, Record):
                calls += 1
                text += len(entry.request)
            elif isinstance(entry.value, (str, bytes)):
                text += text_bytes(entry.value)
        with self._lock:
            self._markers -= markers
            self.calls -= calls
            self._text_bytes -= text
