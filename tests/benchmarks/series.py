"""A metric series of a million points: read whole, thinned out, printed; beside the bare rows of Postgres."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import asyncpg

import modelbox
from tests.benchmarks.processes import modelbox_info
from tests.benchmarks.report import Figure

POINTS = 1_000_000
SHOWN = 1_000
TRIES = 5
FLUSH_EVERY_STEPS = 200_000
PRINT_TIMEOUT_S = 300

_ROWS = """
SELECT axis.steps, axis.wallclock_s, piece.doubles
FROM modelbox_views.metric_pieces AS piece
JOIN modelbox_views.metric_axes AS axis USING (object_id, block, axis)
WHERE piece.object_id = $1 AND piece.key = 'loss' ORDER BY piece.block, piece.piece
"""


async def run() -> list[Figure]:
    """Measure."""
    async with modelbox_info() as info:
        run_id = await asyncio.to_thread(_fill, info["grpc_addr"])
        bare_s = await _bare_s(info["postgres_dsn"], UUID(run_id))
        figures = await asyncio.to_thread(_read, info["grpc_addr"], run_id, bare_s)
        return [*figures, *await asyncio.to_thread(_print, info["grpc_addr"], run_id)]


def _fill(address: str) -> str:
    with modelbox.ModelBox(address) as box:
        with box.start_run("series", source=False) as run:
            for step in range(POINTS):
                run.log_metrics({"loss": 1.0 / (step + 1)}, step=step)
                if step % FLUSH_EVERY_STEPS == 0:
                    box.flush()  # the buffer is bounded: a loop that does nothing but log would overrun it
        run.metrics("loss", max_points=SHOWN)  # waits for the view, which has sealed them all by the run's end
        return run.id


async def _bare_s(dsn: str, run_id: UUID) -> float:
    connection = await asyncpg.connect(dsn)
    try:
        seconds = []
        for _ in range(TRIES):
            start = time.perf_counter()
            rows = await connection.fetch(_ROWS, run_id)
            seconds.append(time.perf_counter() - start)
            assert sum(len(row["steps"]) for row in rows) == POINTS
        return min(seconds)
    finally:
        await connection.close()


def _read(address: str, run_id: str, bare_s: float) -> list[Figure]:
    with modelbox.ModelBox(address) as box:
        logged = box.object(run_id)
        whole_s, whole = _timed(lambda: logged.metrics("loss")["loss"])
        shown_s, shown = _timed(lambda: logged.metrics("loss", max_points=SHOWN)["loss"])
    assert len(whole) == POINTS
    assert len(shown) <= SHOWN + 2
    reference = f"bare rows of Postgres {bare_s * 1000:,.0f} ms"
    return [
        Figure(f"read {POINTS:,} points whole, SDK", f"{whole_s * 1000:,.0f} ms", reference, whole_s / bare_s),
        Figure(f"read them as {SHOWN:,} points, SDK", f"{shown_s * 1000:,.0f} ms", reference, shown_s / bare_s),
    ]


def _print(address: str, run_id: str) -> list[Figure]:
    """Have the command line print all points into a pipe: as the rows of a table, as CSV and as JSON."""
    figures = []
    for output, more in (("table", ("--all",)), ("csv", ()), ("json", ())):
        command = (sys.executable, "-m", "modelbox.cli.main", "client", "metrics", "--id", run_id)
        arguments = (*command, "--output", output, *more, "--server-addr", address)
        start = time.perf_counter()
        printed = subprocess.run(arguments, stdout=subprocess.PIPE, check=True, timeout=PRINT_TIMEOUT_S).stdout
        seconds = time.perf_counter() - start
        assert printed.count(b"\n") >= POINTS
        figures.append(Figure(f"print {POINTS:,} points as {output}, CLI", f"{seconds:.1f} s", target="≤ 20 s as rows"))
    return figures


def _timed(read: Callable[[], Any]) -> tuple[float, Any]:
    """Return the best of several times, in seconds, and what was read."""
    seconds: list[float] = []
    found = None
    while len(seconds) < TRIES:
        start = time.perf_counter()
        found = read()
        seconds.append(time.perf_counter() - start)
    return min(seconds), found
