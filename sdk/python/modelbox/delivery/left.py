"""What processes that ended left on objects, in journals on this machine: sent first, before such an object is read."""

import logging
import threading
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from time import monotonic, time
from typing import Final, NamedTuple

from modelbox.delivery.courier import Courier
from modelbox.delivery.keeping import keeping_of
from modelbox.delivery.order import touched_by
from modelbox.delivery.pouring import pour_orphans, take
from modelbox.delivery.takeover import is_in_hand
from modelbox.delivery.waiting import LOOK_S
from modelbox.errors import UnavailableError
from modelbox.home import HomeLog
from modelbox.journal.file import read_header
from modelbox.journal.folder import FILES_SUFFIX, JournalFolder, JournalSettings, unanswered
from modelbox.journal.record import KEEP_FILES
from modelbox.limits import (
    BACKOFF_S_MAX,
    CLOSE_AWAY_S,
    COUNTED_OBJECTS_MAX,
    FILES_TIMEOUT_S,
    LEFTOVER_READ_BYTES_MAX,
    LOOKS_APART,
    TAKEOVER_PASSES_MAX,
)

_log = logging.getLogger("modelbox")

_NOBODY: Final = frozenset[str]()


class _Found(NamedTuple):
    """A journal that was left, and the objects of which something waits in it; None for whatever waits."""

    path: Path
    ids: frozenset[str] | None


class _Named(NamedTuple):
    """The objects that a journal of this size names."""

    size: int
    ids: frozenset[str]


class Left:
    """Looks for what was left, and has it sent. Safe to use from several threads.

    What a process writes that still runs is not waited for, nor is what another process has in hand.
    """

    def __init__(
        self, settings: JournalSettings | None, address: str, home: HomeLog, *, logged: Courier, files: Courier
    ) -> None:
        """Look at nothing yet.

        Args:
            settings: Where journals are; nothing is ever left without them.
            address: The server that they are meant for.
            home: The log.
            logged: Sends what was logged.
            files: Sends held files.
        """
        # One of its own, for it is looked at from any thread.
        self._folder: Final = None if settings is None else JournalFolder(settings, address, home=home)
        self._logged: Final = logged
        self._files: Final = files
        self._known: dict[str, None] = {}
        self._named: dict[Path, _Named] = {}
        self.forget()

    def forget(self) -> None:
        """Begin afresh in a forked child."""
        # One that may be taken twice: a signal's handler may read while this thread has it.
        self._lock = threading.RLock()
        self._began_at = time()
        self._look_at = 0.0

    def note(self, object_id: str) -> None:
        """Take in that this client works with an object: a flush sees to what was left on it."""
        if object_id and object_id not in self._known:
            while len(self._known) >= COUNTED_OBJECTS_MAX:
                self._known.pop(next(iter(self._known)), None)
            self._known[object_id] = None

    def settle(self, ids: Collection[str], *, timeout_s: float, with_files: bool, needs_files: bool = False) -> None:
        """Have what was left on some objects sent, and wait for it while the server answers.

        Args:
            timeout_s: How long to wait at most; for files, `FILES_TIMEOUT_S`.
            with_files: Whether also the files that were left to be uploaded to them are waited for.
            needs_files: Whether nothing can be done without these.

        Raises:
            UnavailableError: Files that are needed still wait.
        """
        if monotonic() < self._look_at:
            return  # nothing at all was left a moment ago
        found = self._find(frozenset(ids))
        logged, files = _parted(found)
        still = self._send(logged, self._logged, timeout_s=timeout_s, answer_timeout_s=timeout_s, hope_s=BACKOFF_S_MAX)
        if with_files:
            still += self._send(
                files, self._files, timeout_s=FILES_TIMEOUT_S, answer_timeout_s=timeout_s, hope_s=BACKOFF_S_MAX
            )
        if needs_files and (labels := sorted({label for one in still for label in _labels(one)})):
            name = ", ".join(labels)[:300]
            problem = f"{name} is not uploaded yet: it waits on this machine, where a process that ended left it"
            raise UnavailableError(f"{problem}; `modelbox client sync` says why")
        if still:
            _tell()

    def flush(self, deadline: float) -> None:
        """Do so for all objects that this client works with, and for all that workers left which began after it.

        Args:
            deadline: Until when to wait, as `monotonic` has it.
        """
        found = self._find(frozenset(self._known), since=self._began_at)
        still: list[_Found] = []
        # First what was logged: it makes the objects that files belong to.
        for part, courier in zip(_parted(found), (self._logged, self._files), strict=True):
            left_s = max(0.0, deadline - monotonic())
            still += self._send(part, courier, timeout_s=left_s, answer_timeout_s=left_s)
        if still:
            _tell()

    def has_files(self) -> bool:
        """Whether held files wait for the server, of any process."""
        folder = self._folder
        return folder is not None and any(path.suffix == FILES_SUFFIX for path in folder.all_journals())

    def _send(
        self, found: list[_Found], courier: Courier, *, timeout_s: float, answer_timeout_s: float, hope_s: float = 0.0
    ) -> list[_Found]:
        """Have journals sent; return those of which something still waits.

        Args:
            timeout_s: How long to wait in all, in seconds.
            answer_timeout_s: How long for a single answer, in seconds.
            hope_s: How long for a server that was away: it may be back, and is tried again after a pause.
        """
        deadline = monotonic() + timeout_s
        # More than once: whoever looks at a journal at the wrong moment has it be passed over.
        for _ in range(TAKEOVER_PASSES_MAX):
            found = [one for one in found if self._waits(one)]
            done = courier.take_over() if found else None
            hope_until = monotonic() + hope_s
            if done is None or not self._wait(
                found, done, courier, deadline=deadline, answer_timeout_s=answer_timeout_s, hope_until=hope_until
            ):
                break
        return [one for one in found if self._waits(one)]

    def _wait(
        self,
        found: Sequence[_Found],
        done: threading.Event,
        courier: Courier,
        *,
        deadline: float,
        answer_timeout_s: float,
        hope_until: float,
    ) -> bool:
        """Wait until a takeover has sent what goes; False if the server is away, or the time is over."""
        began = monotonic()
        while any(map(self._waits, found)) and not done.wait(LOOK_S):
            now, reachability = monotonic(), courier.reachability
            if reachability is None or now >= deadline or (reachability.away_s >= CLOSE_AWAY_S and now >= hope_until):
                return False
            if now - max(began, reachability.heard_at) >= answer_timeout_s:
                return False
        return True

    def _find(self, ids: frozenset[str], *, since: float = float("inf")) -> list[_Found]:
        """Return the journals that nobody keeps in which something waits on objects; of those begun since then, all."""
        folder = self._folder
        if folder is None:
            return []
        with self._lock:
            began = monotonic()
            pour_orphans(folder)
            paths = list(folder.all_journals())
            self._named = {path: named for path, named in self._named.items() if path in paths}
            left = [_Found(path, None if _begun_at(path) >= since else ids) for path in paths if _is_left(folder, path)]
            # With many processes at work a look takes long; a program that reads on and on shall not pay it each time.
            self._look_at = 0.0 if left else monotonic() + LOOKS_APART * (monotonic() - began)
            return [one for one in left if self._waits(one)]

    def _waits(self, found: _Found) -> bool:
        """Tell whether something of a journal still waits; of a very long one, as far as it is looked through."""
        path, ids = found
        try:
            with self._lock:
                size, known = path.stat().st_size, self._named.get(path)
                # Nothing is added to what was left but a ring, once: what it does not name, it never will.
                if ids is not None and known is not None and known.size == size and not known.ids & ids:
                    return False
                named, looked_through = _NOBODY, 0
                for record in unanswered(path):
                    touched = touched_by(record)
                    if ids is None or touched & ids:
                        return True
                    named |= touched
                    looked_through += len(record.request)
                    if looked_through > LEFTOVER_READ_BYTES_MAX:
                        break
                self._named[path] = _Named(size, named)
        except OSError:  # sent by now, or it cannot be read: then nobody can wait for it
            return False
        return False


def _is_left(folder: JournalFolder, path: Path) -> bool:
    """Tell whether nobody keeps a journal, or this process is sending it; what only its ring has is in it then."""
    file = None if is_in_hand(path) else take(folder, path)
    if file is None:
        return is_in_hand(path)
    file.close()
    return True


def _parted(found: list[_Found]) -> tuple[list[_Found], list[_Found]]:
    """Return the journals of what was logged, and those of held files."""
    files = [one for one in found if one.path.suffix == FILES_SUFFIX]
    return [one for one in found if one not in files], files


def _begun_at(path: Path) -> float:
    try:
        header = read_header(path)
    except OSError:
        return 0.0
    return 0.0 if header is None else header.created_at


def _labels(found: _Found) -> Iterator[str]:
    """Yield what the files are called that wait in a journal for these objects."""
    try:
        for record in unanswered(found.path):
            if record.method == KEEP_FILES and (found.ids is None or touched_by(record) & found.ids):
                yield from (file.label for file in keeping_of(record).files)
    except OSError:  # sent by now
        return


def _tell() -> None:
    _log.warning("what workers left behind when they ended is not all sent yet; it is kept and still sent")
