"""A program that logs and ends in a given way: `address run_id report way method`.

It notes each step in the report when the call that logged it has returned; the report keeps that however it ends.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from typing import Final

import modelbox

ADDRESS, RUN_ID, REPORT, WAY, METHOD = sys.argv[1:]
STEPS: Final = 200
WORKERS: Final = 2
TASKS: Final = 8

client: Final = modelbox.ModelBox(ADDRESS)
run: Final = client.object(RUN_ID)


def log(steps: Iterable[int]) -> None:
    """Log points, and now and then a call of another kind."""
    report = os.open(REPORT, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for step in steps:
        run.log_metrics({"loss": float(step), "text": f"step {step}"}, step=step, wallclock=1.7e9 + step)
        if step % 50 == 0:
            run.log_event("mark", source=str(step), wallclock=1.7e9 + step)
        os.write(report, f"{step}\n".encode())
    os.close(report)


def work(task: int) -> None:
    """Log what a worker has to; the pool ends it at any moment afterwards."""
    log(range((task + 1) * 1000, (task + 1) * 1000 + 10))


def in_pool() -> None:
    """Have workers log that are ended by SIGTERM when the block ends."""
    with multiprocessing.get_context(METHOD).Pool(WORKERS) as pool:
        pool.map(work, range(TASKS))


def in_executor() -> None:
    """Have workers log that end by themselves."""
    with ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context(METHOD)) as pool:
        list(pool.map(work, range(TASKS)))


def by_exception() -> None:
    """End by an exception that nobody catches."""
    raise RuntimeError("the training failed")


WAYS: Final[dict[str, Callable[[], object]]] = {
    "return": lambda: None,
    "exception": by_exception,
    "sys.exit": lambda: sys.exit(3),
    "os._exit": lambda: os._exit(4),
    "Pool": in_pool,
    "executor": in_executor,
}


def main() -> None:
    """Log, then end."""
    if METHOD == "wait":
        log([STEPS])
        print("ready", flush=True)
        sys.stdin.readline()
    log(range(STEPS))
    if WAY.startswith("SIG"):
        os.kill(os.getpid(), getattr(signal, WAY))
        signal.pause()
    else:
        WAYS[WAY]()
    if WAY in {"Pool", "executor"}:
        with contextlib.suppress(modelbox.FlushTimeoutError):  # the server is away
            client.flush(5)


if __name__ == "__main__":
    main()
