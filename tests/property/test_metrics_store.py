"""The view of metrics is a function of the log, and what it answers is what the events say, wherever the cursor is."""

import uuid
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelbox_events import ANY_VERSION, Append, Log, NewEvent, Position, RecordedEvent
from modelbox_projections import PROJECTIONS, Role, Views, prepare
from modelbox_projections.fold import Fold
from modelbox_projections.generations import create_generation, digests, drop_generation
from modelbox_projections.metrics import sealing
from modelbox_projections.metrics.downsampling import downsampled
from modelbox_projections.metrics.pages import SeriesStart
from modelbox_projections.metrics.queries import Metrics
from modelbox_projections.metrics.series import ALL_STEPS, Steps
from modelbox_projections.page import Page
from modelbox_projections.projection import DecodedEvent
from modelbox_projections.state import ProjectionState, active_of, load_states
from tests.property.metrics_model import KEYS, Draw, DrawnSeries, Model, Streams, draws, same, shown

METRICS = PROJECTIONS["metrics"]
RANGES = (ALL_STEPS, Steps(3, 12), Steps(8, 8), Steps(20, 2**63 - 1), Steps(-5, 4))
POINTS_OF_ONE = Draw(0, "metrics", (DrawnSeries("a", "double", 9, goes_on=True, odd=30),))
SETTINGS = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a few points, so that few events make many."""
    monkeypatch.setattr(sealing, "PIECE_POINTS", 8)
    monkeypatch.setattr(sealing, "TAIL_POINTS_MAX", 60)
    monkeypatch.setattr(sealing, "TAIL_TEXT_MAX", 100)
    monkeypatch.setattr(sealing, "TAIL_VERSIONS_MAX", 6)


async def appended(log: Log, drawn: Sequence[Draw], streams: Streams) -> list[RecordedEvent]:
    """Append the events of draws; return them as the log has them."""
    before = (await log.read_head()).position
    for draw in drawn:
        stream, event = streams.event(draw)
        await log.append(Append(stream=stream, events=[NewEvent(event)], expected_version=ANY_VERSION))
    return await log.read(before)


def pages(log: Log, events: Sequence[RecordedEvent], borders: set[int]) -> Iterator[Page]:
    """Cut events into pages; an empty one before them brings a cursor from the log's beginning there."""
    first = Position(events[0].position - 1)
    edges = [0, *sorted(border for border in borders if 0 < border < len(events)), len(events)]
    for begin, end in pairwise(edges):
        after = first if begin == 0 else events[begin - 1].position
        yield Page.ending_with(after, [DecodedEvent(event, log.registry) for event in events[begin:end]])


async def folded(
    log: Log, events: Sequence[RecordedEvent], borders: set[int], only: str = "*", *, afresh: bool = False
) -> Any:
    """Fold the events into a new generation and return what its tables hold.

    Args:
        afresh: Each page on a connection of its own, as another process would.
    """
    connection = await log.database.connect_alone("test")
    state = await create_generation(connection, METRICS, Role.CHECKING)
    state = await standing_before(connection, state, events)
    for page in pages(log, events, borders):
        folding = await log.database.connect_alone("test") if afresh else connection
        fold = Fold(folding, METRICS, state)
        await fold.page(page)
        state = fold.state
        if afresh:
            await folding.close()
    async with connection.transaction():
        held = await digests(connection, METRICS, state) if only == "*" else await rows_of(connection, state, only)
    await drop_generation(connection, state)
    await connection.close()
    return held


async def standing_before(
    connection: asyncpg.Connection, state: ProjectionState, events: Sequence[RecordedEvent]
) -> ProjectionState:
    """Bring a cursor to just before the first of these events."""
    first = events[0]
    if first.position - 1 == state.position:
        return state
    page = Page(state.position, [], last=Position(first.position - 1), last_hash=state.hash)
    fold = Fold(connection, METRICS, state)
    await fold.page(page)
    return fold.state


async def rows_of(connection: asyncpg.Connection, state: ProjectionState, but: str) -> dict[str, list[str]]:
    """Return the rows of each table as JSON, without some columns."""
    found = {}
    for table in METRICS.tables:
        query = f"SELECT (to_jsonb(held) - $1::text[])::text AS row FROM {state.schema}.{table} AS held ORDER BY 1"
        found[table] = [row["row"] for row in await connection.fetch(query, but.split())]
    return found


@SETTINGS
@given(drawn=draws, borders=st.sets(st.integers(1, 39)))
async def test_the_tables_are_the_same_however_the_log_is_cut_and_whoever_folds_it(
    dsn: str, log: Log, drawn: list[Draw], borders: set[int]
) -> None:
    await prepare(dsn)
    events = await appended(log, drawn, Streams([uuid.uuid4() for _ in range(3)]))
    at_once = await folded(log, events, set())
    assert await folded(log, events, borders, afresh=True) == at_once
    assert await folded(log, events, set(range(40))) == at_once


@SETTINGS
@given(drawn=draws, seed=st.randoms(use_true_random=False))
async def test_an_object_has_the_same_rows_whatever_was_recorded_of_others_meanwhile(
    dsn: str, log: Log, drawn: list[Draw], seed: Any
) -> None:
    """But for positions and times, which are those of the log."""
    await prepare(dsn)
    drawn = [draw for draw in drawn if draw.event != "version"] or [POINTS_OF_ONE]
    moved = sorted(range(len(drawn)), key=lambda number: (seed.random(), number))
    turns = iter([drawn[number].of for number in moved])
    queues = {of: [draw for draw in drawn if draw.of == of] for of in range(3)}
    otherwise = [queues[of].pop(0) for of in turns]
    but = "object_id sealed_position last_position created_at updated_at"
    found = []
    for order in (drawn, otherwise):
        events = await appended(log, order, Streams([uuid.uuid4() for _ in range(3)]))
        found.append(await folded(log, events, {len(order) // 2}, but))
    assert found[0] == found[1]


@SETTINGS
@given(drawn=draws, borders=st.sets(st.integers(1, 39), max_size=5), max_points=st.integers(1, 40))
async def test_reads_say_what_the_events_up_to_the_cursor_say(
    dsn: str, log: Log, drawn: list[Draw], borders: set[int], max_points: int
) -> None:
    """The log is further than the view all the time."""
    await prepare(dsn)
    ids = [uuid.uuid4() for _ in range(3)]
    events = await appended(log, drawn, Streams(ids))
    views, model = Views(log.database), Model()
    connection = await log.database.connect_alone("test")
    state = await standing_before(connection, active_of(await load_states(connection), "metrics"), events)
    for page in pages(log, events, borders):
        fold = Fold(connection, METRICS, state)
        await fold.page(page)
        state = fold.state
        model.add([event.recorded for event in page.events])
        for object_id in ids:
            await assert_reads(views, model, object_id, max_points)
    await connection.close()


async def assert_reads(views: Views, model: Model, object_id: uuid.UUID, max_points: int) -> None:
    for steps in RANGES:
        expected = model.series(object_id, steps)
        assert same(await views.of(Metrics).of(object_id, steps=steps)) == same(expected)
        thin = [downsampled(series, max_points) for series in expected]
        assert same(await views.of(Metrics).of(object_id, steps=steps, max_points=max_points)) == same(thin)
        assert await views.of(Metrics).count(object_id, steps=steps) == sum(len(series.steps) for series in expected)
        some = [series for series in expected if series.key != "a"]
        assert same(await views.of(Metrics).of(object_id, KEYS[1:], steps=steps)) == same(some)
    for key in KEYS[:2]:
        assert await paged(views, object_id, key, RANGES[1], 3) == model.page(object_id, key, RANGES[1])
        assert await paged(views, object_id, key, ALL_STEPS, 11) == model.page(object_id, key, ALL_STEPS)
    newest = {series.key: series for series in await views.of(Metrics).newest(object_id)}
    doubles = {series.key: series for series in model.series(object_id, ALL_STEPS) if series.kind == "double"}
    assert newest.keys() == doubles.keys()
    for key, series in doubles.items():
        assert (newest[key].steps, shown(newest[key].values[0])) == (series.steps[-1:], shown(series.values[-1]))


async def paged(views: Views, object_id: uuid.UUID, key: str, steps: Steps, size: int) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    start: SeriesStart | None = None
    while True:
        page = await views.of(Metrics).page(
            object_id, key, steps=steps, start=start, points_max=size, bytes_max=2**20
        )  # fmt: skip
        points = [
            (step, wallclock_s, series.kind, number, shown(value))
            for series in page.series
            for number, (step, wallclock_s, value) in enumerate(
                zip(series.steps, series.wallclock_s, series.values, strict=True)
            )
        ]
        assert len(points) <= size
        found += [(step, wallclock_s, kind, value) for step, wallclock_s, kind, _, value in sorted(points)]
        if page.next is None:
            return found
        assert len(points) == size
        start = page.next
