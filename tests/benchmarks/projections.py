"""How fast views are rebuilt from the log."""

import time

from modelbox_events import ANY_VERSION, NO_STREAM, Append, Log, NewEvent, StreamRef, object_id
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_events.types.model import ModelCreated
from modelbox_projections import PROJECTIONS, prepare, rebuild
from tests.benchmarks.report import Figure, per_second
from tests.benchmarks.servers import fresh_dsn, postgres

MODELS = 2_000
EVENTS_A_MODEL = 50


async def run() -> list[Figure]:
    """Measure."""
    async with postgres() as server:
        dsn = await fresh_dsn(server)
        await prepare(dsn)
        log = await Log.open(dsn)
        await _fill(log)
        figures = []
        for name in PROJECTIONS:
            start = time.perf_counter()
            await rebuild(log, name)
            seconds = time.perf_counter() - start
            figures.append(
                Figure(f"rebuild {name}", per_second(log.head.position, seconds), target="≥ 50,000 events/s")
            )
        await log.close()
    return figures


async def _fill(log: Log) -> None:
    """Record models, each with metadata that is rewritten."""
    for number in range(MODELS):
        name = f"model {number}"
        stream = StreamRef("bench", "model", object_id("model", "bench", name))
        created = ModelCreated(
            model_id=stream.id, name=name, owner="ana", task="", description="", labels={}, metadata={}, files=[]
        )
        await log.append(Append(stream=stream, events=[NewEvent(created)], expected_version=NO_STREAM))
        changes = [
            NewEvent(MetadataUpdated(object_id=stream.id, metadata={f"key {n % 10}": n})) for n in range(EVENTS_A_MODEL)
        ]
        await log.append(Append(stream=stream, events=changes, expected_version=ANY_VERSION))
