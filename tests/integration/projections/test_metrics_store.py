"""The view of metrics beside the log: what is in which, who sees it meanwhile, and what goes from both."""

import asyncio
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

import asyncpg
import pytest

from modelbox_events import ANY_VERSION, Append, Log, NewEvent, Position, StreamRef
from modelbox_events.redaction import redact
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_events.types.metrics import (
    BytesSeries,
    DoubleSeries,
    MetricsLogged,
    Series,
    StringSeries,
    doubles_to_json,
)
from modelbox_events.types.run import RunEnded
from modelbox_projections import (
    PROJECTIONS,
    DecodedEvent,
    Projection,
    Steps,
    Views,
    catalog_of,
    outdate,
    prepare,
    rebuild,
    renew_outdated,
)
from modelbox_projections.limits import TAIL_VERSIONS_MAX
from modelbox_projections.metrics import queries
from modelbox_projections.metrics.outline import Head, Outline
from modelbox_projections.metrics.queries import Metrics
from modelbox_projections.metrics.series import ALL_STEPS, SeriesRow
from tests.databases import Template
from tests.integration.projections.projections_objects import BEGIN, checkpoint_created, checkpoint_ref, run_ref
from tests.integration.projections_support import (
    WAIT_S,
    append,
    assert_rows_are_what_the_log_gives,
    create_model,
    points,
    running,
    settled,
    until,
    version_created,
)

RUN: Final = run_ref(1)
FORMER: Final = Path(__file__).parent / "golden/metrics_code_3"
SECRET: Final = 1234.5
METRICS: Final = ("metrics", PROJECTIONS["metrics"].code_version)


@pytest.fixture
def template(log_template: Template) -> Template:
    """Without views: the test makes its own."""
    return log_template


async def sealed(log: Log) -> int:
    """Return how many points are sealed."""
    async with log.database.acquire() as connection:
        return int(await connection.fetchval("SELECT count(*) FROM modelbox_views.metric_points"))


async def logged(log: Log, stream: StreamRef, *events: MetricsLogged) -> list[Position]:
    """Append each event alone; return where they are."""
    found = []
    for event in events:
        request = Append(stream=stream, events=[NewEvent(event)], expected_version=ANY_VERSION)
        found.append((await log.append(request)).last_position)
    return found


async def test_points_stay_in_the_log_until_each_series_has_enough(dsn: str, log: Log) -> None:
    """A sparse key beside a dense one is sealed with it, so that no old event is needed for its sake."""
    await prepare(dsn)
    await logged(log, RUN, points(RUN.id, [0.5], key="sparse"))
    await logged(log, RUN, *(points(RUN.id, [1.0] * 100, first_step=100 * number) for number in range(20)))
    await settled(log)
    assert await sealed(log) == 0
    await logged(log, RUN, points(RUN.id, [1.0] * 100, first_step=2000))
    views = await settled(log)
    assert await sealed(log) == 2101
    await logged(log, RUN, points(RUN.id, [2.0], first_step=2100))
    views = await settled(log)
    assert await sealed(log) == 2101
    loss, sparse = await views.of(Metrics).of(RUN.id)
    assert (len(loss.steps), loss.values[-1], sparse.values) == (2101, 2.0, [0.5])
    await assert_rows_are_what_the_log_gives(log)


async def test_the_end_of_a_run_and_what_an_object_is_created_with_are_sealed_at_once(dsn: str, log: Log) -> None:
    await prepare(dsn)
    await logged(log, RUN, points(RUN.id, [1.0, 2.0, 3.0]))
    ended = RunEnded(run_id=RUN.id, status="finished", ended_at=BEGIN, reason="")
    await log.append(Append(stream=RUN, events=[NewEvent(ended)], expected_version=ANY_VERSION))
    await settled(log)
    assert await sealed(log) == 3
    await log.append(Append(stream=RUN, events=[NewEvent(ended)], expected_version=ANY_VERSION))
    made = checkpoint_created(RUN.id, epoch=7, metrics={"acc": 0.5, "loss": "NaN"})
    await append(log, checkpoint_ref(made), made)
    model = await create_model(log, "m")
    promoted = version_created(model, "1", metrics={"acc": 0.25}, step=7)
    await append(log, model, promoted)
    views = await settled(log)
    assert await sealed(log) == 6
    version = StreamRef("tests", "model_version", promoted.model_version_id)
    await logged(log, version, points(version.id, [0.75], key="acc", first_step=8))
    views = await settled(log)
    assert await sealed(log) == 6
    [series] = await views.of(Metrics).of(version.id)
    assert (series.steps, series.values) == ([7, 8], [0.25, 0.75])
    await assert_rows_are_what_the_log_gives(log)


async def test_a_reader_never_looks_through_more_of_a_stream_than_is_allowed(dsn: str, log: Log) -> None:
    """An object that has one point, then very many other events, then another point is sealed by that."""
    await prepare(dsn)
    await logged(log, RUN, points(RUN.id, [1.0]))
    other = NewEvent(MetadataUpdated(object_id=RUN.id, metadata={"n": 1}))
    for _ in range(2):
        await log.append(Append(stream=RUN, events=[other] * (TAIL_VERSIONS_MAX // 2), expected_version=ANY_VERSION))
    await logged(log, RUN, points(RUN.id, [2.0], first_step=1))
    views = await settled(log)
    assert await sealed(log) == 2
    assert [series.values for series in await views.of(Metrics).of(RUN.id)] == [[1.0, 2.0]]


async def test_what_is_redacted_goes_from_the_blocks_and_from_what_is_in_the_log_alone(dsn: str, log: Log) -> None:
    await prepare(dsn)
    places = await logged(
        log,
        RUN,
        points(RUN.id, [SECRET] * 600),
        points(RUN.id, [1.0] * 600, first_step=600),
        points(RUN.id, [2.0] * 5, first_step=1200),
        points(RUN.id, [SECRET], first_step=1205, key="other"),
    )
    views = await settled(log)
    assert await sealed(log) == 1200
    for place in (places[0], places[3]):
        await redact(dsn, place, reason="a secret was logged", also=outdate)
    assert [series.key for series in await views.of(Metrics).of(RUN.id)] == ["loss"]

    assert await renew_outdated(log, timeout_s=WAIT_S) == ["metrics"]

    [series] = await views.of(Metrics).of(RUN.id)
    assert (series.steps[0], len(series.steps), set(series.values)) == (600, 605, {1.0, 2.0})
    [summary] = (await views.of(Metrics).summaries_of_many([RUN.id]))[RUN.id]
    assert (summary.points, summary.max) == (605, 2.0)
    async with log.database.acquire() as connection:
        told = await connection.fetchval(
            "SELECT count(*) FROM modelbox_views.metric_points WHERE double_value = $1", SECRET
        )
    assert told == 0
    await assert_rows_are_what_the_log_gives(log)


async def test_processes_of_the_version_before_read_every_point(dsn: str, log: Log) -> None:
    """During an upgrade they go on with the statements that they have."""
    await prepare(dsn)
    doubles = doubles_to_json([math.nan, math.inf, -math.inf, -0.0, 1e-300])
    steps, wallclock_s = [2000, 2001, 2002, 2002, 1999], [1.5, 0.0, 3.0, 2.0, 0.0]
    more: list[Series] = [
        DoubleSeries(key="loss", steps=steps, wallclock_s=wallclock_s, values=doubles),
        StringSeries(key="text", steps=[1, 0], wallclock_s=[0.0, 0.0], values=['é\n"', ""]),
        BytesSeries(key="loss", steps=[0], wallclock_s=[0.5], values=[b"\x00\xff" * 99]),
    ]
    await logged(
        log,
        RUN,
        points(RUN.id, [float(step) for step in range(1500)]),
        MetricsLogged(object_id=RUN.id, series=more),
        points(RUN.id, [7.0], first_step=2003),
    )
    views = await settled(log)
    assert await sealed(log) == 1500
    ours = await views.of(Metrics).of(RUN.id)
    page = await views.of(Metrics).page(RUN.id, "loss", steps=ALL_STEPS, start=None, points_max=2000, bytes_max=10**6)
    async with log.database.acquire() as connection:
        chunks = await connection.fetch(_former("of"), RUN.id, [], *ALL_STEPS)
        count = await connection.fetchval(_former("count_range"), RUN.id, ["loss"], 1999, 2002)
        rows = await connection.fetch(_former("page"), RUN.id, "loss", *ALL_STEPS, 0, 2001, 10**6)
    theirs: dict[tuple[str, str], list[Any]] = {}
    for chunk in chunks:
        values = chunk[{"double": "doubles", "string": "strings", "bytes": "blobs"}[chunk["kind"]]]
        held = theirs.setdefault((chunk["key"], chunk["kind"]), [])
        held += zip(chunk["steps"], chunk["wallclock_s"], map(repr, values), strict=True)
    assert list(theirs) == [(series.key, series.kind) for series in ours]
    for series in ours:
        found = sorted(theirs[series.key, series.kind], key=lambda point: point[:2])
        assert found == list(zip(series.steps, series.wallclock_s, map(repr, series.values), strict=True))
    assert count == 5
    assert [row["step"] for row in rows if row["kind"] == "double"] == page.series[0].steps
    assert len(rows) == 1507 == sum(len(series.steps) for series in page.series)


class FormerMetrics(Projection):
    """The view of metrics as the version before had it; its tables are filled by the test."""

    name: ClassVar = "metrics"
    code_version: ClassVar = 3
    event_types: ClassVar = frozenset[str]()
    tables: ClassVar = ("metric_series", "metric_chunks")
    relations: ClassVar = (*tables, "metric_points")
    statements: ClassVar = {"tables": (FORMER / "tables.sql").read_text(encoding="utf-8")}

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        raise NotImplementedError


_FILL = """
INSERT INTO view_metrics_v1.metric_series
SELECT $1, 'loss', 'double', count(*), 1499, 1499, 1499, 0, 1499, now(), now()
FROM generate_series(0, 1499);
"""
_FILL_CHUNKS = """
INSERT INTO view_metrics_v1.metric_chunks
SELECT $1, 'loss', 'double', n / 1024, count(*), array_agg(n ORDER BY n), array_agg(n::float8 ORDER BY n),
    array_agg(n::float8 ORDER BY n)
FROM generate_series(0, 1499) AS n
GROUP BY n / 1024
"""


async def test_what_the_version_before_has_filled_is_read_until_it_is_rebuilt(dsn: str, log: Log) -> None:
    others = [projection for projection in PROJECTIONS.values() if projection.name != "metrics"]
    await prepare(dsn, catalog=catalog_of(FormerMetrics(), *others))
    await logged(log, RUN, points(RUN.id, [float(step) for step in range(1500)]))
    async with log.database.acquire() as connection:
        await connection.execute(_FILL, RUN.id)
        await connection.execute(_FILL_CHUNKS, RUN.id)
    views = Views(log.database)

    async def told() -> tuple[Any, ...]:
        page = await views.of(Metrics).page(
            RUN.id, "loss", steps=Steps(1000, 1400), start=None, points_max=300, bytes_max=9999
        )
        return (
            *(series.values for series in await views.of(Metrics).of(RUN.id)),
            *(series.steps for series in await views.of(Metrics).of(RUN.id, max_points=50)),
            *(series.steps for series in await views.of(Metrics).of(RUN.id, steps=Steps(1020, 1030))),
            await views.of(Metrics).count(RUN.id),
            await views.of(Metrics).count(RUN.id, steps=Steps(1020, 1030)),
            *(series.steps for series in page.series),
            page.next,
        )

    await prepare(dsn)
    await prepare(dsn)
    before = await told()
    async with running(log) as runner:
        await until(lambda: METRICS in {(one.name, one.code_version) for one in runner.cursors.states})
        await runner.cursors.wait(["metrics"], log.head.position, timeout_s=WAIT_S)
        after = await told()
    assert before == after
    assert len(after[0]) == 1500
    await assert_rows_are_what_the_log_gives(log)


def _former(name: str) -> str:
    return (FORMER / f"{name}.sql").read_text(encoding="utf-8")


async def test_reads_are_whole_while_a_rebuilt_view_takes_over(dsn: str, log: Log) -> None:
    await prepare(dsn)
    for number in range(30):
        await logged(log, RUN, points(RUN.id, [1.0] * 100, first_step=100 * number))
    views = await settled(log)
    done = asyncio.Event()

    async def read() -> int:
        reads = 0
        while not done.is_set():
            [series] = await views.of(Metrics).of(RUN.id)
            assert series.steps == list(range(3000))
            reads += 1
        return reads

    readers = [asyncio.create_task(read()) for _ in range(3)]
    for _ in range(4):
        await rebuild(log, "metrics")
    done.set()
    assert min(await asyncio.gather(*readers)) > 0


async def test_only_what_is_thinned_out_together_is_known_at_once(
    dsn: str, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An object of very many keys has pieces of few points: what they all hold would be more than the points."""
    monkeypatch.setattr(queries, "POINTS_AT_ONCE", 3)
    keys = [f"key {number:02}" for number in range(16)]
    made: list[str] = []
    shown: list[int] = []
    head_of, shown_of = queries._head_of, Outline.shown

    def told(row: asyncpg.Record) -> Head:
        made.append(row["key"])
        return head_of(row)

    def showing(outline: Outline, *arguments: Any) -> SeriesRow:
        shown.append(len(made))
        return shown_of(outline, *arguments)

    monkeypatch.setattr(queries, "_head_of", told)
    monkeypatch.setattr(Outline, "shown", showing)
    await prepare(dsn)
    for key in keys[::2]:
        await logged(log, RUN, points(RUN.id, [0.0, 1.0], key=key))
    ended = RunEnded(run_id=RUN.id, status="finished", ended_at=BEGIN, reason="")
    await log.append(Append(stream=RUN, events=[NewEvent(ended)], expected_version=ANY_VERSION))
    for key in keys[1:]:
        await logged(log, RUN, points(RUN.id, [2.0], key=key, first_step=2))
    views = await settled(log)

    found = await views.of(Metrics).of(RUN.id, max_points=10)

    assert [series.key for series in found] == keys
    assert [series.steps for series in found[:3]] == [[0, 1], [2], [0, 1, 2]]
    assert len(shown) == len(keys)
    assert all(heads <= number // 2 + 3 for number, heads in enumerate(shown))


async def test_many_objects_that_log_at_once_are_sealed_each_for_itself(dsn: str, log: Log) -> None:
    """Nothing of them is kept in memory between pages: a runner that takes over goes on where the tables are."""
    await prepare(dsn)
    runs = [run_ref(100 + number) for number in range(40)]
    views = Views(log.database)
    for first in range(0, 1200, 300):
        async with running(log) as runner:
            for run in runs:
                await logged(log, run, points(run.id, [float(first)] * 300, first_step=first))
            await runner.cursors.wait(list(PROJECTIONS), log.head.position, timeout_s=WAIT_S)
    assert await sealed(log) == 40 * 1200
    for run in runs[:3]:
        [series] = await views.of(Metrics).of(run.id)
        assert series.steps == list(range(1200))
    await assert_rows_are_what_the_log_gives(log)
