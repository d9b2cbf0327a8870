"""How much slower a training is that reports to ModelBox: the same training with and without, in turns.

A program of its own, so that the server does not work in the process that is measured:

python -m tests.integrations.overhead FRAMEWORK ADDRESS FOLDER PAIRS SECONDS

It writes a line `live` to be answered before each training that reports, a line `half` in the middle of one, and at the
end what it measured, as JSON: the `Cost` of each training, without and with.
"""

import json
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter, process_time, thread_time
from typing import Any, Final, NamedTuple

from modelbox import ModelBox, Run

Train = Callable[[Any, Path, float, Callable[[float], None]], None]
"""Trains for about so many seconds of its thread, reports to the run if there is one, tells how far it is, up to 1.

Where a framework begins the run itself, its module has a `begun` that does so, and what that yields is in its place.
"""

FRAMEWORKS: Final = ("transformers", "lightning", "sklearn", "xgboost", "lightgbm", "keras")

UPLOADS: Final = 4
"""Checkpoints that a training saves and uploads."""

TRAININGS: Final = "tests.integrations.trainings_"
"""The module of a framework's training begins with this."""


class Cost(NamedTuple):
    """What a training took, in seconds.

    Its steps are what its length is made of: from the end of the first to the end of the last. The rest, setting up
    and ending, is there once, however long the training is.
    """

    steps_s: float
    """The steps, by the clock."""
    steps_thread_s: float
    """The steps, of the training's thread on a processor."""
    wall_s: float
    """All of the training, by the clock."""
    thread_s: float
    """All of the training, of its thread on a processor."""
    process_s: float
    """All of the training, of the whole process on processors."""
    begin_s: float = 0.0
    """Before it: making a client and beginning the run, by the clock."""
    close_s: float = 0.0
    """After it: ending the run and closing the client, by the clock."""

    @property
    def once_s(self) -> float:
        """What there is once of the training, by the clock."""
        return self.wall_s - self.steps_s

    @property
    def once_thread_s(self) -> float:
        """What there is once of the training, of its thread on a processor."""
        return self.thread_s - self.steps_thread_s


class Measured(NamedTuple):
    """Trainings in turns, without and with ModelBox."""

    without: list[Cost]
    reporting: list[Cost]

    def slower(self, what: str) -> list[float]:
        """Return by how much each training of a pair was slower that reports, as a part of the other, in order."""
        pairs = zip(_column(self.without, what), _column(self.reporting, what), strict=True)
        return sorted(reporting / bare - 1 for bare, reporting in pairs)

    def longer_s(self, what: str) -> float:
        """Return the median of how many seconds longer one of a pair took that reports."""
        pairs = zip(_column(self.without, what), _column(self.reporting, what), strict=True)
        return median(reporting - bare for bare, reporting in pairs)

    def bare_s(self, what: str) -> float:
        """Return the median of the trainings that do not report."""
        return median(_column(self.without, what))

    def spread_s(self, what: str) -> float:
        """Return how much trainings differ that do not report: the machine's own noise."""
        taken = _column(self.without, what)
        return max(taken) - min(taken)


def _column(costs: list[Cost], what: str) -> list[float]:
    return [getattr(cost, what) for cost in costs]


class _Steps:
    """Notes when the first and the last step of a training ended; says once that it is in its middle."""

    def __init__(self, half: Callable[[], None]) -> None:
        self._half = half
        self._has_told = False
        self._first: tuple[float, float] | None = None
        self._last = (0.0, 0.0)

    def __call__(self, part: float) -> None:
        self._last = perf_counter(), thread_time()
        if self._first is None:
            self._first = self._last
        if part >= 0.5 and not self._has_told:
            self._has_told = True
            self._half()

    def took(self) -> tuple[float, float]:
        """Return the seconds in between, by the clock and of the thread."""
        assert self._first is not None
        return self._last[0] - self._first[0], self._last[1] - self._first[1]


class _Program:
    """The trainings of one framework, and who is told of them."""

    def __init__(self, framework: str, address: str, *, seconds: float) -> None:
        module = import_module(TRAININGS + framework)
        self._train: Train = module.train
        self._begun: Callable[[str], AbstractContextManager[Any]] = getattr(module, "begun", _begun)
        self._address = address
        self._seconds = seconds

    def warm_up(self, folder: Path) -> None:
        """Train a little, for what is loaded or compiled once."""
        self._train(None, folder, self._seconds / 5, lambda _: None)

    def bare(self, folder: Path) -> Cost:
        """Train without ModelBox: no client is open in the process."""
        return self._measured(None, folder, lambda: None)

    def reporting(self, folder: Path) -> Cost:
        """Train and report, with a client of its own."""
        print("live", flush=True)
        sys.stdin.readline()
        began = perf_counter()
        # Begun before: who begins a run while the server is away waits for it, once.
        with self._begun(self._address) as run:
            begun = perf_counter()
            cost = self._measured(run, folder, lambda: print("half", flush=True))
            ended = perf_counter()
        return cost._replace(begin_s=begun - began, close_s=perf_counter() - ended)

    def _measured(self, run: Any, folder: Path, half: Callable[[], None]) -> Cost:
        steps = _Steps(half)
        began = perf_counter(), thread_time(), process_time()
        self._train(run, folder, self._seconds, steps)
        ended = perf_counter(), thread_time(), process_time()
        return Cost(*steps.took(), *(end - begin for begin, end in zip(began, ended, strict=True)))


@contextmanager
def _begun(address: str) -> Iterator[Run]:
    with ModelBox(address) as box:
        run = box.new_experiment("overhead", namespace="tests").new_run(source=False)
        with run:
            yield run


def main(framework: str, address: str, folder: Path, pairs: int, seconds: float) -> None:
    """Measure pairs of trainings, after one that warms up; which is the first of a pair changes from pair to pair."""
    warnings.simplefilter("ignore")
    program = _Program(framework, address, seconds=seconds)
    measured = Measured([], [])
    program.warm_up(folder / "warm")
    for pair in range(pairs):
        if pair % 2 == 0:
            measured.without.append(program.bare(folder / f"{pair}-without"))
        measured.reporting.append(program.reporting(folder / f"{pair}-with"))
        if pair % 2 == 1:
            measured.without.append(program.bare(folder / f"{pair}-without"))
    print(json.dumps(measured), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
