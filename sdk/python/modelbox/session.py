"""What all objects of one client share: the connection, what is on its way to the server, and their end.

Must not know: any kind of object.
"""

import atexit
import logging
import os
import sys
import weakref
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any, Final, Self

from modelbox.after_end import AfterEnd
from modelbox.delivery.content import Make, hold_made, small_upload, write_where_there_is_room, written
from modelbox.delivery.courier import Courier
from modelbox.delivery.destination import Destination
from modelbox.delivery.held_files import HeldFiles
from modelbox.delivery.left import Left
from modelbox.delivery.reachability import Warned
from modelbox.delivery.uploads import describe
from modelbox.errors import InvalidFieldError
from modelbox.fields import check_text
from modelbox.heartbeat import Heartbeat
from modelbox.home import HomeLog
from modelbox.ids import DEFAULT_NAMESPACE
from modelbox.journal.file import close_inherited
from modelbox.journal.folder import JournalFolder, JournalSettings
from modelbox.journal.record import UPLOAD, Record
from modelbox.journal.ring import close_inherited_rings
from modelbox.limits import CALL_TIMEOUT_S, CLOSE_TIMEOUT_S, CONTENT_BYTES_MAX, FILES_TIMEOUT_S, FLUSH_TIMEOUT_S
from modelbox.metric_log import MetricLog
from modelbox.oddities import Oddities
from modelbox.open_runs import OpenRuns
from modelbox.record_calls import answers, last_steps, send, was_recorded, which_log
from modelbox.session_settings import SessionSettings
from modelbox.transfer.cache import CacheSettings
from modelbox.transfer.transfers import Transfers
from modelbox.transport.connection import Connection
from modelbox.transport.methods import UPLOAD_FILES, Method, RequestT, ResponseT
from modelbox.values import Delivery, LocalFile

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
        namespace: str = "",
        keeps_differences: bool = True,
    ) -> None:
        """Open nothing yet.

        Args:
            journal: Where what is logged survives the process; without one it waits in memory only.
            background: Whether calls may wait; without it each is answered, or raises, before it returns. Metric points
                always wait.
            blob_address: The server that carries files, if it is another one.
            cache: Where downloaded files are kept for the next time; nowhere, unless given.
            namespace: Where objects are created and looked for that name none; "default", unless given.
            keeps_differences: Whether what is not committed is kept with runs that are started.
        """
        self.namespace_given: Final = namespace
        self.namespace: Final = namespace or DEFAULT_NAMESPACE
        self.background: Final = background
        self.keeps_differences: Final = keeps_differences
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
            keeps_differences=keeps_differences,
        )
        self.held: Final = HeldFiles(None if journal is None else journal.folder)

        courier = partial(
            Courier,
            was_recorded=partial(was_recorded, self.connection),
            answers=partial(answers, self.connection),
            destination=partial(Destination, partial(which_log, self.connection), home, address=address),
            on_start=_close_at_end_of_process,
            warned=Warned(),
        )
        self.after_end: Final = AfterEnd()
        logged = None if journal is None else JournalFolder(journal, address, home=home)
        held = None if journal is None else JournalFolder(journal, address, home=home, of_files=True)
        self._courier: Final = courier(self._send, folder=logged, on_takeover=self._take_over_files)
        steps = partial(last_steps, self.connection)
        self.metrics: Final = MetricLog(self._courier.log, steps, self.oddities)
        # Held files go by themselves: a large one would hold up all that is logged after it.
        self._files: Final = courier(self._send_files, folder=held, others_create=self._courier.still_creates)
        self.left: Final = Left(journal, address, home, logged=self._courier, files=self._files)
        self._closed = False
        _sessions.add(self)

    def within(self, namespace: str) -> str:
        """Return a namespace that an argument names; the client's own for an empty one.

        Raises:
            InvalidFieldError: It is no text that can be sent.
        """
        return check_text("namespace", namespace) or self.namespace

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
        write = partial(write_where_there_is_room, content=content)
        # In the order of what is logged, not beside it: of several under one path the last one counts.
        deliver = self._courier.deliver if self.background else self._send_now
        try:
            hold_made(self.held, object_id, lambda held: written(held, path, write), deliver=deliver)
        except OSError as error:
            raise InvalidFieldError.of("content", f"cannot be kept until it is sent: {error}") from error

    def deliver_made(self, object_id: str, make: Make, within: Iterable[str] = ()) -> None:
        """Have files uploaded that are made now, beside what is logged; see `hold_made` for what it raises."""
        hold_made(self.held, object_id, make, deliver=self.deliver_files, within=within)

    def deliver_files(self, record: Record) -> bool:
        """Have held files uploaded (see `delivery/keeping.py`), beside what is logged. Returns at once.

        They are sent by this process, or by whoever takes its journal over: the record is in it before this returns.

        Returns:
            False if there is no room for the record of them; that was told.

        Raises:
            ClosedError: The client was closed.
        """
        return self._files.deliver(record, at_once=True)

    def call_in_order(
        self, method: Method[RequestT, ResponseT], request: RequestT, *, after_files: bool, waits: bool
    ) -> ResponseT | None:
        """Have a call sent after all that was logged before; return its answer, None if it is sent later.

        Args:
            after_files: After the files that were held before instead.
            waits: Whether to wait for the answer while there is hope of one.

        Raises:
            ModelBoxError: The server refused, while it was waited for.
            ClosedError: The client was closed.
        """
        record = self._record(method, request)
        courier = self._files if after_files else self._courier
        answer = courier.ask(record) if waits else None
        if not waits:
            courier.deliver(record)
        return None if answer is None else method.answer_of(answer)

    def wait_for_files(self, *, timeout_s: float, answer_timeout_s: float) -> bool:
        """Wait for the answers to all that was logged before, and for the files; tell whether all is answered.

        Not for a server that is away, or slow; what was refused is told by the next flush.

        Args:
            timeout_s: How long to wait while the server answers, in seconds.
            answer_timeout_s: How long to wait for a single answer, or a piece of a file, in seconds.
        """
        deadline = monotonic() + timeout_s
        is_answered = self._courier.wait(timeout_s=timeout_s, answer_timeout_s=answer_timeout_s)
        left_s = max(0.0, deadline - monotonic())
        return is_answered and self._files.wait(timeout_s=left_s, answer_timeout_s=answer_timeout_s)

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
        """Wait for all that was logged before, its files, and what ended processes left; raises as `Courier.flush`."""
        deadline = monotonic() + timeout_s
        try:
            self._courier.flush(timeout_s=timeout_s)
            self._files.flush(timeout_s=max(0.0, deadline - monotonic()))
        finally:
            self.left.flush(deadline)

    def settle(self) -> None:
        """Wait for the answers to all that was logged before, for as long as one call may take.

        What the server refuses is told by the next flush.

        Raises:
            FlushTimeoutError: The server has not answered in time.
        """
        self._courier.settle(timeout_s=self.connection.timeout_s)

    def settle_files(self) -> None:
        """Wait for the answers to the files that are on their way, as long as the server gives any.

        Raises:
            FlushTimeoutError: It is away, or has not answered in time.
        """
        if not self._files.wait(timeout_s=FILES_TIMEOUT_S, answer_timeout_s=self.connection.timeout_s):
            raise self._files.timed_out(self.connection.timeout_s)

    def delivery(self) -> Delivery:
        """Return what became of what was logged so far."""
        logged, files = self._courier.delivery(), self._files.delivery()
        return replace(
            logged,
            after_end=self.after_end.points,
            left_out=self.oddities.left_out,
            waiting_calls=logged.waiting_calls + files.waiting_calls,
            acknowledged_calls=logged.acknowledged_calls + files.acknowledged_calls,
            dropped_calls=logged.dropped_calls + files.dropped_calls,
            refused_calls=logged.refused_calls + files.refused_calls,
            trouble=logged.trouble or files.trouble,
        )

    def close(self, timeout_s: float = CLOSE_TIMEOUT_S) -> None:
        """Send what can be sent, leave the rest in the journal, and end. Closing again does nothing; nothing raises."""
        if self._closed:
            return
        self.open_runs.end_all()
        self._closed = True
        self.heartbeat.close()
        # One time for both, and both end before calls are cut off: they share a connection.
        since = monotonic()
        self._courier.wind_up(timeout_s=timeout_s, since=since)
        self._files.wind_up(timeout_s=timeout_s, since=since)
        self._files.end()
        self._courier.close(timeout_s=timeout_s, cut=self._cut)
        self._files.close(timeout_s=timeout_s, cut=self._cut)
        self.held.release_lost()

    def end(self) -> None:
        """Close at the end of the process; what handlers log that run later goes into a journal."""
        if not self._closed:
            self.close()
            self._courier.go_on_late()
            self._files.go_on_late()

    def forget(self) -> None:
        """Begin afresh in a forked child."""
        self.connection.forget()
        self.transfers.forget()
        self.oddities.forget()
        self._courier.forget()
        self.metrics.forget()
        self.after_end.forget()
        self._files.forget()
        self.left.forget()
        self.held.forget()
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

    # Methods of this object, so that whoever lets a client go before all is sent has it closed at the end.
    def _send(self, record: Record) -> bytes:
        return send(self.connection, self.transfers, record, on_progress=self._courier.note_progress)

    def _send_files(self, record: Record) -> bytes:
        return send(self.connection, self.transfers, record, on_progress=self._files.note_progress)

    def _send_now(self, record: Record) -> bool:
        send(self.connection, self.transfers, record)
        return True

    def _take_over_files(self) -> None:
        """Have files sent that other processes have left behind, if there are any."""
        if not self._closed and self.left.has_files():
            self._files.start()

    def _cut(self) -> None:
        self.transfers.cut()
        self.connection.cut()

    def _record(self, method: Method[RequestT, ResponseT], request: RequestT) -> Record:
        return Record(method.name, self.connection.encode(method, request))


def open_sessions() -> list[Session]:
    """Return the sessions of this process that were not closed."""
    return [session for session in list(_sessions) if not session.closed]


def session_of(settings: SessionSettings) -> Session:
    """Return a session with these settings: one of this process that is open, or a new one."""
    for session in open_sessions():
        if session.settings == settings:
            return session
    return Session(
        settings.address,
        timeout_s=settings.timeout_s,
        journal=settings.journal,
        background=settings.background,
        blob_address=settings.blob_address,
        cache=settings.cache,
        keeps_differences=settings.keeps_differences,
    )


_sessions: Final[weakref.WeakSet[Session]] = weakref.WeakSet()


def _close_all() -> None:
    for session in list(_sessions):
        session.end()


def _forget_all() -> None:
    close_inherited()
    close_inherited_rings()
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
