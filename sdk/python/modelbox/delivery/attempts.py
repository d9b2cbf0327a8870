"""Records sent again and again until they are answered.

One is sent until it is answered, then the next. One that fails often lets others pass, as far as their order allows;
one that fails alone again and again while others are recorded is given up, as one that the server refuses in its own
words is. Nothing else ends the attempts.
"""

import logging
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from time import monotonic, time
from typing import Final

from modelbox.backoff import at_least_as_asked, backoff
from modelbox.delivery.destination import Destination
from modelbox.delivery.order import Order
from modelbox.delivery.reachability import Reachability
from modelbox.delivery.suspects import Suspects
from modelbox.errors import AnotherLogError, ModelBoxError, NoThreadError, UnavailableError
from modelbox.home import HomeLog
from modelbox.journal.backlog import Backlog
from modelbox.journal.record import Record
from modelbox.limits import BACKOFF_S_MAX, DEFECT_TRIES_MAX, KEY_TRUSTED_S, PASSED_OVER_MAX

_log = logging.getLogger("modelbox")

_UNKNOWN_OBJECT: Final = "OBJECT_NOT_FOUND"

Send = Callable[[Record], bytes]
"""Sends a record once, with its key, and returns the answer. Raises a `ModelBoxError`, retryable or not."""

WasRecorded = Callable[[Record], bool]
"""Asks the server whether it has a record that was sent longer ago than it remembers keys. Raises as `Send`."""

Answers = Callable[[], bool]
"""Asks the server something that nothing can be wrong with; returns whether it answers. Never raises."""


class Verdict(Enum):
    """What became of a try: the record is done with; it failed; another journal may have to go first.

    Or there was none: the journal is meant for another log; those that wait are stuck, and not due yet; none waits; the
    client stops.
    """

    ANSWERED = auto()
    FAILED = auto()
    HELD = auto()
    FOREIGN = auto()
    STUCK = auto()
    NONE = auto()
    STOPPED = auto()


@dataclass(frozen=True, slots=True)
class Answer:
    """The server's answer to a record, or why it was given up."""

    response: bytes = b""
    error: ModelBoxError | None = None


OnAnswer = Callable[[Record, Answer], bool]
"""Takes an answer; returns whether the record is done with, else it stays in its journal."""


class Attempts:
    """Sends records, one at a time."""

    def __init__(
        self,
        send: Send,
        was_recorded: WasRecorded,
        *,
        stop: threading.Event,
        reachability: Reachability,
        answers: Answers = lambda: False,
        destination: Destination | None = None,
        away_s_max: float = math.inf,
        refused_s_max: float = math.inf,
    ) -> None:
        """Take what sends.

        Args:
            stop: Ends the attempts.
            reachability: Is told whether the server answers.
            answers: Asks it something harmless; without, a record that only fails for now is waited for.
            destination: Knows which log the server has; without, all go there.
            away_s_max: How long the server may be away, in seconds, before the attempts are given up with its error.
            refused_s_max: How long nothing may listen there.
        """
        self.stop: Final = stop
        self.reachability: Final = reachability
        self.suspects: Final = Suspects()
        self.destination: Final = destination or Destination(lambda: "", HomeLog(), address="")
        self._send: Final = send
        self._was_recorded: Final = was_recorded
        self._answers: Final = answers
        self._away_s_max: Final = away_s_max
        self._refused_s_max: Final = min(refused_s_max, away_s_max)
        self._pauses = backoff()
        self._failing_since: float | None = None
        self._is_others_turn = False
        self._defects: dict[str, int] = {}
        self._defect = ""

    def send_next(
        self,
        backlog: Backlog,
        *,
        on_answer: OnAnswer,
        may_be_created: Callable[[Record], bool],
        may_go: Callable[[Record], bool] | None = None,
    ) -> Verdict:
        """Send a backlog's next record once; if it is answered, take it away, else pause.

        Args:
            on_answer: Called before the record is taken away.
            may_go: Which may be sent now; the others are passed, as far as their order allows. Without, none is.
            may_be_created: Asked when the server does not know an object: whether another journal may create it.

        Raises:
            UnavailableError: The server has been away for `away_s_max`, or the system gave no thread for as long.
            AnotherLogError: The server has become another one, and is not waited for without end.
        """
        if self.stop.is_set():
            return Verdict.STOPPED
        record = self._next(backlog) if may_go is None else self._next_of(backlog, may_go)
        if record is None:
            return Verdict.NONE if backlog.first() is None else Verdict.STUCK
        try:
            self.destination.check(backlog)
            answer = Answer(self._try(backlog, record))
        except AnotherLogError as error:
            return self._wait_for_log(backlog, error)
        except ModelBoxError as error:
            if self.stop.is_set():
                return Verdict.STOPPED
            self.destination.doubt()
            if isinstance(error, NoThreadError):
                return self._wait_for_thread(error)
            if not error.final and not self._fails_alone(record, error):
                self._pause(error)
                return Verdict.FAILED
            if error.reason == _UNKNOWN_OBJECT and may_be_created(record):
                self.reachability.heard()
                return Verdict.HELD
            answer = Answer(error=error)
        self._note(record, answer)
        if on_answer(record, answer):
            backlog.answer(record)
        else:
            backlog.leave(record)
        return Verdict.ANSWERED

    def due_s(self, backlog: Backlog) -> float:
        """Return how soon a record of a backlog that is stuck is to be tried again, in seconds."""
        return min((self.suspects.due_s(record) for record in self._stuck(backlog)), default=BACKOFF_S_MAX)

    def note_defect(self, defect: Exception) -> None:
        """Take a defect of the client that ended a try; after some tries of one record, it is given up for that."""
        self._defect = repr(defect)

    def _next(self, backlog: Backlog) -> Record | None:
        first = backlog.first()
        if first is None or not self.suspects.is_stuck(first):
            return first
        stuck = self._stuck(backlog)
        due = next((record for record in stuck if not self.suspects.due_s(record)), None)
        self._is_others_turn = due is None or not self._is_others_turn
        if not self._is_others_turn or len(stuck) > PASSED_OVER_MAX:
            return due
        order = Order(stuck)
        return backlog.next(lambda record: not self.suspects.is_stuck(record) and order.may_go(record)) or due

    def _next_of(self, backlog: Backlog, may_go: Callable[[Record], bool]) -> Record | None:
        order = Order(self._stuck(backlog))

        def is_next(record: Record) -> bool:
            if self.suspects.is_stuck(record):
                return False
            if not may_go(record):
                order.hold(record)
                return False
            return order.may_go(record)

        return backlog.next(is_next)

    def _note(self, record: Record, answer: Answer) -> None:
        if answer.error is None:
            self.suspects.passed(record)
            self._pauses, self._failing_since = backoff(), None
        if answer.error is None or answer.error.final:
            self.reachability.heard()
        self.suspects.forget(record)

    def _wait_for_log(self, backlog: Backlog, error: AnotherLogError) -> Verdict:
        """Pause until the server may be our own again; a journal of another log is not waited with."""
        if self.destination.foreign(backlog):
            return Verdict.FOREIGN
        self.destination.doubt()
        self.reachability.failed(error)
        if self._away_s_max < math.inf:
            raise error
        self._pause(error)
        return Verdict.FAILED

    def _wait_for_thread(self, error: NoThreadError) -> Verdict:
        """Pause until there may be one: neither the server nor the record is at fault, which waits in its journal."""
        self.reachability.failed(error)
        if self._has_failed_for(self._away_s_max):
            raise UnavailableError(str(error)) from error
        self._pause(error)
        return Verdict.FAILED

    def _stuck(self, backlog: Backlog) -> list[Record]:
        return backlog.select(self.suspects.is_stuck)

    def _try(self, backlog: Backlog, record: Record) -> bytes:
        defects = self._defects.pop(record.key, 0)
        if defects >= DEFECT_TRIES_MAX:
            raise self._error_of_defect()
        # Counted before: a try that ends in a defect leaves by the thread's outermost loop, and comes by here again.
        self._defects[record.key] = defects + 1
        try:
            response = self._try_once(backlog, record)
        except ModelBoxError:
            del self._defects[record.key]
            raise
        del self._defects[record.key]
        return response

    def _try_once(self, backlog: Backlog, record: Record) -> bytes:
        if record.tried_at and not 0 <= time() - record.tried_at <= KEY_TRUSTED_S and self._was_recorded(record):
            # Its key may be forgotten, or the clock has jumped: then what the server has decides.
            return b""
        backlog.tried(record, time())
        return self._send(record)

    def _fails_alone(self, record: Record, error: ModelBoxError) -> bool:
        """Take note of a failure; return whether the record is at fault, and not the server.

        Raises:
            UnavailableError: As `send_next`.
        """
        self.reachability.failed(error)
        is_refused = isinstance(error, UnavailableError) and error.is_refused
        away_s_max = self._refused_s_max if is_refused else self._away_s_max
        is_late = self._has_failed_for(away_s_max) and error.retryable
        is_often = self.suspects.failed(record, error)
        if is_often or (is_late and not self.suspects.is_stuck(record)):
            is_answered = not error.retryable or self._answers()
            if is_late and not is_answered:
                raise error
            self._failing_since = None
            self.suspects.give_way(record, is_answered=is_answered)
            if is_answered:
                # Told already where it is taken for the server's trouble.
                level = logging.WARNING if self.reachability.away_since is None else logging.INFO
                _log.log(level, "the call %s fails often; others are tried before it: %s", record.method, error)
        return self.suspects.is_at_fault(record)

    def _has_failed_for(self, seconds: float) -> bool:
        """Take note of a failure; return whether nothing but failures came for so long."""
        if self._failing_since is None:
            self._failing_since = monotonic()
        return monotonic() - self._failing_since >= seconds

    def _pause(self, error: ModelBoxError) -> None:
        self.stop.wait(at_least_as_asked(next(self._pauses), error))

    def _error_of_defect(self) -> ModelBoxError:
        error = ModelBoxError(f"a defect of the client: {self._defect}")
        error.final = True
        return error
