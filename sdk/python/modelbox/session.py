"""What all objects of one client share: the connection, the sender of metric points, and their end.

Must not know: models.
"""

import atexit
import contextlib
import os
import sys
import weakref
from typing import Final

from modelbox.errors import FlushTimeoutError, PointsRefusedError
from modelbox.heartbeat import Heartbeat
from modelbox.limits import ATTEMPT_TIMEOUT_S, CALL_TIMEOUT_S, CLOSE_TIMEOUT_S, FLUSH_TIMEOUT_S
from modelbox.metrics.sender import MetricsSender
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transport.connection import Connection
from modelbox.transport.methods import LOG_METRICS_BATCH


class Session:
    """A connection and a sender with one lifetime. Safe to use from several threads; a forked child begins afresh."""

    def __init__(self, address: str, *, timeout_s: float = CALL_TIMEOUT_S) -> None:
        """Open nothing yet."""
        self.connection: Final = Connection(address, timeout_s=timeout_s)
        self.sender: Final = MetricsSender(self._send_batch, on_start=_close_at_end_of_process)
        self.heartbeat: Final = Heartbeat(self.connection)
        self._closed = False
        _sessions.add(self)

    def flush(self, timeout_s: float = FLUSH_TIMEOUT_S) -> None:
        """Wait for the acknowledgement of all points; see `MetricsSender.flush` for what it raises."""
        self.sender.flush(timeout_s=timeout_s)

    def close(self, timeout_s: float = CLOSE_TIMEOUT_S) -> None:
        """Flush and end. Closing again does nothing. What could not be delivered is warned about, never raised."""
        if self._closed:
            return
        self._closed = True
        self.heartbeat.close()
        # Both are told by a warning of the sender; the end of a program is no place for an exception.
        with contextlib.suppress(FlushTimeoutError, PointsRefusedError):
            self.sender.flush(timeout_s=timeout_s)
        self.sender.close(cut=self.connection.cut)

    def forget(self) -> None:
        """Begin afresh in a forked child."""
        self.connection.forget()
        self.sender.forget()
        self.heartbeat.forget()

    def _send_batch(self, request: pb.LogMetricsBatchRequest, key: str) -> None:
        headers = self.connection.headers(LOG_METRICS_BATCH, key=key)
        self.connection.call_once(LOG_METRICS_BATCH, request, headers=headers, timeout_s=ATTEMPT_TIMEOUT_S)


_sessions: Final[weakref.WeakSet[Session]] = weakref.WeakSet()


def _close_all() -> None:
    for session in list(_sessions):
        session.close()


def _forget_all() -> None:
    for session in list(_sessions):
        session.forget()


def _close_at_end_of_process() -> None:
    """Have the sessions closed when this process ends, if `multiprocessing` started it: then it skips `atexit`."""
    process = sys.modules.get("multiprocessing.process")
    if process is None or process.parent_process() is None:
        return
    from multiprocessing.util import Finalize  # noqa: PLC0415  # only there, and only then, it is loaded already

    Finalize(None, _close_all, exitpriority=0)


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
