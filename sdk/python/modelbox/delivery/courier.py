"""Everything logged with one client, from the call to the server's answer: the parts put together.

A call costs an append to the buffer. The recorder's thread hands over to the journal, the sender's thread sends.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any, Final

from modelbox.delivery.attempts import Answer, Answers, Attempts, Send, Verdict, WasRecorded
from modelbox.delivery.buffer import Buffer
from modelbox.delivery.destination import Destination
from modelbox.delivery.outcomes import FATES, Outcomes, tell_what_is_left
from modelbox.delivery.reachability import Reachability, Warned
from modelbox.delivery.recorder import Recorder
from modelbox.delivery.sender import Sender
from modelbox.delivery.threads import Threads
from modelbox.delivery.waiting import Waiter, wait_while_answered
from modelbox.errors import FlushTimeoutError, ModelBoxError, RefusedError
from modelbox.journal.aside import Aside, Fate
from modelbox.journal.backlog import Backlog
from modelbox.journal.folder import JournalFolder
from modelbox.journal.record import Record
from modelbox.limits import CALL_TIMEOUT_S
from modelbox.values import Delivery

_log = logging.getLogger("modelbox")


class Courier:
    """Takes points and calls at any rate and delivers them in order, each once. Safe to use from several threads."""

    def __init__(
        self,
        send: Send,
        *,
        was_recorded: WasRecorded = lambda _: False,
        answers: Answers = lambda: False,
        destination: Callable[[], Destination] | None = None,
        folder: JournalFolder | None = None,
        buffer: Buffer | None = None,
        on_start: Callable[[], None] = lambda: None,
        others_create: Callable[[], bool] = lambda: False,
        on_takeover: Callable[[], None] = lambda: None,
        warned: Warned | None = None,
    ) -> None:
        """Start no thread yet: the first point or call does, and calls `on_start` before.

        Args:
            send: Sends one record.
            was_recorded: Asks about one that was sent long ago.
            answers: Asks whether the server answers at all.
            destination: Makes what knows which log the server has; without, everything goes to any server.
            folder: Where to journal; without one, everything is in memory only.
            others_create: Whether another courier of this process still has to create objects.
            on_takeover: Called each time after journals that nobody keeps any more were looked for.
        """
        self._on_takeover: Final = on_takeover
        self._warned: Final = warned
        self._others_create: Final = others_create
        self._send: Final = send
        self._was_recorded: Final = was_recorded
        self._server_answers: Final = answers
        self._make_destination: Final = destination
        self._folder: Final = folder
        self._buffer: Final = Buffer() if buffer is None else buffer
        self._on_start: Final = on_start
        self._begin()

    def log(self, object_id: str, metrics: Mapping[str, Any], step: Any, wallclock: Any) -> bool:
        """Put points into the buffer; see `Buffer.add`."""
        if not self._is_ready:
            self._make_ready()
        has_text = self._buffer.add(object_id, metrics, step, wallclock)
        if self._recorder.idle or self._is_late or ((ring := self._buffer.ring) is not None and ring.is_low):
            self._see_to_it()
        return has_text

    def deliver(self, record: Record, *, at_once: bool = False) -> bool:
        """Put a call into the buffer; it is sent once, after all that was logged before.

        Args:
            at_once: Write it into the journal before this returns, if there is room: no ring keeps it until then.

        Returns:
            False if there is no room for it; that was told and counted.

        Raises:
            ClosedError: The client was closed.
        """
        if not self._is_ready:
            self._make_ready()
        is_written = at_once and not self._buffer.closed and self._recorder.hand_over_now(record)
        has_room = is_written or self._buffer.add_call(record)
        self._see_to_it()
        return has_room

    def start(self) -> None:
        """Send what others have left, though nothing was delivered here."""
        if not self._is_late:
            self._wake()

    def take_over(self) -> threading.Event | None:
        """Have what others left sent at once; return what is set when that is done, None where nobody can do it."""
        if self._is_late or self._buffer.closed:
            return None
        done = self._sender.take_over_now()
        self._wake(hurry=True)
        return done if self._threads.any else None

    @property
    def reachability(self) -> Reachability | None:
        """Whether the server answers; None once nothing is sent any more."""
        return None if self._attempts.stop.is_set() else self._reachability

    def ask(self, record: Record) -> bytes | None:
        """Deliver a call and wait for its answer; None if the server is away: then it is sent later.

        Raises:
            ModelBoxError: The server refused.
            ClosedError: The client was closed.
        """
        if self._is_late:
            self.deliver(record)
            return None
        if not self._is_ready:
            self._make_ready()
        waiter = self._waiters[record.key] = Waiter()
        try:
            if self._buffer.add_call(record):
                self._wake(hurry=True)
                waiter.wait(self._reachability, stop=self._attempts.stop)
        finally:
            # Whoever takes it out of there has the answer: one of us two, so that no refusal is lost between us.
            is_ours = self._waiters.pop(record.key, None) is not None
        if is_ours:
            return None
        waiter.answered.wait(CALL_TIMEOUT_S)
        if waiter.answer.error is not None:
            raise waiter.answer.error
        return waiter.answer.response

    def flush(self, *, timeout_s: float) -> None:
        """Wait until everything logged before this call is answered.

        Raises:
            FlushTimeoutError: The server has not answered in time; what waits is kept and still sent.
            RefusedError: The server refused something logged since the last flush.
        """
        refusal = self._settle(timeout_s)
        if refusal is not None:
            raise refusal from None

    def settle(self, *, timeout_s: float) -> None:
        """Wait until everything logged before this call is answered; what was refused is left for the next flush.

        Raises:
            FlushTimeoutError: As `flush`.
        """
        refusal = self._settle(timeout_s)
        if refusal is not None:
            self._outcomes.note(refusal.cause, points=refusal.points, calls=refusal.calls, fate=refusal.fate)

    def _settle(self, timeout_s: float) -> RefusedError | None:
        """Wait as `flush` does, and take what was refused since the last time."""
        if self._is_late and self._backlog.waiting.records:
            raise self.timed_out(0.0)
        if self._buffer.closed or self._has_nothing_to_do:
            return None
        marker = self._buffer.mark()
        self._wake(hurry=True)
        if not self._threads.any:
            self._work_here(marker.reached, timeout_s)
        if not marker.reached.wait(timeout_s if self._threads.any else 0):
            raise self.timed_out(timeout_s) from None
        return marker.error

    @property
    def _has_nothing_to_do(self) -> bool:
        return not (self._threads.any or len(self._buffer) or self._backlog.waiting.records)

    def _work_here(self, done: threading.Event, timeout_s: float) -> None:
        """Do the threads' work in the caller's, where the system has none to give; as long as somebody waits for it."""
        deadline = monotonic() + timeout_s
        self._recorder.drain()
        while not done.is_set() and monotonic() < deadline:
            if self._sender.send() not in {Verdict.ANSWERED, Verdict.FAILED}:
                return

    def timed_out(self, timeout_s: float) -> FlushTimeoutError:
        """Return what to say of what is not answered in time."""
        found, trouble = self.delivery(), self._reachability.trouble
        return FlushTimeoutError(found.waiting, calls=found.waiting_calls, timeout_s=timeout_s, cause=trouble)

    def wait(self, *, timeout_s: float, answer_timeout_s: float) -> bool:
        """Wait until everything delivered before this call is answered; tell whether it is. Nothing is raised.

        A server that is away is not waited for. What was refused is left for the next flush.

        Args:
            timeout_s: How long to wait while the server answers, in seconds.
            answer_timeout_s: How long to wait for a single answer, or a piece of a file, in seconds.
        """
        if self._is_late or self._buffer.closed or self._has_nothing_to_do:
            return not self.delivery().waiting_calls
        marker = self._buffer.mark()
        self._wake(hurry=True)
        is_reached = wait_while_answered(
            marker.reached, self._reachability, timeout_s, since=monotonic(), answer_timeout_s=answer_timeout_s
        )
        if is_reached and marker.error is not None:
            refusal = marker.error
            self._outcomes.note(refusal.cause, points=refusal.points, calls=refusal.calls, fate=refusal.fate)
        return is_reached

    def still_creates(self) -> bool:
        """Tell whether something that makes an object waits to be sent."""
        return bool(self._buffer.calls or self._recorder.calls_in_hand or self._backlog.select(lambda one: one.creates))

    def wind_up(self, *, timeout_s: float, since: float) -> None:
        """Take no more, hand everything over to the journal and send what can be sent in time; `close` comes next.

        Args:
            timeout_s: How long to send while the server answers, in seconds. One that is away is not waited for.
            since: When that time began.
        """
        self._buffer.closed = True
        self._recorder.end()
        self._threads.join(0)
        self._recorder.drain()
        self._send_the_rest(timeout_s, since)

    def end(self) -> None:
        """Begin to send nothing more; what is on its way goes on until `close` cuts it off."""
        self._sender.end()

    def close(self, *, timeout_s: float, cut: Callable[[], None]) -> None:
        """Hand everything over to the journal, send what can be sent in time, and end.

        What is in the journal then is sent by another client; what is not is counted as dropped. Both are told.

        Args:
            timeout_s: How long to send while the server answers, in seconds. One that is away is not waited for.
            cut: Ends a call that is on its way.
        """
        if not self._buffer.closed:
            self.wind_up(timeout_s=timeout_s, since=monotonic())
        self._sender.end()
        cut()
        self._threads.join(1)
        path, kept = self._backlog.path, self._backlog.in_file
        lost = self._backlog.close()
        self._buffer.discard()
        ring = self._buffer.ring
        if ring is not None:
            if not ring.is_empty:
                _log.warning("what no journal had room for is kept in %s; the next client sends it", ring.path)
            ring.close()
        if lost.records:
            self._buffer.drop(points=lost.points, calls=lost.calls)
        tell_what_is_left(path, kept, lost, self._reachability.trouble)

    def go_on_late(self) -> None:
        """Begin afresh after the end: what is logged from now on goes into a journal at once, for others to send.

        The interpreter ends: no thread can be started any more, and handlers that were registered before this client's
        may still log. Without a journal it stays closed.
        """
        if self._folder is not None:
            self._buffer.forget()
            self._begin()
            self._is_late = self._is_ready = True
            self._buffer.closed = False

    def note_progress(self, *_: object) -> None:
        """Note that a long call goes on, as if it had been answered: the end of the client waits for it."""
        self._reachability.is_there()

    def forget(self) -> None:
        """Begin afresh in a forked child: the parent has what was logged, its journal and its threads."""
        self._buffer.forget()
        self._begin()

    def delivery(self) -> Delivery:
        """Return what became of what was logged so far."""
        waiting, lost, trouble = self._backlog.waiting, self._backlog.lost, self._reachability.trouble
        return Delivery(
            waiting=self._buffer.waiting + self._recorder.points_in_hand + waiting.points,
            acknowledged=self._outcomes.acknowledged,
            dropped=self._buffer.dropped + lost.points,
            refused=self._outcomes.refused,
            waiting_calls=self._buffer.calls + self._recorder.calls_in_hand + waiting.calls,
            acknowledged_calls=self._outcomes.acknowledged_calls,
            dropped_calls=self._buffer.dropped_calls + lost.calls,
            refused_calls=self._outcomes.refused_calls,
            journaled=self._backlog.in_file.points,
            ring="" if self._buffer.ring is None else str(self._buffer.ring.path),
            trouble="" if trouble is None else str(trouble),
        )

    def _begin(self) -> None:
        self._backlog, self._outcomes = Backlog(self._folder), Outcomes()
        self._reachability = Reachability(self._warned)
        self._waiters: dict[str, Waiter] = {}
        self._aside = None if self._folder is None else Aside(self._folder)
        self._attempts = Attempts(
            self._send,
            self._was_recorded,
            stop=threading.Event(),
            reachability=self._reachability,
            answers=self._server_answers,
            destination=None if self._make_destination is None else self._make_destination(),
        )
        self._sender = Sender(
            self._backlog,
            self._folder,
            self._attempts,
            on_answer=self._on_answer,
            aside=self._aside,
            others_create=self._others_create,
            on_takeover=self._on_takeover,
        )
        self._recorder = Recorder(self._buffer, self._backlog, self._outcomes, self._sender.rhythm)
        self._is_ready = self._folder is None
        self._is_making_ready = self._is_late = False
        self._beginning = threading.RLock()
        runs = (("modelbox-recorder", self._recorder.run), ("modelbox-sender", self._sender.run))
        self._threads = Threads(runs, on_start=self._on_start)

    def _make_ready(self) -> None:
        """Make the ring, before anything is logged."""
        with self._beginning:
            # A signal's handler that comes by here while the ring is made does without.
            if self._is_ready or self._is_making_ready or self._folder is None:
                return
            self._is_making_ready = True
            try:
                ring = self._folder.create_ring()
                if ring is not None:
                    self._backlog.go_with(ring)
                    self._buffer.ring = ring
                self._is_ready = True
            finally:
                self._is_making_ready = False

    def _see_to_it(self) -> None:
        """Have what was logged journaled: soon, and at once where the ring gets full."""
        ring = self._buffer.ring
        if self._is_late:
            self._journal_late()
        elif self._recorder.idle:
            self._wake()
        elif ring is not None and ring.is_low and not self._recorder.is_hurried:
            self._recorder.wake(hurry=True)

    def _journal_late(self) -> None:
        with self._beginning:
            first = not self._backlog.path
            self._recorder.drain()
        if first:
            where = self._backlog.path or "memory"
            then = "`modelbox client sync` or the next client sends it"
            _log.warning("logged after the end of the client: it waits in %s; %s", where, then)

    def _wake(self, *, hurry: bool = False) -> None:
        self._recorder.wake(hurry=hurry)
        if not self._threads.see_to_it():
            self._recorder.idle = True  # so that the next call tries it again

    def _on_answer(self, record: Record, answer: Answer) -> bool:
        waiter = self._waiters.pop(record.key, None)
        if waiter is not None:
            waiter.take(answer)
        if answer.error is None:
            self._outcomes.acknowledge(record)
            return True
        # What is told to a caller who waits is not set aside: it is the caller's to make the call again.
        return waiter is not None or self._give_up(record, answer.error)

    def _give_up(self, record: Record, error: ModelBoxError) -> bool:
        """Set a record aside; return whether it is done with, else it stays in the journal."""
        fate = None if self._aside is None else self._aside.keep(record, error)
        if fate is Fate.DROPPED:
            self._buffer.drop(points=record.points, calls=0 if record.points else 1)
        self._outcomes.refuse(record, error, fate=FATES.get(fate, ""), is_counted=fate is not Fate.DROPPED)
        return fate is not Fate.LEFT

    def _send_the_rest(self, timeout_s: float, since: float) -> None:
        if not self._threads.any:
            return
        done = threading.Event()
        self._recorder.mark(done.set)
        wait_while_answered(done, self._reachability, timeout_s, since=since, may_leave=self._is_kept)

    def _is_kept(self) -> bool:
        return self._backlog.waiting.records <= self._backlog.in_file.records
