"""One record sent again and again until it is answered.

Must not know: gRPC, threads, or where other records wait.
"""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from time import time
from typing import Final

from modelbox.backoff import backoff
from modelbox.delivery.contact import Contact
from modelbox.errors import ModelBoxError, ServerError
from modelbox.journal.backlog import Backlog
from modelbox.journal.record import Record
from modelbox.limits import DEFECT_TRIES_MAX, KEY_TRUSTED_S

_UNKNOWN_OBJECT: Final = "OBJECT_NOT_FOUND"

Send = Callable[[Record], bytes]
"""Sends a record once, with its key, and returns the answer. Raises a `ModelBoxError`, retryable or not."""

WasRecorded = Callable[[Record], bool]
"""Asks the server whether it has a record that was sent longer ago than it remembers keys. Raises as `Send`."""


class Verdict(Enum):
    """What became of a record: it is answered, another journal may have to go first, or the client stops."""

    ANSWERED = auto()
    HELD = auto()
    STOPPED = auto()


@dataclass(frozen=True, slots=True)
class Answer:
    """The server's answer to a record, or why it refused."""

    response: bytes = b""
    error: ModelBoxError | None = None


class Tries:
    """Sends records, one at a time."""

    def __init__(
        self,
        send: Send,
        was_recorded: WasRecorded,
        *,
        stop: threading.Event,
        contact: Contact,
        away_s_max: float = math.inf,
    ) -> None:
        """Take what sends.

        Args:
            stop: Ends the tries.
            contact: Is told whether the server answers.
            away_s_max: How long the server may be away, in seconds, before the tries are given up with its error.
        """
        self.stop: Final = stop
        self.contact: Final = contact
        self._send: Final = send
        self._was_recorded: Final = was_recorded
        self._away_s_max: Final = away_s_max

    def deliver(
        self,
        backlog: Backlog,
        record: Record,
        *,
        on_answer: Callable[[Record, Answer], None],
        may_be_created: Callable[[], bool],
    ) -> Verdict:
        """Send the first record of a backlog until it is answered, then take it away.

        Args:
            on_answer: Called before the record is taken away.
            may_be_created: Asked when the server does not know an object: whether another journal may create it.

        Raises:
            UnavailableError: The server has been away for `away_s_max`.
        """
        defects = 0
        for pause_s in backoff():
            if self.stop.is_set():
                return Verdict.STOPPED
            try:
                answer = Answer(self._try(backlog, record))
            except ModelBoxError as error:
                if self.stop.is_set():
                    return Verdict.STOPPED
                self.contact.failed(error)
                defects += isinstance(error, ServerError)
                if error.retryable or 0 < defects < DEFECT_TRIES_MAX:
                    self._pause(pause_s, error)
                    continue
                if error.reason == _UNKNOWN_OBJECT and may_be_created():
                    return Verdict.HELD
                answer = Answer(error=error)
            else:
                self.contact.heard()
            on_answer(record, answer)
            backlog.answer(record)
            return Verdict.ANSWERED
        raise AssertionError("backoff never ends")  # pragma: no cover

    def _try(self, backlog: Backlog, record: Record) -> bytes:
        if record.tried_at and not 0 <= time() - record.tried_at <= KEY_TRUSTED_S and self._was_recorded(record):
            # Its key may be forgotten, or the clock has jumped: then what the server has decides.
            return b""
        backlog.tried(record, time())
        return self._send(record)

    def _pause(self, pause_s: float, error: ModelBoxError) -> None:
        if self.contact.away_s >= self._away_s_max:
            raise error
        self.stop.wait(pause_s)
