"""The thread that sends what waits in the backlog, and what other processes have left behind.

Older journals go first, so that what is logged on one object keeps its order. What does not depend on them passes them
at once; when they take long, they give way to all that this client logs.
"""

import logging
import math
import threading
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Final

from modelbox.delivery.attempts import Answer, Attempts, OnAnswer, Verdict
from modelbox.delivery.columns import repacked
from modelbox.delivery.leftover import Leftover
from modelbox.delivery.rhythm import Rhythm
from modelbox.delivery.takeover import Takeover
from modelbox.journal.aside import Aside
from modelbox.journal.backlog import Backlog
from modelbox.journal.compaction import compact
from modelbox.journal.folder import JournalFolder
from modelbox.journal.record import Record
from modelbox.limits import (
    BACKOFF_S_MAX,
    BACKOFF_S_MIN,
    COMPACT_BYTES_MIN,
    COMPACT_RECORDS_MIN,
    TAKEOVER_FIRST_S,
    TAKEOVER_S,
    WINDOW_BYTES_MAX,
)

_log = logging.getLogger("modelbox")


class Sender:
    """Sends one client's records in their order, each until it is answered."""

    def __init__(
        self,
        backlog: Backlog,
        folder: JournalFolder | None,
        attempts: Attempts,
        *,
        on_answer: OnAnswer,
        aside: Aside | None = None,
        others_create: Callable[[], bool] = lambda: False,
        on_takeover: Callable[[], None] = lambda: None,
    ) -> None:
        """Send nothing yet; `run` is for a thread of its own, until the attempts are stopped.

        Args:
            others_create: Whether something else that this process logged still has to create objects.
            on_takeover: Called each time after journals that nobody keeps any more were looked for.
        """
        self.rhythm: Final = Rhythm(backlog.arrived.set)
        """Says when to send what waits; whoever adds to that tells it."""
        self._backlog: Final = backlog
        self._folder: Final = folder
        self._attempts: Final = attempts
        self._on_answer: Final = on_answer
        self._others_create: Final = others_create
        self._on_takeover: Final = on_takeover
        self._takeover: Final = None if folder is None else Takeover(folder, attempts, aside=aside)
        self._next_takeover = 0.0
        self._own_from = 0.0
        self._taking_over = False
        self._is_sent = False
        self._waiters: Final[deque[threading.Event]] = deque()

    def take_over_now(self) -> threading.Event:
        """Have what others left looked for at once; return what is set when that was sent, as far as it goes."""
        done = threading.Event()
        self._waiters.append(done)
        self._next_takeover = 0.0
        self._backlog.arrived.set()
        return done

    def end(self) -> None:
        """Stop, after the call that is on its way."""
        self._attempts.stop.set()
        self._backlog.arrived.set()

    def run(self) -> None:
        """Send until the attempts are stopped."""
        while not self._attempts.stop.is_set():
            try:
                self._send_next()
            except Exception as defect:  # noqa: BLE001  # a defect of any kind, see below
                # The thread's outermost loop: without it one defect would silence all that is logged later.
                _log.exception("a defect of the client; what is logged waits and is sent again")
                self._attempts.note_defect(defect)
                self._attempts.stop.wait(BACKOFF_S_MIN)

    def _send_next(self) -> None:
        # Cleared before anything is looked at: what arrives later sets it again, and `take_over_now` does.
        self._backlog.arrived.clear()
        self._take_over()
        if not self._is_due():
            self._backlog.arrived.wait(min(self.rhythm.wait_s(), TAKEOVER_S))
            return
        match self.send():
            case Verdict.STUCK:
                self._backlog.arrived.wait(self._attempts.due_s(self._backlog))
            case Verdict.HELD:
                self._next_takeover = 0.0
                self._attempts.stop.wait(BACKOFF_S_MAX / 2)
            case _:  # the next one at once
                pass

    def send(self, may_go: Callable[[Record], bool] | None = None) -> Verdict:
        """Send the next record once; of those that may go now, if that is given."""
        verdict = self._attempts.send_next(
            self._backlog, on_answer=self._take, may_be_created=self._may_be_created, may_go=may_go
        )
        if verdict is Verdict.ANSWERED and self._folder is not None:
            self._keep_small(self._folder)
        first = self._backlog.first()
        # Others may have passed what waited at the beginning: it is not left to a time that nobody has named.
        has_time = self.rhythm.wait_s() < math.inf
        if first is None or (self._is_sent and not first.tried_at and has_time):
            self.rhythm.is_sending = False
        return verdict

    def _is_due(self) -> bool:
        """Return whether to send; if it was not to be sent before, all that waits now is."""
        if self.rhythm.is_sending:
            return True
        if self.rhythm.wait_s() > 0:
            return False
        are_many = self.rhythm.begin() and self._backlog.waiting.bytes <= WINDOW_BYTES_MAX
        if are_many and self._folder is not None:
            compact(self._backlog, self._folder, repack=repacked)
        self._is_sent = False
        self._backlog.mark(self._reach)
        return True

    def _reach(self) -> None:
        self._is_sent = True

    def _take(self, record: Record, answer: Answer) -> bool:
        if answer.error is None and self._takeover is not None:
            self._takeover.recorded(record)
        return self._on_answer(record, answer)

    def _may_be_created(self, record: Record) -> bool:
        if self._others_create():
            return True
        path = None if (file := self._backlog.file) is None else file.path
        return self._takeover is not None and self._takeover.may_be_created(path, record)

    def _keep_small(self, folder: JournalFolder) -> None:
        """Write the journal anew where that pays: after the server was away, and when most of a long one is done."""
        many = self._attempts.reachability.take_return() and self._backlog.waiting.records >= COMPACT_RECORDS_MIN
        done_bytes = self._backlog.answered_bytes
        if many or done_bytes >= max(COMPACT_BYTES_MIN, 3 * self._backlog.in_file.bytes):
            compact(self._backlog, folder, repack=repacked)

    def _take_over(self) -> None:
        if self._takeover is None or self._taking_over or monotonic() < self._next_takeover:
            return
        waiters = [self._waiters.popleft() for _ in range(len(self._waiters))]
        self._own_from = monotonic() + TAKEOVER_FIRST_S
        self._taking_over = True
        try:
            self._takeover.run(between=self._give_way)
        finally:
            self._taking_over = False
            self._on_takeover()
            self._next_takeover = monotonic() + (BACKOFF_S_MAX if self._takeover.holds else TAKEOVER_S)
            if self._waiters:
                self._next_takeover = 0.0
            for waiter in waiters:
                waiter.set()

    def _give_way(self, leftover: Leftover) -> None:
        may_go = leftover.may_pass if monotonic() < self._own_from else None
        while self._is_due() and self.send(may_go) is Verdict.ANSWERED:
            pass
