"""The heartbeat: one thread says that this process's runs are alive, so that a dead trainer's run shows as lost."""

import logging
import re
import threading
from time import monotonic
from typing import Final

from modelbox.errors import ClosedError, ModelBoxError
from modelbox.limits import ATTEMPT_TIMEOUT_S, HEARTBEAT_S, HEARTBEAT_S_MAX, HEARTBEAT_S_MIN, WARN_AGAIN_S
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transport.connection import NO_KEY, Connection
from modelbox.transport.methods import HEARTBEAT_RUNS

_log = logging.getLogger("modelbox")
_NAMED: Final = re.compile(r"ids\[(\d{1,9})\]")


class Heartbeat:
    """Says again and again that runs are alive; never raises. Safe to use from several threads."""

    _runs: set[str]
    _changed: threading.Condition
    _thread: threading.Thread | None

    def __init__(self, connection: Connection) -> None:
        """Start no thread yet: the first run does."""
        self._connection: Final = connection
        self._closed = False
        self._warn_at = 0.0
        self.forget()

    def start(self, run_id: str) -> None:
        """Say from now on that a run is alive."""
        with self._changed:
            if self._closed:
                return
            self._runs.add(run_id)
            self._changed.notify()
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="modelbox-heartbeat", daemon=True)
                try:
                    thread.start()
                except RuntimeError as error:
                    _log.warning("no thread can be started to say that runs are alive (%s): they show as lost", error)
                    return
                self._thread = thread

    def stop(self, run_id: str) -> None:
        """Say so no more."""
        with self._changed:
            self._runs.discard(run_id)

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def forget(self) -> None:
        """Begin afresh in a forked child: the runs are the parent's, which says that they are alive."""
        self._runs = set()
        self._changed = threading.Condition()
        self._thread = None

    def _run(self) -> None:
        next_s = 0.0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed, timeout=next_s)
                self._changed.wait_for(lambda: self._closed or self._runs)
                if self._closed:
                    return
                ids = sorted(self._runs)
            next_s = self._beat(ids)

    def _beat(self, ids: list[str]) -> float:
        """Say once that runs are alive, and return how soon the next time is due, in seconds.

        A server takes all runs of a call or none: those that it refuses are left out, and named again the next time,
        for their creation may be on its way.
        """
        parts, due_s = [ids], [HEARTBEAT_S_MAX]
        while parts and not self._closed:
            part = parts.pop()
            try:
                due_s.append(self._say(part))
            except ClosedError:
                self.close()
            except ModelBoxError as error:
                # The next one may arrive; a run that is not heard of shows as lost, which is what it is to the server.
                self._tell(error)
                due_s.append(HEARTBEAT_S)
                if error.final:
                    parts += _without_refused(part, error)
        return min(due_s)

    def _say(self, ids: list[str]) -> float:
        # Nothing is recorded in the log, so there is neither a key nor a token to send.
        request = pb.HeartbeatRunsRequest(ids=ids)
        answer = self._connection.call_once(HEARTBEAT_RUNS, request, headers=NO_KEY, timeout_s=ATTEMPT_TIMEOUT_S)
        return min(max(HEARTBEAT_S_MIN, answer.next_s), HEARTBEAT_S_MAX)

    def _tell(self, error: ModelBoxError) -> None:
        """Warn, now and then, when heartbeats are turned away; that a server is away is told by what is logged."""
        is_turned_away = not error.retryable and monotonic() >= self._warn_at
        if is_turned_away:
            self._warn_at = monotonic() + WARN_AGAIN_S
        _log.log(logging.WARNING if is_turned_away else logging.DEBUG, "a heartbeat did not arrive: %s", error)


def _without_refused(ids: list[str], error: ModelBoxError) -> list[list[str]]:
    """Return what to say instead of what was refused: all but the run that the error names, or each half."""
    named = _NAMED.fullmatch(error.field)
    place = int(named[1]) if named else -1
    if 0 <= place < len(ids):
        rest = [ids[:place] + ids[place + 1 :]]
    else:
        half = len(ids) // 2
        rest = [ids[:half], ids[half:]] if half else []
    return [part for part in rest if part]
