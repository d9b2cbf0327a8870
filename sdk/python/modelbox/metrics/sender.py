"""The thread that sends what the buffer holds, again and again until the server answers.

A server that is away costs the training loop nothing: points stay in the buffer, which is bounded. They live in
memory only; a journal on disk, for programs that end while the server is away, is not built yet.
"""

import logging
import threading
import uuid
from collections.abc import Callable
from typing import Any, Final

from modelbox.backoff import backoff
from modelbox.errors import FlushTimeoutError, ModelBoxError, PointsRefusedError, ServerError
from modelbox.limits import BATCH_POINTS_MAX, DEFECT_TRIES_MAX, DRAIN_POINTS_MAX, JOIN_TIMEOUT_S, LINGER_S
from modelbox.metrics.buffer import Marker, Point, PointBuffer
from modelbox.metrics.columns import Batch, batches_of
from modelbox.proto import modelstore_pb2 as pb
from modelbox.values import Delivery

_log = logging.getLogger("modelbox")

SendBatch = Callable[[pb.LogMetricsBatchRequest, str], None]
"""Sends one batch once, with an idempotency key. Raises a `ModelBoxError`, retryable or not."""


class MetricsSender:
    """Takes points at any rate and delivers them in order, each exactly once if the server ever answers."""

    _work: threading.Event
    _hurry: threading.Event
    _stop: threading.Event
    _starting: threading.Lock
    _thread: threading.Thread | None
    _refusal: PointsRefusedError | None
    _sending: int

    def __init__(
        self, send: SendBatch, *, buffer: PointBuffer | None = None, on_start: Callable[[], None] | None = None
    ) -> None:
        """Start no thread yet: the first point does, and calls `on_start` before."""
        self._send: Final = send
        self._buffer: Final = PointBuffer() if buffer is None else buffer
        self._on_start: Final = on_start
        self._begin()

    def log(self, object_id: str, metrics: Any, step: Any, wallclock: Any) -> None:
        """Put points into the buffer; see `PointBuffer.add` for what it raises."""
        self._buffer.add(object_id, metrics, step, wallclock)
        if self._idle:
            self._wake()

    def flush(self, *, timeout_s: float) -> None:
        """Wait until everything logged before this call is answered.

        Raises:
            FlushTimeoutError: The server has not answered in time; the points are kept and still sent.
            PointsRefusedError: The server refused points logged since the last flush.
        """
        if self._buffer.closed or (self._thread is None and not len(self._buffer)):
            return
        marker = self._buffer.mark()
        self._hurry.set()
        self._wake()
        if not marker.reached.wait(timeout_s):
            raise FlushTimeoutError(self.delivery().waiting, timeout_s=timeout_s)
        if marker.error is not None:
            raise marker.error from marker.error.cause

    def close(self, *, cut: Callable[[], None]) -> None:
        """Send no more; `cut` ends a call that is on its way.

        What still waits is counted as dropped and warned about.
        """
        self._buffer.closed = True
        self._stop.set()
        self._hurry.set()
        self._work.set()
        cut()
        if self._thread is not None:
            self._thread.join(JOIN_TIMEOUT_S)
        lost = self.delivery().waiting
        self._buffer.discard()
        self._buffer.drop(self._sending)
        self._sending = 0
        if lost:
            _log.warning("%d metric points were not delivered: the client was closed before the server answered", lost)

    def forget(self) -> None:
        """Begin afresh in a forked child: the parent has the points and the thread."""
        self._buffer.forget()
        self._begin()

    def delivery(self) -> Delivery:
        """Return what became of the points so far."""
        return Delivery(
            waiting=self._buffer.waiting + self._sending,
            acknowledged=self._acknowledged,
            dropped=self._buffer.dropped,
            refused=self._refused,
        )

    def _begin(self) -> None:
        self._work = threading.Event()
        self._hurry = threading.Event()
        self._stop = threading.Event()
        self._starting = threading.Lock()
        self._thread = None
        self._refusal = None
        self._idle = True
        self._sending = self._acknowledged = self._refused = 0

    def _wake(self) -> None:
        self._idle = False
        self._work.set()
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    if self._on_start is not None:
                        self._on_start()
                    self._thread = threading.Thread(target=self._run, name="modelbox-metrics", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wait_for_points()
            entries = self._buffer.take(DRAIN_POINTS_MAX)
            self._sending = sum(type(entry) is Point for entry in entries)
            try:
                self._deliver(entries)
            except Exception as defect:  # noqa: BLE001  # a defect of any kind, see below
                # The thread's outermost loop: without it one defect would silence all later points.
                _log.exception("%d metric points were lost by a defect of the client", self._sending)
                self._lose(entries, defect)

    def _lose(self, entries: list[Point | Marker], defect: Exception) -> None:
        points, self._sending = self._sending, 0
        self._buffer.drop(points)
        self._note_refusal(points, ModelBoxError(f"a defect of the client: {defect!r}"))
        for entry in entries:
            if isinstance(entry, Marker):
                self._reach(entry)

    def _wait_for_points(self) -> None:
        if not len(self._buffer):
            self._work.clear()
            self._idle = True
            # A point added before `_idle` was set has woken nobody, so look once more before sleeping.
            if not len(self._buffer):
                self._work.wait()
            self._idle = False
        if len(self._buffer) < BATCH_POINTS_MAX:
            self._hurry.wait(LINGER_S)
        self._hurry.clear()

    def _deliver(self, entries: list[Point | Marker]) -> None:
        points: list[Point] = []
        for entry in entries:
            if isinstance(entry, Marker):
                self._deliver_points(points)
                points = []
                self._reach(entry)
            else:
                points.append(entry)
        self._deliver_points(points)

    def _reach(self, marker: Marker) -> None:
        if self._stop.is_set() or marker.reached.is_set():
            return
        marker.error, self._refusal = self._refusal, None
        marker.reached.set()

    def _deliver_points(self, points: list[Point]) -> None:
        for batch in batches_of(points):
            self._deliver_batch(batch)
            if self._stop.is_set():
                return

    def _deliver_batch(self, batch: Batch) -> None:
        """Send one batch until it is answered, with one key, so that it is recorded once."""
        key = uuid.uuid4().hex
        defects = 0
        for tries, pause_s in enumerate(backoff()):
            try:
                self._send(batch.request, key)
            except ModelBoxError as error:
                defects += isinstance(error, ServerError)
                if not error.retryable and not 0 < defects < DEFECT_TRIES_MAX:
                    self._refuse(batch, error)
                    return
                if tries == 0:
                    _log.warning("metric points wait in memory and are sent again: %s", error)
                if self._stop.wait(pause_s):
                    return
            else:
                self._acknowledged += batch.points
                self._sending -= batch.points
                return

    def _refuse(self, batch: Batch, error: ModelBoxError) -> None:
        if self._stop.is_set():
            # The connection was cut by `close`: these points were not refused, they are lost.
            return
        _log.warning("%d metric points of %s were refused: %s", batch.points, batch.request.parent_id, error)
        self._sending -= batch.points
        self._refused += batch.points
        self._note_refusal(batch.points, error)

    def _note_refusal(self, points: int, error: ModelBoxError) -> None:
        """Keep what the next flush tells: all points, and the first cause, from which later ones mostly follow."""
        earlier = self._refusal
        if earlier is None:
            self._refusal = PointsRefusedError(points, error)
        else:
            self._refusal = PointsRefusedError(earlier.points + points, earlier.cause)
