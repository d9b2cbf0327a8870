"""What the views answer about what was logged on objects: hyperparameters, events, metrics and files."""

import math
import uuid
from datetime import datetime, timedelta
from typing import Any

from modelbox_events import Log, object_id
from modelbox_events.types.artifact import UploadedFile
from modelbox_events.types.metrics import DoubleSeries, MetricsLogged, StringSeries
from modelbox_events.types.objects import EventLogged, HyperparametersLogged
from modelbox_projections import MetricSummaryRow, prepare
from modelbox_projections.artifacts.queries import Artifacts
from modelbox_projections.hyperparameters.queries import Hyperparameters
from modelbox_projections.logged_events.queries import LoggedEvents
from modelbox_projections.metrics.queries import Metrics
from tests.integration.projections.projections_objects import (
    BEGIN,
    checkpoint_created,
    checkpoint_ref,
    experiment_created,
    experiment_ref,
    run_created,
    run_ref,
)
from tests.integration.projections_support import (
    append,
    assert_rows_are_what_the_log_gives,
    create_model,
    points,
    settled,
    version_created,
)

EXPERIMENT = experiment_ref("e")
RUN = run_ref(1)


def logged(name: str, wallclock: datetime, **metadata: Any) -> EventLogged:
    event_id = object_id("logged_event", name, wallclock.isoformat())
    about: dict[str, Any] = {"source": "trainer", "wallclock": wallclock, "metadata": metadata}
    return EventLogged(object_id=RUN.id, id=event_id, name=name, **about)


async def test_the_last_value_of_a_hyperparameter_counts_and_is_kept_exactly(dsn: str, log: Log) -> None:
    await prepare(dsn)
    first = {"lr": 0.1, "optimizer.name": "adam", "layers": [64, 10]}
    await append(log, RUN, run_created(RUN, EXPERIMENT.id, hyperparameters=first))
    later = {"lr": 0.01, "seed": 2**64 - 1, "nothing": None, "amp": True}
    await append(log, RUN, HyperparametersLogged(object_id=RUN.id, hyperparameters=later))
    views = await settled(log)
    other = uuid.uuid4()
    found = await views.of(Hyperparameters).of_many([RUN.id, other])
    assert found[other] == {}
    assert found[RUN.id] == {
        "amp": b"true", "layers": b"[64,10]", "lr": b"0.01", "nothing": b"null", "optimizer.name": b'"adam"',
        "seed": b"18446744073709551615",
    }  # fmt: skip
    assert list(found[RUN.id]) == sorted(found[RUN.id])
    async with log.database.acquire() as connection:
        rows = await connection.fetch(
            "SELECT name, number FROM modelbox_views.hyperparameters WHERE number IS NOT NULL"
        )
    assert {row["name"]: row["number"] for row in rows} == {"lr": 0.01, "seed": 2.0**64}


async def test_logged_events_come_by_wallclock_in_pages(dsn: str, log: Log) -> None:
    await prepare(dsn)
    await append(log, RUN, run_created(RUN, EXPERIMENT.id))
    times = [BEGIN + timedelta(minutes=minute) for minute in (3, 1, 2, 1)]
    events = [logged(f"event-{number}", at, number=number) for number, at in enumerate(times)]
    await append(log, RUN, *events)
    views = await settled(log)
    names: list[str] = []
    after = None
    while page := await views.of(LoggedEvents).list(RUN.id, limit=2, after=after):
        names += [row.name for row in page]
        after = page[-1].sort_key
    assert names == ["event-1", "event-3", "event-2", "event-0"]
    since = await views.of(LoggedEvents).list(RUN.id, since=BEGIN + timedelta(minutes=2), limit=9)
    assert [(row.name, row.wallclock) for row in since] == [("event-2", times[2]), ("event-0", times[0])]
    assert (since[0].source, since[0].metadata, since[0].id) == ("trainer", {"number": b"2"}, events[2].id)
    assert await views.of(LoggedEvents).list(EXPERIMENT.id, limit=9) == []
    await assert_rows_are_what_the_log_gives(log)


async def test_metrics_are_summed_up_by_their_last_smallest_and_largest_point(dsn: str, log: Log) -> None:
    await prepare(dsn)
    stream = await create_model(log, "m")
    await append(log, stream, points(stream.id, [5.0, 9.0, 1.0, 4.0]))
    # Points of earlier steps came late; the last point stays the last.
    await append(log, stream, points(stream.id, [0.5, 0.7], first_step=-7))
    gaps = DoubleSeries(key="gaps", steps=[1, 2], wallclock_s=[0.0, 0.0], values=["NaN", "NaN"])
    again = DoubleSeries(key="again", steps=[1, 1, 1], wallclock_s=[3.0, 4.0, 2.0], values=["Infinity", 2.0, "NaN"])
    text = StringSeries(key="text", steps=[1], wallclock_s=[0.0], values=["s"])
    await append(log, stream, MetricsLogged(object_id=stream.id, series=[gaps, again, text]))
    views = await settled(log)
    other = uuid.uuid4()
    found = await views.of(Metrics).summaries_of_many([other, stream.id])
    assert found[other] == []
    again_row, gaps_row, loss_row = found[stream.id]
    assert loss_row == MetricSummaryRow(key="loss", latest=4.0, latest_step=3, min=0.5, max=9.0, points=6)
    assert again_row == MetricSummaryRow(key="again", latest=2.0, latest_step=1, min=2.0, max=math.inf, points=3)
    assert (gaps_row.key, gaps_row.latest_step, gaps_row.points) == ("gaps", 2, 2)
    assert all(map(math.isnan, (gaps_row.latest, gaps_row.min, gaps_row.max)))
    await assert_rows_are_what_the_log_gives(log)


async def test_metrics_of_a_checkpoint_and_of_its_promotion_are_points(dsn: str, log: Log) -> None:
    await prepare(dsn)
    await append(log, EXPERIMENT, experiment_created(EXPERIMENT))
    made = checkpoint_created(EXPERIMENT.id, epoch=7, metrics={"acc": 0.5, "loss": "NaN"})
    recorded = await append(log, checkpoint_ref(made), made)
    model = await create_model(log, "m")
    promoted = version_created(model, "1", metrics={"acc": 0.5}, step=7, checkpoint_id=made.checkpoint_id)
    await append(log, model, promoted)
    views = await settled(log)
    accuracy, loss = await views.of(Metrics).of(made.checkpoint_id)
    assert (accuracy.key, accuracy.steps, accuracy.values) == ("acc", [7], [0.5])
    assert accuracy.wallclock_s == [recorded.recorded_at.timestamp()]
    assert math.isnan(loss.values[0])
    [held] = await views.of(Metrics).of(promoted.model_version_id)
    assert (held.steps, held.values) == ([7], [0.5])


async def test_a_series_is_read_as_at_most_so_many_points_with_its_spikes(dsn: str, log: Log) -> None:
    await prepare(dsn)
    stream = await create_model(log, "m")
    values = [1.0] * 5000
    values[1234], values[4321] = 99.0, -99.0
    for first in (2500, 0):
        await append(log, stream, points(stream.id, values[first : first + 2500], first_step=first))
    views = await settled(log)
    [found] = await views.of(Metrics).of(stream.id, max_points=100)
    assert len(found.steps) <= 100
    assert found.steps == sorted(found.steps)
    assert {(1234, 99.0), (4321, -99.0)} < set(zip(found.steps, found.values, strict=True))
    assert (found.steps[0], found.steps[-1]) == (0, 4999)
    [whole] = await views.of(Metrics).of(stream.id, max_points=5000)
    assert whole.values == values


async def test_files_of_a_promoted_checkpoint_are_the_model_versions_and_their_bytes_are_known(
    dsn: str, log: Log
) -> None:
    await prepare(dsn)
    model = await create_model(log, "m")
    file = UploadedFile(id=uuid.uuid4(), path="w", file_type="MODEL", size=3, sha256="a" * 64, md5="b" * 32)
    made = version_created(model, "1", uploaded=[file])
    await append(log, model, made)
    views = await settled(log)
    [row] = await views.of(Artifacts).of(made.model_version_id, limit=9)
    assert (row.id, row.path, row.sha256, row.md5, row.size, row.uploaded) == (
        file.id,
        "w",
        "a" * 64,
        "b" * 32,
        3,
        True,
    )
    assert await views.of(Artifacts).uploaded_copy("tests", "a" * 64, 3) == row
    assert await views.of(Artifacts).uploaded_copy("elsewhere", "a" * 64, 3) is None
    assert await views.of(Artifacts).uploaded_copy("tests", "a" * 64, 4) is None
    assert await views.of(Artifacts).uploaded_copy("tests", "c" * 64, 3) is None
