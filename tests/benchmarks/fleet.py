"""The fleet in small: trainers at their pace, each a process, and what a point of theirs costs; on a large database.

The database holds keys, streams and series of others before, at random places of their indexes, and is checkpointed, so
that the WAL has whole pages wherever trainers touch one. What Postgres and the server do beside that is counted in.
`MODELBOX_FLEET_S` says how long each fleet trains, in seconds.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

import modelbox
from tests.acceptance.server_process import ServerProcess
from tests.benchmarks.processes import server_process
from tests.benchmarks.report import Figure, per_second
from tests.benchmarks.storage import Split, Storage
from tests.benchmarks.usage import SERVER, Usage, usage_of

SECONDS: Final = int(os.environ.get("MODELBOX_FLEET_S", "60"))
OTHER_KEYS: Final = 1_000_000
OTHER_STREAMS: Final = 300_000
OTHER_RUNS: Final = 1_000
OTHER_METRICS: Final = 10
OTHER_STEPS: Final = 20
WRITERS: Final = 4
MIB: Final = 1024**2

_FILL: Final = f"""
INSERT INTO modelbox.idempotency_0
SELECT known.actor, md5(random()::text || number), sha256(number::text::bytea), 1, 1, 1, clock_timestamp()
FROM generate_series(1, {OTHER_KEYS}) AS number, (SELECT actor FROM modelbox.idempotency LIMIT 1) AS known;
INSERT INTO modelbox.idempotency_1 SELECT * FROM modelbox.idempotency_0 WHERE first_position = 1;
INSERT INTO modelbox.streams (id, namespace, type, version, last_position)
SELECT gen_random_uuid(), 'others', 'run', 1, 1 FROM generate_series(1, {OTHER_STREAMS});
"""
"""Keys as clients before draw them, and streams, without the events: nothing reads those here."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """So many runs, each of so many keys, so many steps a second."""

    runs: int
    keys: int
    rate: int

    @property
    def points(self) -> int:
        """What all of them log."""
        return self.runs * self.keys * self.rate * SECONDS

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.runs} runs × {self.keys} keys × {self.rate}/s"


FLEETS: Final = (Fleet(5, 20, 5), Fleet(20, 10, 20))
"""The small one first: the room that it leaves in tables, for others to use, is little."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a fleet took."""

    trainers: list[dict[str, float]]
    wal: Split
    vacuum_wal_bytes: int
    kept: Split
    usage: Mapping[str, Usage]


async def run() -> list[Figure]:
    """Measure."""
    figures = []
    async with server_process() as (server, info):
        connection = await asyncpg.connect(info["postgres_dsn"])
        storage = Storage(connection)
        await storage.prepare()
        await asyncio.to_thread(_train_others, info["grpc_addr"])
        await connection.execute(_FILL)
        for fleet in FLEETS:
            measured = await _measured(fleet, server, info, storage)
            figures += _figures(fleet, measured)
        await connection.close()
    return figures


def _train_others(address: str) -> None:
    """Have other runs' series in the views."""
    with modelbox.ModelBox(address) as box, ThreadPoolExecutor(WRITERS) as pool:
        experiment = box.new_experiment("others", namespace="others")
        values = {f"train/metric_{number}": 0.5 for number in range(OTHER_METRICS)}

        def train(_number: int) -> None:
            other = experiment.new_run(source=False, heartbeat=False)
            for step in range(OTHER_STEPS):
                other.log_metrics(values, step=step)

        list(pool.map(train, range(OTHER_RUNS)))
        box.flush()


async def _measured(fleet: Fleet, server: ServerProcess, info: dict[str, Any], storage: Storage) -> Measured:
    await storage.vacuum()
    await storage.checkpoint()
    async with trainers_of(fleet, info["grpc_addr"], SECONDS) as trainers:
        kept, used, begin = await storage.kept(), usage_of(server.pids()), await storage.position()
        trainers.begin()
        results = await trainers.results()
    end, usage = await storage.position(), usage_of(server.pids())
    wal = await storage.written(begin, end)
    await storage.checkpoint()
    before_vacuum = await storage.position()
    await storage.vacuum()
    vacuum_wal = await storage.written(before_vacuum, await storage.position())
    return Measured(
        results,
        wal,
        vacuum_wal.total,
        await storage.kept() - kept,
        {name: Usage(now.cpu_s - used[name].cpu_s, now.memory_bytes) for name, now in usage.items()},
    )


class Trainers:
    """The processes of a fleet, ready to train."""

    def __init__(self, processes: list[asyncio.subprocess.Process]) -> None:
        """Use `trainers_of`."""
        self._processes = processes

    def begin(self) -> None:
        """Let all of them train."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write(b"go\n")

    async def results(self) -> list[dict[str, float]]:
        """Return what each has measured, once all have trained."""
        return [json.loads((await process.communicate())[0]) for process in self._processes]


@contextlib.asynccontextmanager
async def trainers_of(fleet: Fleet, address: str, seconds: int) -> AsyncIterator[Trainers]:
    """Trainers that are ready; each trains for so long."""
    arguments = ("-m", "tests.benchmarks.fleet_client", address, *map(str, (fleet.keys, fleet.rate, seconds)))
    pipe = asyncio.subprocess.PIPE
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, *arguments, stdin=pipe, stdout=pipe)
        for _ in range(fleet.runs)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert await process.stdout.readline() == b"ready\n"
        yield Trainers(processes)
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
                await process.wait()


def _figures(fleet: Fleet, measured: Measured) -> list[Figure]:
    points, trainers = fleet.points, measured.trainers
    flushed_s = max(trainer["flushed_s"] for trainer in trainers)
    late = sum(int(trainer["late"]) for trainer in trainers)
    call_s = sorted(trainer["call_s"] for trainer in trainers)[len(trainers) // 2]
    steps = f"{late:,} of {fleet.runs * fleet.rate * SECONDS:,} steps late, log_metrics {call_s * 1e6:.0f} µs"
    memory = max(trainer["memory_bytes"] for trainer in trainers) / MIB
    more = max(trainer["more_memory_bytes"] for trainer in trainers) / MIB
    client_s = sum(trainer["cpu_s"] for trainer in trainers) / len(trainers)
    wal, kept, vacuum = measured.wal, measured.kept, measured.vacuum_wal_bytes / points
    server = measured.usage[SERVER]
    others = ", ".join(f"{name} {used.cpu_s:.1f} s" for name, used in measured.usage.items() if name != SERVER)
    memories = ", ".join(f"{name} {used.memory_bytes / MIB:.0f}" for name, used in measured.usage.items())
    return [
        Figure(f"{fleet}: points", per_second(points, flushed_s), steps),
        Figure("  WAL a point", f"{wal.total / points:,.1f} B", wal.each(points), target="≤ 60 B"),
        Figure("  kept a point", f"{kept.total / points:,.1f} B", kept.each(points), target="≤ 40 B"),
        Figure("  WAL of VACUUM after a checkpoint", f"{vacuum:,.1f} B a point"),
        Figure(f"  CPU of the server in {SECONDS} s", f"{server.cpu_s:.1f} s", f"{others}, a trainer {client_s:.2f} s"),
        Figure("  memory of a trainer", f"{memory:.0f} MiB", f"{more:.1f} MiB more than at its start; {memories} MiB"),
    ]
