"""Appends to one run while somebody holds a snapshot for long: what every row version that stays costs them."""

import time

import asyncpg

from modelbox_events import Log, StreamRef, new_id
from tests.benchmarks.log import request
from tests.benchmarks.report import Figure, percentile_ms
from tests.benchmarks.servers import fresh_log, postgres

UPDATES = 50_000
SAMPLE = 1_000


async def run() -> list[Figure]:
    """Measure."""
    async with postgres() as server, fresh_log(server) as log:
        stream = StreamRef("bench", "run", new_id())
        await _appends(log, stream, SAMPLE)  # warm up
        before = await _appends(log, stream, SAMPLE)
        analyst = await asyncpg.connect(log.database.dsn)
        await analyst.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        await analyst.fetch("SELECT count(*) FROM modelbox.events")
        # Each call leaves a version of the head's row and one of the run's.
        for _ in range(UPDATES // SAMPLE):
            await _appends(log, stream, SAMPLE)
        after = await _appends(log, stream, SAMPLE)
        await analyst.close()
    before_ms, after_ms = sorted(before)[SAMPLE // 2], sorted(after)[SAMPLE // 2]
    return [
        Figure(
            f"append to one run, {UPDATES:,} later under a held snapshot",
            f"p50 {percentile_ms(after, 0.5)}",
            f"without p50 {percentile_ms(before, 0.5)}",
            after_ms / before_ms,
            "≤ 1.5",
        )
    ]


async def _appends(log: Log, stream: StreamRef, count: int) -> list[float]:
    """Append one after the other; return each call's latency in seconds."""
    latencies = []
    for _ in range(count):
        start = time.perf_counter()
        await log.append(request(stream, 1))
        latencies.append(time.perf_counter() - start)
    return latencies
