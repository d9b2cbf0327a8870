"""What open watches cost those who write: creates over gRPC with none, with idle ones, and with some that are told all.

Watchers, writers and server are processes of their own. With and without watchers are measured in turns, and the best
turn of each counts: what else runs on the machine concerns both alike.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

from tests.benchmarks.processes import Measured, call, modelbox_server
from tests.benchmarks.report import Figure

WRITTEN = "bench"  # the namespace in which `call_client` creates
CASES = (
    ("20 idle watchers", "idle", 20, ""),
    ("300 idle watchers", "idle", 300, "p50 ≤ 1.20"),
    ("20 watchers that are told", WRITTEN, 20, ""),
)
CALLS = {1: 300, 16: 60}
TURNS = 4


async def run() -> list[Figure]:
    """Measure."""
    figures = []
    async with modelbox_server() as address:
        for clients in CALLS:
            for watchers, namespace, count, target in CASES:
                bare, measured = await _in_turns(address, clients, namespace=namespace, watches=count)
                what = f"create a model, {clients} client{'s' if clients > 1 else ''}, {watchers}"
                ratio = measured["p50_s"] / bare["p50_s"]
                figures.append(Figure(what, _text(measured), f"none: {_text(bare)}", ratio, target))
    return figures


async def _in_turns(address: str, clients: int, *, namespace: str, watches: int) -> tuple[Measured, Measured]:
    """Return the best turn without watchers, and the best one with them."""
    turns: dict[int, list[Measured]] = {0: [], watches: []}
    for _ in range(TURNS):
        for count, measured in turns.items():
            async with watching(address, namespace, count):
                measured.append(await call(address, "create", clients=clients, calls=CALLS[clients]))
    bare, told = (min(measured, key=lambda turn: turn["p50_s"]) for measured in turns.values())
    return bare, told


@contextlib.asynccontextmanager
async def watching(address: str, namespace: str, watches: int) -> AsyncIterator[None]:
    """A process that watches a namespace so many times; none for no watches."""
    if not watches:
        yield
        return
    arguments = ("-m", "tests.benchmarks.watch_client", address, namespace, str(watches))
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        await process.stdout.readline()
        yield
    finally:
        process.kill()
        await process.wait()


def _text(measured: Measured) -> str:
    return f"p50 {measured['p50_s'] * 1000:.2f} ms, {measured['rate']:,.0f}/s"
