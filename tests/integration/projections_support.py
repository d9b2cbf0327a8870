"""What the tests of projections share: events to append, a running runner, a projection that fails on demand."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, ClassVar
from uuid import UUID

import asyncpg

from modelbox_events import NO_STREAM, STREAM_EXISTS, Append, Appended, ChangeEvent, Log, NewEvent, StreamRef, object_id
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_events.types.metrics import DoubleSeries, MetricsLogged
from modelbox_events.types.model import ModelCreated
from modelbox_events.types.model_version import ModelVersionCreated
from modelbox_projections import (
    PROJECTIONS,
    Catalog,
    DecodedEvent,
    Projection,
    ProjectionRunner,
    Views,
    catalog_of,
    verify,
)
from modelbox_projections.objects.creations import created_id
from modelbox_projections.objects.kinds import KINDS
from modelbox_projections.projection import names_of

NAMESPACE = "tests"
WAIT_S = 20.0

_COUNT = "INSERT INTO key_counts VALUES ($1, 1) ON CONFLICT (key) DO UPDATE SET written = key_counts.written + 1"


def model_ref(name: str, namespace: str = NAMESPACE) -> StreamRef:
    """Return the stream of the model of this name."""
    return StreamRef(namespace, "model", object_id("model", namespace, name))


def model_created(name: str, namespace: str = NAMESPACE, **fields: Any) -> ModelCreated:
    """Return the event that creates a model."""
    about = {"owner": "ada", "task": "vision", "description": "", "labels": {}, "metadata": {}, "files": [], **fields}
    return ModelCreated(model_id=model_ref(name, namespace).id, name=name, **about)


def version_created(model: StreamRef, version: str, **fields: Any) -> ModelVersionCreated:
    """Return the event that creates a model version."""
    about: dict[str, Any] = {"name": "m", "description": "", "framework": "ONNX", "unique_tags": [], "metadata": {}}
    about |= {"labels": {}, "files": [], "uploaded": [], "metrics": {}, "step": 0}
    about |= {"experiment_id": None, "run_id": None, "checkpoint_id": None, **fields}
    version_id = object_id("model_version", str(model.id), version)
    return ModelVersionCreated(model_id=model.id, model_version_id=version_id, version=version, **about)


def points(object_id_: UUID, values: Sequence[float], *, key: str = "loss", first_step: int = 0) -> MetricsLogged:
    """Return the event that logs these doubles, one a step and a second."""
    steps = list(range(first_step, first_step + len(values)))
    wallclock_s = [float(step) for step in steps]
    series = DoubleSeries(key=key, steps=steps, wallclock_s=wallclock_s, values=list(values))
    return MetricsLogged(object_id=object_id_, series=[series])


async def append(
    log: Log, stream: StreamRef, *events: ChangeEvent, opens: Sequence[StreamRef] = (), begins: bool | None = None
) -> Appended:
    """Append events to a stream; the first one opens the streams of `opens`, and begins its own if it creates it."""
    if begins is None:
        is_creation = isinstance(events[0], tuple(kind.creation for kind in KINDS.values()))
        begins = is_creation and created_id(events[0]) == stream.id
    new = [NewEvent(event, tuple(opens) if number == 0 else ()) for number, event in enumerate(events)]
    return await log.append(Append(stream=stream, events=new, expected_version=NO_STREAM if begins else STREAM_EXISTS))


async def settled(log: Log) -> Views:
    """Fold everything there is and return the views."""
    async with running(log) as runner:
        await runner.cursors.wait(list(PROJECTIONS), log.head.position, timeout_s=WAIT_S)
    return Views(log.database)


async def create_model(log: Log, name: str, **fields: Any) -> StreamRef:
    """Create a model and return its stream."""
    stream = model_ref(name)
    await append(log, stream, model_created(name, **fields))
    return stream


async def write_a_bit_of_everything(log: Log, *, models: int) -> StreamRef:
    """Append events of several types; returns the last model's stream."""
    stream = model_ref("")
    for number in range(models):
        stream = await create_model(log, f"model-{number}", metadata={"number": number})
        await append(log, stream, points(stream.id, [number * 0.5] * 700), points(stream.id, [1.0] * 700))
        await append(log, stream, MetadataUpdated(object_id=stream.id, metadata={"number": -number, "more": [1]}))
        await append(log, stream, version_created(stream, "1", unique_tags=["best"]))
    return stream


@contextlib.asynccontextmanager
async def running(log: Log, catalog: Catalog = PROJECTIONS) -> AsyncIterator[ProjectionRunner]:
    """Run the projections while the block runs."""
    runner = ProjectionRunner(log, catalog=catalog)
    task = asyncio.create_task(runner.run())
    try:
        yield runner
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(holds: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(WAIT_S):
        while not holds():  # noqa: ASYNC110  # what it waits for tells nobody
            await asyncio.sleep(0.01)


async def assert_rows_are_what_the_log_gives(log: Log, catalog: Catalog = PROJECTIONS) -> None:
    """Check invariant I6: a projection's rows equal the fold of the log up to its cursor."""
    for name in catalog:
        verified = await verify(log, name, catalog=catalog)
        assert verified.equal, verified


class KeyCounts(Projection):
    """Counts how often each metadata key was written. A double count would show; `fails_on` makes a key fail."""

    name: ClassVar[str] = "key_counts"
    code_version: ClassVar[int] = 1
    event_types: ClassVar[frozenset[str]] = names_of(MetadataUpdated)
    tables: ClassVar[tuple[str, ...]] = ("key_counts",)
    relations: ClassVar[tuple[str, ...]] = ("key_counts",)
    statements: ClassVar = {"tables": "CREATE TABLE key_counts (key text PRIMARY KEY, written integer NOT NULL)"}

    def __init__(self) -> None:
        self.fails_on: str | None = None
        self.failures_left = 10**9

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        for event in events:
            assert isinstance(event.data, MetadataUpdated)
            for key in event.data.metadata:
                if key == self.fails_on and self.failures_left > 0:
                    self.failures_left -= 1
                    raise ValueError(f"key {key} is too much")
                await connection.execute(_COUNT, key)


def with_key_counts() -> tuple[KeyCounts, Catalog]:
    """Return a counting projection, and all projections with it."""
    counts = KeyCounts()
    return counts, catalog_of(counts, *PROJECTIONS.values())


async def counted(log: Log) -> dict[str, int]:
    """Return what `KeyCounts` shows to readers."""
    async with log.database.acquire() as connection:
        rows = await connection.fetch("SELECT key, written FROM modelbox_views.key_counts")
    return {row["key"]: row["written"] for row in rows}
