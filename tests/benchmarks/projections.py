"""How fast all views are rebuilt from one mixed log, beside a COPY of the log's rows; and what each of them takes."""

import time
from collections.abc import Mapping

from modelbox_events import Log
from modelbox_projections import PROJECTIONS, Projection, prepare, rebuild
from tests.benchmarks.log import copy_rate
from tests.benchmarks.mixed_log import fill
from tests.benchmarks.report import Figure, per_second
from tests.benchmarks.servers import fresh_dsn, postgres

EVENTS = 200_000
RATED_EVENTS_MIN = 1_000
"""Of fewer events a rate would tell of the rebuild's beginning and end."""


async def run() -> list[Figure]:
    """Measure."""
    async with postgres() as server:
        dsn = await fresh_dsn(server)
        await prepare(dsn)
        log = await Log.open(dsn)
        await fill(log, EVENTS)
        kinds = await _kinds(log)
        seconds = {name: await _rebuild_s(log, name) for name in PROJECTIONS}
        copied = await copy_rate(log, indexed=True)
        total = log.head.position
        await log.close()
    rate = total / sum(seconds.values())
    reference = f"COPY, same indexes {copied:,.0f}/s"
    figures = [Figure(f"all views of {total:,} mixed events", f"{rate:,.0f} events/s", reference, rate / copied)]
    for name, projection in PROJECTIONS.items():
        read = _read_by(projection, kinds)
        rate_text = f", {per_second(read, seconds[name])}" if read >= RATED_EVENTS_MIN else ""
        figures.append(Figure(f"of them {name}, which reads {read:,}", f"{seconds[name]:.2f} s{rate_text}"))
    return figures


async def _rebuild_s(log: Log, name: str) -> float:
    start = time.perf_counter()
    await rebuild(log, name)
    return time.perf_counter() - start


async def _kinds(log: Log) -> Mapping[tuple[str, str], int]:
    """Return how many events of each type stand in the streams of each type."""
    async with log.database.acquire() as connection:
        rows = await connection.fetch("SELECT type, stream_type, count(*) FROM modelbox.events GROUP BY 1, 2")
    return {(row[0], row[1]): row[2] for row in rows}


def _read_by(projection: Projection, kinds: Mapping[tuple[str, str], int]) -> int:
    return sum(number for (event, stream), number in kinds.items() if projection.reads(event, stream))
