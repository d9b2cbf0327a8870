"""One trainer of the fleet: `fleet_client ADDRESS KEYS STEPS_PER_SECOND SECONDS`.

It prints a line when its run has begun, logs when it reads one, and prints what it measured when all that can be read.
"""

import json
import os
import random
import resource
import sys
import time

import modelbox
from tests.benchmarks.usage import memory_of


def main(address: str, keys: int, rate: int, seconds: int) -> None:
    """Log at a rate, as a training does whose steps take their time."""
    draw = random.Random(os.getpid())  # noqa: S311  # values with all their digits, no secrets
    names = [f"train/metric_{number}" for number in range(keys)]
    with modelbox.ModelBox(address) as box, box.start_run("fleet", source=False) as run:
        print("ready", flush=True)
        sys.stdin.readline()
        memory, cpu_s = memory_of(os.getpid()), _cpu_s()
        late, calls_s = 0, []
        begin = time.monotonic()
        for step in range(rate * seconds):
            time.sleep(max(0.0, begin + step / rate - time.monotonic()))
            values = {name: draw.random() for name in names}
            start = time.perf_counter()
            run.log_metrics(values, step=step)
            calls_s.append(time.perf_counter() - start)
            late += time.monotonic() > begin + (step + 1) / rate
        logged_s = time.monotonic() - begin
        box.flush()
        flushed_s = time.monotonic() - begin
        measured = {
            "cpu_s": _cpu_s() - cpu_s,
            "memory_bytes": memory_of(os.getpid()),
            "more_memory_bytes": memory_of(os.getpid()) - memory,
        }
        summaries = run.refreshed().metric_summaries  # waits for the view
        assert [summaries[name].points for name in names] == [rate * seconds] * keys
        calls_s.sort()
        call_s = calls_s[len(calls_s) // 2]
        print(json.dumps({**measured, "late": late, "logged_s": logged_s, "flushed_s": flushed_s, "call_s": call_s}))


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
