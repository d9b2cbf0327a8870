"""Journals that nobody keeps any more: taken, sent with their keys, removed."""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from heapq import heapify, heappop, heappush
from pathlib import Path
from time import monotonic
from typing import Final, NamedTuple

from modelbox.delivery.attempts import Answer, Attempts, Verdict
from modelbox.delivery.columns import repacked
from modelbox.delivery.leftover import Leftover
from modelbox.delivery.pouring import pour_orphans, take
from modelbox.errors import ModelBoxError
from modelbox.journal.aside import Aside, Fate
from modelbox.journal.backlog import Backlog
from modelbox.journal.compaction import compact
from modelbox.journal.file import JournalFile, read_header
from modelbox.journal.folder import JournalFolder, unanswered
from modelbox.journal.record import Record
from modelbox.limits import COMPACT_RECORDS_MIN, LEFT_AFTER, TAKEOVER_SWITCHES_MAX, UNKNOWN_OBJECT_S_MAX

_log = logging.getLogger("modelbox")

PROBLEMS_MAX: Final = 10
"""Refusals of one journal that are told one by one."""


@dataclass(slots=True)
class Sent:
    """What became of one journal's records.

    `refused` of them are set aside, but for those `dropped` that found no room there; `waiting` of them still wait, for
    the `trouble` if there is any. What a journal holds is told in metric points and other calls: those of the refused
    and of the waiting ones too.
    """

    path: Path
    points: int = 0
    calls: int = 0
    refused: int = 0
    dropped: int = 0
    waiting: int = 0
    refused_points: int = 0
    refused_calls: int = 0
    waiting_points: int = 0
    waiting_calls: int = 0
    damaged_bytes: int = 0
    trouble: str = ""
    problems: list[str] = field(default_factory=list)

    def count(self, record: Record, answer: Answer, *, fate: Fate) -> None:
        """Count an answered record."""
        if answer.error is not None:
            if fate is not Fate.LEFT:
                self.refused += 1
                self.refused_points += record.points
                self.refused_calls += not record.points
            self.dropped += fate is Fate.DROPPED
            self.tell(_told(record, answer.error))
        elif record.points:
            self.points += record.points
        else:
            self.calls += 1

    def tell(self, problem: str) -> None:
        """Keep a problem, if there are not too many yet."""
        if len(self.problems) < PROBLEMS_MAX and problem not in self.problems:
            self.problems.append(problem)


class _Turn(NamedTuple):
    """What came of sending a journal: whether anything was answered, and when what lets others go first was logged."""

    progress: bool = False
    next_at: float | None = None


_in_hand: Final[set[Path]] = set()


def is_in_hand(path: Path) -> bool:
    """Tell whether this process sends what is in a journal, at this moment."""
    return path in _in_hand


@dataclass(slots=True)
class _Hold:
    """Since when a journal waits for objects that others still have to create; when and with what that was last asked.

    Where nothing asked for long, what waited is recorded or set aside: another wait has its own time.
    """

    since: float
    asked_at: float = 0.0
    key: str = ""

    @property
    def is_on(self) -> bool:
        """Whether it was asked lately."""
        return monotonic() - self.asked_at < UNKNOWN_OBJECT_S_MAX


Between = Callable[[Leftover], None]
"""Called while journals are sent, with what they still have to say."""


class Takeover:
    """Sends what other processes have left behind, what was logged first before the rest. For one thread."""

    def __init__(self, folder: JournalFolder, attempts: Attempts, *, aside: Aside | None = None) -> None:
        """Take nothing yet."""
        self.done: dict[Path, Sent] = {}
        """What became of the journals in the last run, also of one that ended early."""
        self._folder: Final = folder
        self._aside: Final = Aside(folder) if aside is None else aside
        self._attempts: Final = attempts
        self._held: dict[Path, _Hold] = {}
        self._told: set[tuple[Path, str]] = set()

    @property
    def holds(self) -> bool:
        """Whether a journal waits for another one to create an object."""
        return any(hold.is_on for hold in self._held.values())

    def run(self, between: Between = lambda _: None) -> list[Sent]:
        """Send all journals that nobody keeps; `between` is called before each journal and after each record.

        Raises:
            UnavailableError: The server was away for as long as the attempts allow.
        """
        self._folder.sweep()
        done = self.done = {}
        progress = True
        try:
            # Again while a journal waits for another, the one that says how an object of its records was created.
            while progress and not self._attempts.stop.is_set():
                progress = self._send_all(done, between) and any(sent.waiting for sent in done.values())
        finally:
            for sent in done.values():
                self._tell(sent)
        return list(done.values())

    def _send_all(self, done: dict[Path, Sent], between: Between) -> bool:
        """Send all journals once, in the order of what was logged when; return whether anything was answered."""
        progress = False
        switches = 0
        pour_orphans(self._folder)
        paths = [path for path in self._folder.journals() if self._folder.is_left(path)]
        queue = [(at, path) for path in paths if (at := _logged_at(path)) is not None]
        heapify(queue)
        leftover = Leftover(paths)
        while queue:
            between(leftover)
            _, path = heappop(queue)
            until = queue[0][0] if queue and switches < TAKEOVER_SWITCHES_MAX else math.inf
            turn = self._send(path, done, partial(between, leftover), until=until)
            progress = progress or turn.progress
            if turn.next_at is not None:
                switches += 1
                heappush(queue, (turn.next_at, path))
        return progress

    def may_be_created(self, path: Path | None, record: Record) -> bool:
        """Tell whether another journal than this one holds creations that are not answered; for a limited time.

        Args:
            path: The journal whose record is about an object that the server does not know; None if it is in memory.
            record: That record.
        """
        key = path or Path()
        if not any(_creates(other) for other in self._folder.all_journals() if other != path):
            self._held.pop(key, None)
            return False
        now = monotonic()
        hold = self._held.get(key)
        if hold is None or not hold.is_on:
            hold = self._held[key] = _Hold(now)
        hold.asked_at, hold.key = now, record.key
        return now - hold.since < UNKNOWN_OBJECT_S_MAX

    def recorded(self, record: Record) -> None:
        """Take in that a record was recorded: if its journal waited with it, the next one may wait as long."""
        if self._held:
            self._held = {path: hold for path, hold in self._held.items() if hold.key != record.key}

    def _send(self, path: Path, done: dict[Path, Sent], between: Callable[[], None], *, until: float) -> _Turn:
        """Send one journal as far as it goes, if nobody keeps it, up to a value that was logged after `until`."""
        file = take(self._folder, path)
        if file is None:
            return _Turn()
        _in_hand.add(path)
        try:
            return self._send_taken(path, file, done, between, until=until)
        finally:
            _in_hand.discard(path)

    def _send_taken(
        self, path: Path, file: JournalFile, done: dict[Path, Sent], between: Callable[[], None], *, until: float
    ) -> _Turn:
        try:
            backlog = Backlog.of(self._folder, file)
        except OSError as error:
            sent = done.setdefault(path, Sent(path))
            sent.trouble = f"the journal {path} cannot be read: {error}"
            sent.tell(sent.trouble)
            file.close()
            return _Turn()
        next_at = None
        sent = done.setdefault(path, Sent(path))
        waiting = backlog.waiting.records
        try:
            # One of an earlier version is written anew, so that it can say which log it goes to.
            if waiting >= COMPACT_RECORDS_MIN or not file.has_room_for_log:
                compact(backlog, self._folder, repack=repacked)
            next_at = self._send_records(path, backlog, sent, between, until=until)
        finally:
            sent.waiting = backlog.waiting.records + backlog.left.records
            sent.waiting_points = backlog.waiting.points + backlog.left.points
            sent.waiting_calls = backlog.waiting.calls + backlog.left.calls
            foreign = self._attempts.destination.foreign(backlog)
            trouble = foreign or self._attempts.reachability.trouble
            sent.trouble = "" if trouble is None or not sent.waiting else str(trouble)
            # That the server is away is told once, wherever it was found, and not of each journal.
            if sent.waiting and foreign is not None:
                sent.tell(f"waits: {foreign}")
            sent.damaged_bytes = backlog.damaged_bytes
            backlog.close()
        if not sent.waiting:
            self._held.pop(path, None)
        return _Turn(sent.waiting < waiting, next_at)

    def _tell(self, sent: Sent) -> None:
        if sent.points or sent.calls:
            _log.info("sent %d metric points and %d calls that %s had kept", sent.points, sent.calls, sent.path.name)
        for problem in sent.problems:
            if (sent.path, problem) not in self._told:
                self._told.add((sent.path, problem))
                _log.warning("not recorded, of what %s had kept: %s", sent.path.name, problem)

    def _send_records(
        self, path: Path, backlog: Backlog, sent: Sent, between: Callable[[], None], *, until: float
    ) -> float | None:
        """Send what goes; return when the value was logged that has to let another journal go first, None if none."""

        def take(record: Record, answer: Answer) -> bool:
            fate = Fate.SET_ASIDE if answer.error is None else self._aside.keep(record, answer.error)
            sent.count(record, answer, fate=fate)
            if answer.error is None:
                self.recorded(record)
            return fate is not Fate.LEFT

        failures = 0
        while failures <= LEFT_AFTER:
            first = backlog.first()
            # Points, in whatever order they come, are the same series.
            if first is not None and not first.points and first.logged_at > until:
                return first.logged_at
            verdict = self._attempts.send_next(
                backlog, on_answer=take, may_be_created=partial(self.may_be_created, path)
            )
            if verdict is Verdict.ANSWERED:
                failures = 0
                between()
            elif verdict is Verdict.FAILED:
                # As long as no record is stuck, it is the server that is waited for.
                first = backlog.first()
                failures += first is not None and self._attempts.suspects.is_stuck(first)
            else:
                return None
        return None


def _logged_at(path: Path) -> float | None:
    """Return when a journal's first record that waits was logged, or the journal begun; None if it cannot be read."""
    try:
        header, first = read_header(path), next(unanswered(path), None)
    except OSError:
        return None
    begun_at = 0.0 if header is None else header.created_at
    return begun_at if first is None else first.logged_at or begun_at


def _creates(path: Path) -> bool:
    try:
        return any(record.creates for record in unanswered(path))
    except OSError:
        return False


def _told(record: Record, error: ModelBoxError) -> str:
    return f"{record.points} metric points: {error}" if record.points else f"{record.method}: {error}"
