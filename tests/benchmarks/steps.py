"""What `log_metrics` costs a training's step that does other work: it finds the caches cold, and threads beside it.

Steps with and without it take turns, so that what else runs on the machine concerns both alike.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

import numpy as np

import modelbox
from tests.benchmarks.processes import modelbox_server
from tests.benchmarks.report import Figure

# `make bench` installs it.
torch: Any = import_module("torch")
SummaryWriter: Any = import_module("torch.utils.tensorboard").SummaryWriter

TURNS: Final = 10
TURN_S: Final = 1.5
LOOP_CALLS: Final = 20_000
SIZE: Final = 192
BATCH: Final = 64

Step = Callable[[], object]
Log = Callable[[int], object]


@dataclass(slots=True)
class Times:
    """What steps took in all, and the calls that log in them, in seconds each."""

    steps_s: list[float]
    calls_s: list[float]


async def run() -> list[Figure]:
    """Measure."""
    async with modelbox_server() as address:
        return await asyncio.to_thread(_measure, address)


def _measure(address: str) -> list[Figure]:
    with (
        modelbox.ModelBox(address) as box,
        box.start_run("steps", source=False) as run,
        tempfile.TemporaryDirectory() as folder,
        SummaryWriter(folder) as writer,
    ):

        def ours(step: int) -> None:
            run.log_metrics({"loss": 0.25, "accuracy": 0.5}, step=step)

        def theirs(step: int) -> None:
            writer.add_scalar("loss", 0.25, step)
            writer.add_scalar("accuracy", 0.5, step)

        tight_us = statistics.median(_called(ours)) * 1e6
        figures = [Figure("two metrics in a loop that does nothing else", f"{tight_us:.1f} µs", target="≤ 5 µs")]
        for what, step in (("numpy", _numpy_step()), ("torch", _torch_step())):
            figures += _figures(what, step, ours, theirs)
        return figures


def _figures(what: str, step: Step, ours: Log, theirs: Log) -> Iterator[Figure]:
    bare, logged, others = Times([], []), Times([], []), Times([], [])
    for _ in range(TURNS):
        for times, log in ((bare, None), (logged, ours), (others, theirs)):
            _train(step, log, times)
    ours_us, theirs_us = (statistics.median(times.calls_s) * 1e6 for times in (logged, others))
    mean_us = statistics.fmean(logged.calls_s) * 1e6
    yield Figure(
        f"two metrics in a step of {what}",
        f"{ours_us:.1f} µs, mean {mean_us:.1f}",
        f"SummaryWriter.add_scalar, twice {theirs_us:.1f} µs",
        ours_us / theirs_us,
        "≤ 10 µs",
    )
    bare_us, with_us = (statistics.median(times.steps_s) * 1e6 for times in (bare, logged))
    yield Figure("  the step with it", f"{with_us:,.0f} µs", f"without {bare_us:,.0f} µs", with_us / bare_us)


def _train(step: Step, log: Log | None, times: Times) -> None:
    end = time.perf_counter() + TURN_S
    begin = time.perf_counter()
    while begin < end:
        step()
        called = time.perf_counter()
        if log is not None:
            log(len(times.calls_s))
            times.calls_s.append(time.perf_counter() - called)
        now = time.perf_counter()
        times.steps_s.append(now - begin)
        begin = now


def _called(log: Log) -> Iterator[float]:
    for step in range(LOOP_CALLS):
        start = time.perf_counter()
        log(step)
        yield time.perf_counter() - start


def _numpy_step() -> Step:
    draw = np.random.default_rng(7)
    weights, batch = draw.normal(size=(SIZE, SIZE)), draw.normal(size=(BATCH, SIZE))

    def step() -> object:
        hidden = np.tanh(batch @ weights)
        return weights - 0.01 * (batch.T @ (hidden * (1 - hidden**2)))

    return step


def _torch_step() -> Step:
    model = torch.nn.Sequential(torch.nn.Linear(SIZE, SIZE), torch.nn.ReLU(), torch.nn.Linear(SIZE, 10))
    optimizer = torch.optim.Adam(model.parameters())
    batch, labels = torch.randn(BATCH, SIZE), torch.randint(0, 10, (BATCH,))

    def step() -> object:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(batch), labels)
        loss.backward()
        optimizer.step()
        return loss

    return step
