"""How much slower a training is that reports to ModelBox: the same training with and without, in turns.

A program of its own, so that the server does not work in the process that is measured:

python -m tests.integrations.overhead FRAMEWORK ADDRESS FOLDER PAIRS SECONDS

It writes a line `live` to be answered before each training that reports, a line `half` in the middle of it, and at the
end what it measured, as JSON: a row `[wall, thread, process]` of seconds for each training, without and with.
"""

import json
import os
import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter, process_time, thread_time
from typing import Any, Final, NamedTuple

from modelbox import ModelBox, Run

Train = Callable[[Any, Path, float, Callable[[float], None]], None]
"""Trains for about so many seconds of its thread, reports to the run if there is one, tells how far it is, up to 1.

Where a framework begins the run itself, its module has a `begin` that does so, and what that returns is in its place.
"""

UPLOADS: Final = 4
"""Checkpoints that a training saves and uploads."""

TRAININGS: Final = "tests.integrations.trainings_"
"""The module of a framework's training begins with this."""


class Cost(NamedTuple):
    """What a training took: by the clock, of its thread on a processor, of the whole process on processors."""

    wall_s: float
    thread_s: float
    process_s: float


class Measured(NamedTuple):
    """Trainings in turns, without and with ModelBox."""

    without: list[Cost]
    reporting: list[Cost]

    def slower(self, what: str) -> list[float]:
        """Return by how much each training of a pair was slower that reports, as a part of the other, in order."""
        pairs = zip(self.without, self.reporting, strict=True)
        return sorted(getattr(reporting, what) / getattr(bare, what) - 1 for bare, reporting in pairs)

    def told(self) -> str:
        """Return the medians and the spread, in words."""
        parts = []
        for what in Cost._fields:
            slower = self.slower(what)
            bare = median(getattr(cost, what) for cost in self.without)
            parts.append(f"{what} {bare:.2f} {median(slower):+.1%} ({slower[0]:+.1%} to {slower[-1]:+.1%})")
        return "; ".join(parts)


def _measured(train: Train, run: Any, folder: Path, seconds: float, tell: Callable[[float], None]) -> Cost:
    began = perf_counter(), thread_time(), process_time()
    train(run, folder, seconds, tell)
    ended = perf_counter(), thread_time(), process_time()
    return Cost(*(end - begin for begin, end in zip(began, ended, strict=True)))


def _asked() -> None:
    print("live", flush=True)
    sys.stdin.readline()


class _Half:
    """Says once that a training is in its middle."""

    def __init__(self) -> None:
        self._has_told = False

    def __call__(self, part: float) -> None:
        if part >= 0.5 and not self._has_told:
            self._has_told = True
            print("half", flush=True)


def main(framework: str, address: str, folder: Path, pairs: int, seconds: float) -> None:
    """Measure pairs of trainings, after one that warms up."""
    warnings.simplefilter("ignore")
    module = import_module(TRAININGS + framework)
    train: Train = module.train
    begin: Callable[[Run], Any] = getattr(module, "begin", lambda run: run)
    measured = Measured([], [])
    _measured(train, None, folder / "warm", seconds / 5, lambda _: None)
    # For what makes its own client.
    os.environ["OVERHEAD_ADDRESS"] = address
    with ModelBox(address) as box:
        for pair in range(pairs):
            measured.without.append(_measured(train, None, folder / f"{pair}-without", seconds, lambda _: None))
            _asked()
            # Begun before: who begins a run while the server is away waits for it, once, for three seconds.
            run = box.new_experiment(f"overhead-{framework}", namespace="tests").new_run(source=False)
            with run:
                begun = begin(run)
                measured.reporting.append(_measured(train, begun, folder / f"{pair}-with", seconds, _Half()))
    print(json.dumps(measured), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
