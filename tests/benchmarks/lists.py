"""Lists of runs with twenty metrics and twenty hyperparameters each, beside one get call of such a run.

The runs' metrics and hyperparameters are read too: an object that decodes them later has not saved anybody the time.
"""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterable
from typing import Final

from modelbox import Experiment, ModelBox, Run
from tests.benchmarks.processes import modelbox_server
from tests.benchmarks.report import Figure

RUNS: Final = 1_000
PAGE: Final = 100
KEYS: Final = 20
GETS: Final = 200
TRIES: Final = 9
MANY_KEYS: Final = 2_000
MANY_RUNS: Final = 20
NAMESPACE: Final = "bench"


async def run() -> list[Figure]:
    """Measure."""
    async with modelbox_server() as address:
        return await asyncio.to_thread(_measure, address)


def _measure(address: str) -> list[Figure]:
    with ModelBox(address) as box:
        few = _fill(box, "few", runs=RUNS, keys=KEYS)
        many = _fill(box, "many", runs=MANY_RUNS, keys=MANY_KEYS)
        one = few.runs(limit=1)[0]
        get_s = _median_s(lambda: _taken([box.run(one.id)]), tries=GETS)
        reference = f"a get call {get_s * 1000:.2f} ms"
        figures = []
        for what, read, times in (
            (f"{PAGE} of {RUNS:,} runs", lambda: _taken(few.runs(limit=PAGE)), 25),
            (f"all {RUNS:,} runs", lambda: _taken(few.runs()), 150),
            (f"all {RUNS:,} runs, keys not looked at", few.runs, 150),
            (f"{MANY_RUNS} runs of {MANY_KEYS:,} keys, keys not looked at", many.runs, 25),
        ):
            read_s = _median_s(read, tries=TRIES)
            measured = f"{read_s * 1000:.1f} ms"
            figures.append(Figure(what, measured, reference, read_s / get_s, f"≤ {times} × the get call"))
        return figures


def _fill(box: ModelBox, name: str, *, runs: int, keys: int) -> Experiment:
    experiment = box.new_experiment(name, namespace=NAMESPACE)
    for number in range(runs):
        params = {f"model.param_{key}": number * key for key in range(keys)}
        run = experiment.new_run(source=False, heartbeat=False)
        run.log_hyperparameters(params)
        for step in range(2):
            run.log_metrics({f"metric_{key}": 1 / (number + key + step + 1) for key in range(keys)}, step=step)
    box.flush()
    return experiment


def _taken(runs: Iterable[Run]) -> int:
    """Return how many metrics and hyperparameters runs have."""
    return sum(len(run.metric_summaries) + len(run.params) for run in runs)


def _median_s(read: Callable[[], object], *, tries: int) -> float:
    durations_s = []
    for _ in range(tries):
        start = time.perf_counter()
        read()
        durations_s.append(time.perf_counter() - start)
    return statistics.median(durations_s)
