"""Appends beside a bare COPY of the same rows, and the verification of the chain."""

import asyncio
import time

import asyncpg

from modelbox_events import ANY_VERSION, Append, Log, NewEvent, Position, StreamRef, new_id, verify
from modelbox_events.types.model import ModelCreated
from tests.benchmarks.report import Figure, per_second, percentile_ms
from tests.benchmarks.servers import fresh_log, postgres

COPY_ROWS = 20_000
COPY_BATCH = 2_000  # as many as a batch of appends
VERIFY_EVENTS = 200_000


def request(stream: StreamRef, events: int) -> Append:
    """Return an append of `events` small events."""
    event = ModelCreated(
        model_id=stream.id, name="digits", owner="ana", task="classification",
        description="Tells handwritten digits apart", labels={}, metadata={"dataset": "digits"}, files=[],
    )  # fmt: skip
    return Append(stream=stream, events=[NewEvent(event)] * events, expected_version=ANY_VERSION)


async def appends(log: Log, *, clients: int, calls: int, events: int) -> tuple[float, list[float]]:
    """Append from concurrent clients; return the seconds it took and each call's latency in seconds."""
    latencies: list[float] = []

    async def client() -> None:
        stream = StreamRef("bench", "model", new_id())
        for _ in range(calls):
            start = time.perf_counter()
            await log.append(request(stream, events))
            latencies.append(time.perf_counter() - start)

    start = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return time.perf_counter() - start, latencies


async def copy_rate(log: Log, *, indexed: bool) -> float:
    """COPY rows that the log holds into a table of the same columns; return rows a second (best of three)."""
    including = "INCLUDING STORAGE INCLUDING INDEXES" if indexed else "INCLUDING STORAGE"
    best = 0.0
    owner = await asyncpg.connect(log.database.dsn)
    rows = await owner.fetch("SELECT * FROM modelbox.events ORDER BY position LIMIT $1", COPY_ROWS)
    records = [tuple(row) for row in rows]
    await owner.execute(f"CREATE TABLE copied (LIKE modelbox.events_000000000000001 {including})")
    for _ in range(3):
        await owner.execute("TRUNCATE copied")
        start = time.perf_counter()
        for first in range(0, len(records), COPY_BATCH):
            await owner.copy_records_to_table("copied", records=records[first : first + COPY_BATCH])
        best = max(best, len(records) / (time.perf_counter() - start))
    await owner.execute("DROP TABLE copied")
    await owner.close()
    return best


async def run() -> list[Figure]:
    """Measure."""
    figures = []
    async with postgres() as server, fresh_log(server) as log:
        await appends(log, clients=100, calls=50, events=1)  # warm up
        for clients, calls, target in (
            (1, 2_000, "p50 < 1 ms"),
            (16, 1_000, ""),
            (100, 300, "≥ 20,000/s, p99 < 10 ms"),
        ):
            seconds, latencies = await appends(log, clients=clients, calls=calls, events=1)
            rate_text = per_second(clients * calls, seconds)
            value = f"{rate_text}, p50 {percentile_ms(latencies, 0.5)}, p99 {percentile_ms(latencies, 0.99)}"
            figures.append(Figure(f"append, 1 event, {clients} clients", value, target=target))
        seconds, latencies = await appends(log, clients=100, calls=50, events=20)
        rate = 100 * 50 * 20 / seconds
        copied, bare = await copy_rate(log, indexed=True), await copy_rate(log, indexed=False)
        value = f"{rate:,.0f} events/s, p99 {percentile_ms(latencies, 0.99)}"
        reference = f"COPY, same indexes {copied:,.0f}/s"
        figures.append(
            Figure("append, 20 events, 100 clients", value, reference, rate / copied, "≥ 80,000/s and ≥ 0.60")
        )
        figures.append(Figure("", "", f"COPY, no index {bare:,.0f}/s", rate / bare))
        figures.append(await _verification(log))
    return figures


async def _verification(log: Log) -> Figure:
    while (missing := VERIFY_EVENTS - log.head.position) > 0:
        await appends(log, clients=min(100, missing // 1000 + 1), calls=1, events=1000)
    await verify(log.database, to=Position(1000))
    start = time.perf_counter()
    verified = await verify(log.database)
    return Figure(
        "verify the chain", per_second(verified.events, time.perf_counter() - start), target="≥ 400,000 events/s"
    )
