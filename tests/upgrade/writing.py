"""A program that goes on logging to a server until its input ends: `writing ADDRESS NAME`.

It prints a line when it has begun, and in the end what was acknowledged and the longest time that a call took.

It uses no more of ModelBox than its first landed versions had.
"""

import json
import sys
import threading
import time
from typing import Final

from modelbox import ModelBox

NAMESPACE: Final = "meanwhile"
POINTS_A_RUN: Final = 100
PAUSE_S: Final = 0.005
"""Between two calls, so that this does not measure how much a server takes."""


def main(address: str, name: str) -> None:
    """Log points, run after run, each acknowledged before the next."""
    stopped = threading.Event()
    threading.Thread(target=_wait_for_end, args=(stopped,), daemon=True).start()
    points: dict[str, int] = {}
    longest_s = 0.0
    with ModelBox(address) as box:
        experiment = box.new_experiment(name, namespace=NAMESPACE)
        print("begun", flush=True)
        while not stopped.is_set():
            run = experiment.new_run(source=False, heartbeat=False)
            for step in range(POINTS_A_RUN):
                start = time.perf_counter()
                run.log_metrics({"loss": 1 / (step + 1)}, step=step)
                box.flush()
                points[run.id] = step + 1
                longest_s = max(longest_s, time.perf_counter() - start)
                if stopped.is_set():
                    break
                time.sleep(PAUSE_S)
            run.finish()
            box.flush()
    print(json.dumps({"points": points, "longest_s": longest_s}), flush=True)


def _wait_for_end(stopped: threading.Event) -> None:
    sys.stdin.read()
    stopped.set()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
