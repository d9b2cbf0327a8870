"""Journals that nobody keeps any more: taken, sent with their keys, removed.

Must not know: gRPC, or where a client's own records wait.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Final

from modelbox.delivery.columns import repacked
from modelbox.delivery.tries import Answer, Tries, Verdict
from modelbox.errors import ModelBoxError
from modelbox.journal.backlog import Backlog
from modelbox.journal.compaction import compact
from modelbox.journal.folder import JournalFolder, unanswered
from modelbox.journal.record import Record
from modelbox.limits import COMPACT_RECORDS_MIN, UNKNOWN_OBJECT_S_MAX

_log = logging.getLogger("modelbox")

PROBLEMS_MAX: Final = 10
"""Refusals of one journal that are told one by one."""


@dataclass(slots=True)
class Sent:
    """What became of one journal's records; `waiting` of them still wait."""

    path: Path
    points: int = 0
    calls: int = 0
    refused: int = 0
    waiting: int = 0
    damaged_bytes: int = 0
    problems: list[str] = field(default_factory=list)

    def count(self, record: Record, answer: Answer) -> None:
        """Count an answered record."""
        if answer.error is not None:
            self.refused += 1
            if len(self.problems) < PROBLEMS_MAX:
                self.problems.append(_told(record, answer.error))
        elif record.points:
            self.points += record.points
        else:
            self.calls += 1


class Takeover:
    """Sends what other processes have left behind, the oldest journal first. For one thread."""

    def __init__(self, folder: JournalFolder, tries: Tries) -> None:
        """Take nothing yet."""
        self._folder: Final = folder
        self._tries: Final = tries
        self._held_since: dict[Path, float] = {}

    @property
    def holds(self) -> bool:
        """Whether a journal waits for another one to create an object."""
        return bool(self._held_since)

    def run(self, between: Callable[[], None] = lambda: None) -> list[Sent]:
        """Send all journals that nobody keeps; `between` is called after each record.

        Raises:
            UnavailableError: The server was away for as long as the tries allow.
        """
        self._folder.sweep()
        done: dict[Path, Sent] = {}
        progress = True
        # Again while a journal waits for another, the one that says how an object of its records was created.
        while progress and not self._tries.stop.is_set():
            progress = False
            for path in list(self._folder.journals()):
                if self._send(path, done, between):
                    progress = True
            progress = progress and any(sent.waiting for sent in done.values())
        return list(done.values())

    def may_be_created(self, path: Path | None) -> bool:
        """Tell whether another journal than this one holds creations that are not answered; for a limited time.

        Args:
            path: The journal whose record is about an object that the server does not know; None if it is in memory.
        """
        key = path or Path()
        if not any(_creates(other) for other in self._folder.journals() if other != path):
            self._held_since.pop(key, None)
            return False
        return monotonic() - self._held_since.setdefault(key, monotonic()) < UNKNOWN_OBJECT_S_MAX

    def _send(self, path: Path, done: dict[Path, Sent], between: Callable[[], None]) -> bool:
        """Send one journal as far as it goes, if nobody keeps it; return whether anything of it was answered."""
        file = self._folder.take(path)
        if file is None:
            return False
        try:
            backlog = Backlog.of(self._folder, file)
        except OSError as error:
            _log.warning("the journal %s cannot be read: %s", path, error)
            file.close()
            return False
        sent = done.setdefault(path, Sent(path))
        waiting = backlog.waiting.records
        try:
            if waiting >= COMPACT_RECORDS_MIN:
                compact(backlog, self._folder, repack=repacked)
            self._send_records(path, backlog, sent, between)
        finally:
            sent.waiting = backlog.waiting.records
            sent.damaged_bytes = backlog.damaged_bytes
            backlog.close()
            _tell(sent)
        if not sent.waiting:
            self._held_since.pop(path, None)
        return sent.waiting < waiting

    def _send_records(self, path: Path, backlog: Backlog, sent: Sent, between: Callable[[], None]) -> None:
        while (record := backlog.first()) is not None:
            verdict = self._tries.deliver(
                backlog, record, on_answer=sent.count, may_be_created=lambda: self.may_be_created(path)
            )
            if verdict is not Verdict.ANSWERED:
                return
            between()


def _creates(path: Path) -> bool:
    try:
        return any(record.creates for record in unanswered(path))
    except OSError:
        return False


def _told(record: Record, error: ModelBoxError) -> str:
    return f"{record.points} metric points: {error}" if record.points else f"{record.method}: {error}"


def _tell(sent: Sent) -> None:
    if sent.points or sent.calls:
        _log.info("sent %d metric points and %d calls that %s had kept", sent.points, sent.calls, sent.path.name)
    for problem in sent.problems:
        _log.warning("refused, of what %s had kept: %s", sent.path.name, problem)
