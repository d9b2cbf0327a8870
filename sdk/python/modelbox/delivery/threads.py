"""The threads of a courier: started with the first that is logged, and again where the system had none to give."""

import logging
import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final

from modelbox.limits import JOIN_TIMEOUT_S, START_AGAIN_S

_log = logging.getLogger("modelbox")

Run = tuple[str, Callable[[], None]]
"""A thread's name, and what it does."""


class Threads:
    """A few threads with one beginning. Any thread, and a signal's handler, may see to it that they run."""

    def __init__(self, runs: Sequence[Run], *, on_start: Callable[[], None]) -> None:
        """Start none yet; `on_start` is called before the first."""
        self._runs: Final = runs
        self._on_start: Final = on_start
        self._lock: Final = threading.RLock()
        self._is_starting = False
        self._start_at = 0.0
        self._started: tuple[threading.Thread, ...] = ()
        # The first that comes to do something: one whose start was interrupted (Ctrl-C) runs, and another is started.
        self._at_work: Final[dict[str, threading.Thread]] = {}

    @property
    def any(self) -> bool:
        """Whether one was started."""
        return bool(self._started)

    def see_to_it(self) -> bool:
        """Start those that do not run yet; return False if the system has none to give."""
        if len(self._started) == len(self._runs):
            return True
        with self._lock:
            # A signal's handler may come by here while its own thread starts them.
            if not self._is_starting and monotonic() >= self._start_at:
                self._is_starting = True
                try:
                    return self._start()
                finally:
                    self._is_starting = False
        return self._is_starting or len(self._started) == len(self._runs)

    def join(self, which: int) -> None:
        """Wait for one of them to end, if it was started, at most `JOIN_TIMEOUT_S`."""
        for thread in self._started[which : which + 1]:
            self._at_work.get(thread.name, thread).join(JOIN_TIMEOUT_S)

    def _start(self) -> bool:
        if not self._started:
            self._on_start()
        for name, run in self._runs[len(self._started) :]:
            thread = threading.Thread(target=self._run, args=(name, run), name=name, daemon=True)
            try:
                thread.start()
            except RuntimeError as error:
                # Nothing of the training's business: what is logged waits, and at its end goes into the journal.
                first, self._start_at = not self._start_at, monotonic() + START_AGAIN_S
                level = logging.WARNING if first else logging.DEBUG
                _log.log(level, "no thread can be started to send what is logged (%s): it waits", error)
                return False
            self._started = (*self._started, thread)
        return True

    def _run(self, name: str, run: Callable[[], None]) -> None:
        current = threading.current_thread()
        if self._at_work.setdefault(name, current) is current:
            run()
