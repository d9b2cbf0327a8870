"""A server in one process, and one whose relay and projections are in a process of their own.

Both run at once and are measured in turns, and the best turn of each counts: what else runs concerns both alike.
`MODELBOX_SHAPES_FLEET_S` says how long the fleet trains beside which objects are created, in seconds.
"""

import asyncio
import contextlib
import json
import os
import time
from collections.abc import AsyncIterator, Iterator
from typing import Final, NamedTuple

from tests.acceptance.server_process import FREE_PORTS, ServerProcess
from tests.benchmarks.fleet import Fleet, trainers_of
from tests.benchmarks.processes import Measured, call, echo_server
from tests.benchmarks.report import Figure
from tests.benchmarks.servers import folder
from tests.benchmarks.usage import SERVER, Usage, usage_of

CALLS: Final = {1: 1_000, 16: 300}
TURNS: Final = 3
FLEET: Final = Fleet(8, 10, 10)
FLEET_S: Final = int(os.environ.get("MODELBOX_SHAPES_FLEET_S", "20"))
CREATES: Final = 100
CREATE_PAUSE_S: Final = 0.05
MIB: Final = 1024**2


class Shape(NamedTuple):
    """A service that is ready: its processes, where it takes calls, and how long it took to be so."""

    servers: tuple[ServerProcess, ...]
    address: str
    ready_s: float

    def usage(self) -> Usage:
        """Return what its Python processes take."""
        return usage_of([pid for server in self.servers for pid in server.pids()])[SERVER]


async def run() -> list[Figure]:
    """Measure."""
    async with echo_server() as echo, _service(apart=False) as one, _service(apart=True) as two:
        shapes = (one, two)
        rest = [shape.usage().memory_bytes for shape in shapes]
        figures = [
            Figure("start", f"{two.ready_s:.1f} s", f"one process: {one.ready_s:.1f} s", two.ready_s / one.ready_s),
            Figure("memory at rest", _mib(rest[1]), f"one process: {_mib(rest[0])}", rest[1] / rest[0]),
        ]
        for clients in CALLS:
            figures += [await _called(shapes, echo, name, clients=clients) for name in ("create", "get")]
        figures += await _beside_fleet(shapes)
        after = [shape.usage().memory_bytes for shape in shapes]
        return [*figures, Figure("memory after", _mib(after[1]), f"one process: {_mib(after[0])}", after[1] / after[0])]


async def _called(shapes: tuple[Shape, ...], echo: str, operation: str, *, clients: int) -> Figure:
    turns: dict[str, list[Measured]] = {}
    for _ in range(TURNS):
        for address in (echo, *(shape.address for shape in shapes)):
            name = "echo" if address == echo else operation
            measured = await call(address, name, clients=clients, calls=CALLS[clients])
            turns.setdefault(address, []).append(measured)
    bare, one, two = (max(measured, key=lambda turn: turn["rate"]) for measured in turns.values())
    what = f"{operation} a model, {clients} client{'s' if clients > 1 else ''}"
    return Figure(what, _text(two, bare), f"one process: {_text(one, bare)}", two["rate"] / one["rate"])


async def _beside_fleet(shapes: tuple[Shape, ...]) -> list[Figure]:
    creates: list[Measured] = []
    cpu_s: list[float] = []
    late: list[int] = []
    for shape in shapes:
        async with trainers_of(FLEET, shape.address, FLEET_S) as trainers:
            before = shape.usage().cpu_s
            trainers.begin()
            creates.append(await call(shape.address, "create", clients=1, calls=CREATES, pause_s=CREATE_PAUSE_S))
            late.append(sum(int(told["late"]) for told in await trainers.results()))
            cpu_s.append(shape.usage().cpu_s - before)
    (one, two), steps = creates, FLEET.runs * FLEET.rate * FLEET_S
    return [
        Figure(f"create beside {FLEET}", _latency(two), f"one process: {_latency(one)}", two["p99_s"] / one["p99_s"]),
        Figure("  steps late", f"{late[1]:,} of {steps:,}", f"one process: {late[0]:,}"),
        Figure("  CPU of the server", f"{cpu_s[1]:.1f} s", f"one process: {cpu_s[0]:.1f} s", cpu_s[1] / cpu_s[0]),
    ]


@contextlib.asynccontextmanager
async def _service(*, apart: bool) -> AsyncIterator[Shape]:
    """A service with everything in it, in one process or in two."""
    with _processes(2 if apart else 1) as (first, *others):
        begin = time.perf_counter()
        if others:
            await asyncio.to_thread(_start_apart, first, others[0])
        else:
            await asyncio.to_thread(first.start)
        ready_s = time.perf_counter() - begin
        yield Shape((first, *others), str(_said(first)["grpc_addr"]), ready_s)
        for server in (*others, first):
            await asyncio.to_thread(server.stop)


@contextlib.contextmanager
def _processes(count: int) -> Iterator[list[ServerProcess]]:
    with contextlib.ExitStack() as stack:
        servers = []
        for _ in range(count):
            servers.append(ServerProcess(stack.enter_context(folder())))
            stack.callback(servers[-1].close)
        yield servers


def _start_apart(gateway: ServerProcess, worker: ServerProcess) -> None:
    """Start a gateway with the Postgres, and the rest with the NATS."""
    gateway.spawn("--role", "gateway")
    gateway.wait_until((gateway.data / "server.json").exists)
    storage = f'metadata_storage = "postgres"\n[metadata_storage_postgres]\ndsn = "{_said(gateway)["postgres_dsn"]}"\n'
    worker.config.write_text(FREE_PORTS + storage)
    worker.start("--role", "relay", "--role", "projections")
    gateway.wait_until(lambda: gateway.readyz()[0] == 200)


def _said(server: ServerProcess) -> dict[str, object]:
    said: dict[str, object] = json.loads((server.data / "server.json").read_text())
    return said


def _text(measured: Measured, bare: Measured) -> str:
    return f"{measured['rate']:,.0f}/s ({measured['rate'] / bare['rate']:.2f} of an echo), {_latency(measured)}"


def _latency(measured: Measured) -> str:
    return f"p50 {measured['p50_s'] * 1000:.2f} ms, p99 {measured['p99_s'] * 1000:.2f} ms"


def _mib(size: int) -> str:
    return f"{size / MIB:.0f} MiB"
