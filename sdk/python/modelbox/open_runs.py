"""The runs that this process began or took up and has not ended: the end of the program ends them.

Runs of other processes are none of these: a forked child, a worker and whoever opened a run by its id ends nothing.
"""

import hashlib
import sys
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from modelbox.enums import RunStatus
from modelbox.exits import ENDING
from modelbox.foreign import asked, utf8

Outcome = tuple[RunStatus, str]
"""How a run ended, and why."""

End = Callable[[Outcome], None]
"""Ends a run."""


@dataclass(frozen=True, slots=True)
class Cell:
    """The execution of a notebook's cell; empty outside of one."""

    id: str = ""
    text_digest: str = ""
    execution: int = 0

    def is_again(self, earlier: "Cell") -> bool:
        """Tell whether this is an earlier one's cell, run again."""
        if not self.execution or self.execution == earlier.execution:
            return False
        if self.id and earlier.id:
            return self.id == earlier.id
        return self.text_digest == earlier.text_digest


@dataclass(frozen=True, slots=True)
class _Open:
    """A run that has not been ended, where it was begun, and what it is called if it was given a name."""

    end: End
    cell: Cell
    name: tuple[str, str]


class OpenRuns:
    """Those of one client. Safe to use from several threads."""

    def __init__(self) -> None:
        """Begin with none."""
        self.forget()
        _of_process.add(self)

    def forget(self) -> None:
        """Begin afresh in a forked child: the runs are its parent's."""
        self._runs: dict[str, _Open] = {}
        self._lock = threading.RLock()

    def begin(self, run_id: str, end: End, *, experiment_id: str = "", name: str = "") -> None:
        """Take a run in; in a notebook, end those that an earlier execution of this cell, or of this name, began.

        Args:
            end: Ends the run if nobody does.
            name: The one it was given, if it was.
        """
        ENDING.watch()
        opened = _Open(end, this_cell(), (experiment_id, name))
        with self._lock:
            replaced = [id_ for id_, earlier in self._runs.items() if id_ != run_id and _replaces(opened, earlier)]
            ends = [self._runs.pop(earlier_id).end for earlier_id in replaced]
            self._runs[run_id] = opened
        for end_earlier in ends:
            end_earlier((RunStatus.FINISHED, f"a newer run took its place: {run_id}"))

    def let_go(self, run_id: str) -> None:
        """Let a run go that was ended."""
        with self._lock:
            self._runs.pop(run_id, None)

    def end_all(self) -> None:
        """End those that are left, as the program ends."""
        with self._lock:
            left, self._runs = list(self._runs.values()), {}
        if left:
            status, reason = outcome_of(ENDING.error())
            for run in left:
                run.end((status, reason or "the program ended"))


_of_process: Final[weakref.WeakSet[OpenRuns]] = weakref.WeakSet()


def let_go(run_id: str) -> None:
    """Let a run go that was ended, whichever client of this process began it."""
    for open_runs in list(_of_process):
        open_runs.let_go(run_id)


def outcome_of(error: BaseException | None) -> Outcome:
    """Return how a run ends that this error ended, or none."""
    match error:
        case None:
            return RunStatus.FINISHED, ""
        case SystemExit() if error.code in {None, 0}:
            return RunStatus.FINISHED, ""
        case KeyboardInterrupt():
            return RunStatus.KILLED, "KeyboardInterrupt"
        case _:
            return RunStatus.FAILED, f"{type(error).__name__}: {utf8(error)}".removesuffix(": ")


def this_cell() -> Cell:
    """Return the execution of a notebook's cell that this is."""
    ipython: Any = sys.modules.get("IPython")
    shell = None if ipython is None else asked(ipython.get_ipython, None)
    if shell is None:
        return Cell()
    # Jupyter names the cell; other notebooks do not.
    parent: dict[str, Any] = asked(lambda: dict(shell.get_parent()), {})
    cell_id = asked(lambda: str(parent["metadata"]["cellId"]), "")
    text = asked(lambda: str(shell.user_ns["In"][-1]), "")
    digest = hashlib.sha256(text.encode(errors="replace")).hexdigest()
    return Cell(cell_id, digest, asked(lambda: int(shell.execution_count), 0))


def _replaces(newer: _Open, earlier: _Open) -> bool:
    is_named = bool(newer.name[1]) and newer.name == earlier.name
    is_later = newer.cell.execution != earlier.cell.execution
    return newer.cell.is_again(earlier.cell) or (is_named and is_later)
