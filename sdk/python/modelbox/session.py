"""What all objects of one client share: the connection, what is on its way to the server, and their end.

Must not know: models.
"""

import atexit
import logging
import os
import sys
import weakref
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final, Self

from modelbox.after_end import AfterEnd
from modelbox.delivery.columns import points_of
from modelbox.delivery.content import discard, small_upload, staged
from modelbox.delivery.courier import Courier
from modelbox.delivery.destination import Destination
from modelbox.delivery.uploads import describe, send_upload
from modelbox.errors import InvalidFieldError, ModelBoxError, ResultTooLargeError
from modelbox.heartbeat import Heartbeat
from modelbox.home import HomeLog
from modelbox.journal.file import close_inherited
from modelbox.journal.folder import JournalFolder, JournalSettings
from modelbox.journal.record import METRICS, UPLOAD, Record
from modelbox.limits import (
    ASK_S,
    ATTEMPT_TIMEOUT_S,
    CALL_TIMEOUT_S,
    CLOSE_TIMEOUT_S,
    CONTENT_BYTES_MAX,
    FLUSH_TIMEOUT_S,
)
from modelbox.odd_metrics import sound_points
from modelbox.oddities import Oddities
from modelbox.open_runs import OpenRuns
from modelbox.proto import modelstore_pb2 as pb
from modelbox.reopening import SessionSettings, session_of
from modelbox.steps import Steps
from modelbox.transfer.cache import CacheSettings
from modelbox.transfer.transfers import Transfers
from modelbox.transport.connection import NO_KEY, Connection
from modelbox.transport.methods import (
    GET_CLUSTER_MEMBERS,
    GET_METRICS,
    LIST_NAMESPACES,
    UPLOAD_FILES,
    Method,
    NamedMethod,
    RequestT,
    ResponseT,
)
from modelbox.values import Delivery, LocalFile, MetricSummary, OnProgress

_log: Final = logging.getLogger("modelbox")


class Session:
    """A connection and a courier with one lifetime. Safe to use from several threads; a forked child begins afresh."""

    def __init__(
        self,
        address: str,
        *,
        timeout_s: float = CALL_TIMEOUT_S,
        journal: JournalSettings | None = None,
        background: bool = True,
        blob_address: str = "",
        cache: CacheSettings | None = None,
    ) -> None:
        """Open nothing yet.

        Args:
            journal: Where what is logged survives the process; without one it waits in memory only.
            background: Whether calls may wait; without it each is answered, or raises, before it returns. Metric points
                always wait.
            blob_address: The server that carries files, if it is another one.
            cache: Where downloaded files are kept for the next time; nowhere, unless given.
        """
        self.background: Final = background
        self.oddities: Final = Oddities(strict=not background)
        home = HomeLog()
        self.connection: Final = Connection(address, timeout_s=timeout_s, home=home)
        self.transfers: Final = Transfers(self.connection, blob_address=blob_address, cache=cache)
        self.heartbeat: Final = Heartbeat(self.connection)
        self.open_runs: Final = OpenRuns()
        self.settings: Final = SessionSettings(
            address=address,
            timeout_s=timeout_s,
            journal=journal,
            background=background,
            blob_address=blob_address,
            cache=cache,
        )
        folder = None if journal is None else JournalFolder(journal, address, home=home)
        self._courier: Final = Courier(
            self._send,
            was_recorded=partial(was_recorded, self.connection),
            answers=partial(answers, self.connection),
            destination=partial(Destination, partial(which_log, self.connection), home, address=address),
            folder=folder,
            on_start=_close_at_end_of_process,
        )
        self._stage: Final = None if journal is None else journal.folder
        self._steps: Final = Steps(partial(last_steps, self.connection))
        self.after_end: Final = AfterEnd()
        self._closed = False
        _sessions.add(self)

    def log_metrics(self, object_id: str, metrics: Mapping[str, Any], step: Any, wallclock: Any) -> None:
        """Log one point a key; what breaks a rule is kept as far as it can be.

        Raises:
            InvalidFieldError: Without `background`: a key, a value, the step or the wallclock breaks a rule.
            ClosedError: The client was closed.
        """
        try:
            self._courier.log(object_id, metrics, step, wallclock)
        except InvalidFieldError:
            metrics, step, wallclock = sound_points(self.oddities, metrics, step, wallclock)
            self._courier.log(object_id, metrics, step, wallclock)
        self._steps.note(object_id, metrics, step)

    def log_next_metrics(
        self,
        object_id: str,
        metrics: Any,
        wallclock: Any,
        *,
        summaries: Mapping[str, MetricSummary] | None,
    ) -> None:
        """Log one point a key, each at the step after the key's last known one; see `Steps.numbered`."""
        if not isinstance(metrics, Mapping):
            self.log_metrics(object_id, metrics, 0, wallclock)
            return
        for step, points in self._steps.numbered(object_id, metrics, summaries):
            self.log_metrics(object_id, points, step, wallclock)

    def deliver(self, method: Method[RequestT, ResponseT], request: RequestT) -> None:
        """Have a call sent once, after all that was logged before. Returns at once, also while the server is away.

        What the server refuses is told by the next flush.

        Raises:
            InvalidFieldError: The request is too large.
            ClosedError: The client was closed.
            ModelBoxError: Without `background`: the server refused, or did not answer in time.
        """
        if not self.background:
            self.connection.call(method, request)
            return
        self._courier.deliver(self._record(method, request))

    def deliver_upload(self, object_id: str, file: LocalFile) -> None:
        """Have a file of this machine uploaded, after all that was logged before. Returns at once.

        It is read when it is sent: a file that has gone or changed until then is told by the next flush, not sent.

        Raises:
            InvalidFieldError: It does not exist now, or is no file.
            ClosedError: The client was closed.
        """
        self._courier.deliver(Record(UPLOAD, describe(object_id, file)))

    def deliver_content(self, object_id: str, path: str, content: bytes) -> None:
        """Have bytes of this program uploaded as a file, after all that was logged before. Returns at once.

        Few of them go into the journal, as any call does; more are kept in a file beside it until they are sent.

        Raises:
            InvalidFieldError: They find no room.
            ClosedError: The client was closed.
            ModelBoxError: Without `background`: the server refused, or did not answer in time.
        """
        if len(content) <= CONTENT_BYTES_MAX:
            self.deliver(UPLOAD_FILES, small_upload(object_id, path, content))
            return
        with staged(content, path, below=self._stage) as file:
            if self.background:
                self._courier.deliver(Record(UPLOAD, describe(object_id, file, is_ours=True)))
            else:
                self.transfers.upload(object_id, [file], on_progress=None)
                discard(file)

    def create(self, method: Method[RequestT, ResponseT], request: RequestT) -> ResponseT | None:
        """Make a call after all that was logged before; if the server is away it is made later, and None returned.

        Raises:
            ModelBoxError: The server refused; or, without `background`, did not answer in time.
            ClosedError: The client was closed.
        """
        if not self.background:
            return self.connection.call(method, request)
        answer = self._courier.ask(self._record(method, request))
        return None if answer is None else method.answer_of(answer)

    def flush(self, timeout_s: float = FLUSH_TIMEOUT_S) -> None:
        """Wait for the answers to all that was logged before; see `Courier.flush` for what it raises."""
        self._courier.flush(timeout_s=timeout_s)

    def settle(self) -> None:
        """Wait for the answers to all that was logged before, for as long as one call may take.

        What the server refuses is told by the next flush.

        Raises:
            FlushTimeoutError: The server has not answered in time.
        """
        self._courier.settle(timeout_s=self.connection.timeout_s)

    def delivery(self) -> Delivery:
        """Return what became of what was logged so far."""
        return replace(self._courier.delivery(), after_end=self.after_end.points, left_out=self.oddities.left_out)

    def close(self, timeout_s: float = CLOSE_TIMEOUT_S) -> None:
        """Send what can be sent, leave the rest in the journal, and end. Closing again does nothing; nothing raises."""
        if self._closed:
            return
        self.open_runs.end_all()
        self._closed = True
        self.heartbeat.close()
        self._courier.close(timeout_s=timeout_s, cut=self._cut)

    def forget(self) -> None:
        """Begin afresh in a forked child."""
        self.connection.forget()
        self.transfers.forget()
        self.oddities.forget()
        self._courier.forget()
        self._steps.forget()
        self.after_end.forget()
        self.heartbeat.forget()
        self.open_runs.forget()

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # Settings alone: where it lands, a copy has a connection, a buffer and a journal of that process.
        return session_of, (self.settings,)

    def _send(self, record: Record) -> bytes:
        # A method of this object, so that whoever lets a client go before all is sent has it closed at the end.
        return send(self.connection, self.transfers, record, on_progress=self._courier.note_progress)

    def _cut(self) -> None:
        self.transfers.cut()
        self.connection.cut()

    def _record(self, method: Method[RequestT, ResponseT], request: RequestT) -> Record:
        return Record(method.name, self.connection.encode(method, request))


def open_sessions() -> list[Session]:
    """Return the sessions of this process that were not closed."""
    return [session for session in list(_sessions) if not session.closed]


def send(
    connection: Connection, transfers: Transfers, record: Record, *, on_progress: OnProgress | None = None
) -> bytes:
    """Send a record once, with its key, and return the answer.

    Args:
        on_progress: Called after each piece of a file.

    Raises:
        ModelBoxError: The server refused, or did not answer in time; or the file to upload has gone or changed.
    """
    if record.method == UPLOAD:
        return send_upload(transfers, record.request, on_progress)
    headers = connection.headers_with_key(record.key)
    return connection.call_encoded(
        NamedMethod(record.method), record.request, headers=headers, timeout_s=ATTEMPT_TIMEOUT_S
    )


def was_recorded(connection: Connection, record: Record) -> bool:
    """Tell whether the server has all metric points of a record; of a call it is not asked, for it may be repeated.

    Where the server has too many to say which, it does not count as having them.

    Raises:
        ModelBoxError: The server did not answer.
    """
    if record.method != METRICS:
        return False
    batch = pb.LogMetricsBatchRequest.FromString(record.request)
    request = pb.GetMetricsRequest(
        parent_id=batch.parent_id, keys=sorted({series.key for series in batch.series}), columns=True
    )
    try:
        answer = connection.call_once(GET_METRICS, request, headers=NO_KEY, timeout_s=ATTEMPT_TIMEOUT_S)
    except ResultTooLargeError:
        # It cannot be told. A point that is there twice says what it said; one that is not there says nothing.
        return False
    found = _points_in(pb.LogMetricsBatchRequest(series=answer.series))
    return _points_in(batch) <= found


def last_steps(connection: Connection, object_id: str) -> dict[str, int]:
    """Return the last step of each metric of numbers that an object has.

    Raises:
        ModelBoxError: The server did not answer in time, or knows no such object.
    """
    # max_points is for servers that do not know `newest`: of their points the last one is among those that stay.
    request = pb.GetMetricsRequest(parent_id=object_id, columns=True, newest=True, max_points=1)
    answer = connection.call(GET_METRICS, request)
    return {series.key: max(series.steps) for series in answer.series if series.steps}


def answers(connection: Connection) -> bool:
    """Tell whether the server answers a small question."""
    try:
        connection.call_once(LIST_NAMESPACES, pb.ListNamespacesRequest(page_size=1), headers=NO_KEY, timeout_s=ASK_S)
    except ModelBoxError:
        return False
    return True


def which_log(connection: Connection) -> str:
    """Return the genesis of the server's log, empty if the server is too old to say it.

    Raises:
        ModelBoxError: The server did not answer.
    """
    request = pb.GetClusterMembersRequest()
    answer = connection.call_once(GET_CLUSTER_MEMBERS, request, headers=NO_KEY, timeout_s=ATTEMPT_TIMEOUT_S)
    return answer.genesis


def _points_in(batch: pb.LogMetricsBatchRequest) -> set[tuple[str, int, float, str]]:
    # By its text, NaN is equal to itself.
    return {(point.key, point.step, point.wallclock, repr(point.value)) for point in points_of(batch)}


_sessions: Final[weakref.WeakSet[Session]] = weakref.WeakSet()


def _close_all() -> None:
    for session in list(_sessions):
        session.close()


def _forget_all() -> None:
    close_inherited()
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
