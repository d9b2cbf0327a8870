"""A server with a short log and one with a long log: how long each takes to start, to write and to read; their memory.

Both run at once and are measured in turns: what else the machine does concerns both alike.
"""

import asyncio
import contextlib
import json
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import asyncpg

from modelbox import Experiment, ModelBox
from modelbox_events import Log
from modelbox_projections import PROJECTIONS, Cursors
from tests.acceptance.server_process import ServerProcess, wait_for
from tests.benchmarks.memory import memory_text
from tests.benchmarks.mixed_log import NAMESPACE, fill
from tests.benchmarks.report import Figure
from tests.benchmarks.servers import folder

SHORT: Final = 10_000
LONG: Final = 1_000_000
TURNS: Final = 5
CALLS: Final = 100
"""How many calls a turn has; its median counts."""
LISTED: Final = 100
LISTS: Final = 5
WARM_UPS: Final = 10
FOLD_TIMEOUT_S: Final = 1_800.0
REST_S: Final = 5.0
"""How long a server that has just started is left alone before its memory at rest is read."""

Servers = Mapping[int, ServerProcess]
"""A server by how many events its log has."""


async def run() -> list[Figure]:
    """Measure."""
    return await asyncio.to_thread(_measure)


def _measure() -> list[Figure]:
    with folder() as place, _grown(place / "short", SHORT) as short, _grown(place / "long", LONG) as long:
        servers = {SHORT: short, LONG: long}
        start_s = {
            events: statistics.median(_start_s(server) for _ in range(TURNS)) for events, server in servers.items()
        }
        time.sleep(REST_S)
        at_rest = {events: memory_text(server.pid) for events, server in servers.items()}
        figures = [_compared("start", start_s, target=""), *_called(servers)]
        after = {events: memory_text(server.pid) for events, server in servers.items()}
    told = (("memory at rest", at_rest), ("memory after calls", after))
    return figures + [Figure(f"{what}, {n:,} events", text) for what, texts in told for n, text in texts.items()]


@contextlib.contextmanager
def _grown(home: Path, events: int) -> Iterator[ServerProcess]:
    """A server whose log has so many events, all of them in its views and its feed."""
    home.mkdir()
    home.chmod(0o755)
    server = ServerProcess(home)
    try:
        asyncio.run(_grow(server.start()["postgres_dsn"], events))
        wait_for(lambda: _is_published(server), what="the relay", timeout_s=FOLD_TIMEOUT_S)
        yield server
        server.stop()
    finally:
        server.close()


async def _grow(dsn: str, events: int) -> None:
    log = await Log.open(dsn)
    await fill(log, events - log.head.position)
    await Cursors(log).wait(list(PROJECTIONS), log.head.position, timeout_s=FOLD_TIMEOUT_S)
    await log.close()
    owner = await asyncpg.connect(dsn)
    await owner.execute("VACUUM ANALYZE")  # what autovacuum does by itself within a minute or two
    await owner.close()


def _is_published(server: ServerProcess) -> bool:
    """Whether the feed has all of the log, so that nothing is at work beside the calls."""
    status = json.loads(server.modelbox("relay", "status", "--output", "json").stdout)
    return bool(status["lag_events"] == 0)


def _start_s(server: ServerProcess) -> float:
    server.stop()
    start = time.perf_counter()
    server.spawn()
    server.wait_until(lambda: server.readyz()[0] == 200)
    return time.perf_counter() - start


def _called(servers: Servers) -> Iterator[Figure]:
    with contextlib.ExitStack() as stack:
        addresses = {events: server.info()["grpc_addr"] for events, server in servers.items()}
        boxes = {
            events: stack.enter_context(ModelBox(address, namespace=NAMESPACE)) for events, address in addresses.items()
        }
        calls = {events: _calls(box) for events, box in boxes.items()}
        for what in calls[SHORT]:
            times = LISTS if what.startswith("list") else CALLS
            seconds: dict[int, list[float]] = {events: [] for events in servers}
            for _ in range(TURNS):
                for events, taken in seconds.items():
                    taken.append(_median_s(calls[events][what], times=times))
            yield _compared(
                what, {events: statistics.median(taken) for events, taken in seconds.items()}, target="≤ 1.3"
            )


def _calls(box: ModelBox) -> dict[str, Callable[[int], Any]]:
    """Return an append, a look-up and a list."""
    experiment: Experiment = box.experiments(limit=1)[0]
    known = [run.id for run in experiment.runs(limit=50)]
    return {
        "create a run": lambda _: experiment.new_run(source=False, heartbeat=False),
        "get a run": lambda number: box.run(known[number % len(known)]),
        f"list {LISTED} runs": lambda _: box.runs(limit=LISTED),
    }


def _median_s(call: Callable[[int], Any], *, times: int) -> float:
    seconds = []
    for number in range(WARM_UPS + times):
        start = time.perf_counter()
        call(number)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[WARM_UPS:])


def _compared(what: str, seconds: Mapping[int, float], *, target: str) -> Figure:
    short_s, long_s = seconds[SHORT], seconds[LONG]
    return Figure(
        f"{what}, {LONG:,} events", _time(long_s), f"{SHORT:,} events {_time(short_s)}", long_s / short_s, target
    )


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.2f} ms"
