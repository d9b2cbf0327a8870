"""A program that logs and ends in a given way: `address run_id report way method [wait]`.

It notes each step in the report when the call that logged it has returned; the report keeps that however it ends. With
`wait` it says when it has logged a part, and logs the rest when it is told to.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Final

import modelbox
from modelbox.integrations.frameworks import framework

ADDRESS, RUN_ID, REPORT, WAY, METHOD, *WAIT = sys.argv[1:]
STEPS: Final = 200
WORKERS: Final = 2
TASKS: Final = 8
KERNEL_TIMEOUT_S: Final = 60
CELL: Final = """
import runpy, sys
sys.argv = {arguments!r}
program = runpy.run_path(sys.argv[0])
"""

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


def wait() -> None:
    """Say that a part is logged, and wait to be told to log the rest."""
    if WAIT:
        print("ready", flush=True)
        sys.stdin.readline()


def work(task: int) -> None:
    """Log what a worker has to; the pool ends it at any moment afterwards."""
    log(range((task + 1) * 1000, (task + 1) * 1000 + 10))


def in_pool() -> None:
    """Have workers log that are ended by SIGTERM when the block ends."""
    with multiprocessing.get_context(METHOD).Pool(WORKERS) as pool:
        pool.map(work, range(TASKS))
        wait()
        pool.map(work, range(TASKS, 2 * TASKS))


def in_executor() -> None:
    """Have workers log that end by themselves."""
    with ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context(METHOD)) as pool:
        list(pool.map(work, range(TASKS)))
        wait()
        list(pool.map(work, range(TASKS, 2 * TASKS)))


def in_kernel() -> None:
    """Have a notebook's kernel log that is restarted: asked to end by itself, or killed."""
    with tempfile.TemporaryDirectory() as folder:
        # Nothing of the kernel is left in the home folder, and nothing there changes what the kernel does.
        os.environ.update(JUPYTER_CONFIG_DIR=folder, JUPYTER_RUNTIME_DIR=folder, IPYTHONDIR=folder)
        jupyter: Any = framework("jupyter_client", install="jupyter_client")
        manager, kernel = jupyter.manager.start_new_kernel(startup_timeout=KERNEL_TIMEOUT_S, kernel_name="python3")

        def run_cell(text: str) -> None:
            answer = kernel.execute(text, reply=True, timeout=KERNEL_TIMEOUT_S)
            assert answer["content"]["status"] == "ok", answer["content"]

        try:
            run_cell(CELL.format(arguments=sys.argv))
            run_cell(f"for task in range({TASKS}): program['work'](task)")
            wait()
            run_cell(f"for task in range({TASKS}, {2 * TASKS}): program['work'](task)")
            manager.restart_kernel(now=METHOD == "killed")
            kernel.wait_for_ready(timeout=KERNEL_TIMEOUT_S)
        finally:
            kernel.stop_channels()
            manager.shutdown_kernel(now=True)


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
    "kernel": in_kernel,
}
OTHERS: Final = {"Pool", "executor", "kernel"}


def main() -> None:
    """Log, then end; a process that has others log says that a part is logged when they have logged one."""
    if WAIT and WAY not in OTHERS:
        log([STEPS])
        wait()
    log(range(STEPS))
    if WAY.startswith("SIG"):
        os.kill(os.getpid(), getattr(signal, WAY))
        signal.pause()
    else:
        WAYS[WAY]()
    if WAY in OTHERS:
        with contextlib.suppress(modelbox.FlushTimeoutError):  # the server is away
            client.flush(5)


if __name__ == "__main__":
    main()
