"""Reads of the log are bounded: in bytes, and in how much they look through for what they find."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from modelbox_events import ANY_VERSION, Append, Log, NewEvent, Position, StreamRef
from modelbox_events.hashing import SALTED_LEVEL
from modelbox_events.limits import EVENT_BYTES_MAX
from modelbox_events.sql import STATEMENTS
from modelbox_events.types.metrics import MetricsLogged
from modelbox_events.types.run import RunEnded
from tests.integration.log_cases import append, change, set_level, stream

MANY = 20_000
APPENDED_AT_ONCE = 2_000
BYTES_MAX = 4 * 1024 * 1024


@pytest.fixture
async def narrow_log(dsn: str) -> AsyncIterator[Log]:
    """A log with one connection to read through."""
    log = await Log.open(dsn, pool_size=1)
    yield log
    await log.close()


async def a_busy_run(log: Log) -> StreamRef:
    """Return a run with very many reports, and three other events between them."""
    run = StreamRef("default", "run", UUID(int=7))
    report = NewEvent(MetricsLogged(object_id=run.id, series=[]))
    ended = NewEvent(RunEnded(run_id=run.id, status="failed", ended_at=datetime.now(UTC), reason=""))
    for number in range(MANY // APPENDED_AT_ONCE):
        events = [*[report] * (APPENDED_AT_ONCE - 1), ended if number % 4 == 0 else change(run)]
        await log.append(Append(stream=run, events=events, expected_version=ANY_VERSION))
    return run


@pytest.mark.parametrize("types", [None, ["MetadataUpdated"]], ids=["all types", "some types"])
async def test_a_page_of_a_stream_ends_where_its_data_crosses_the_bound(log: Log, types: list[str] | None) -> None:
    """In both directions; only an empty page says that there is no more."""
    await set_level(log, SALTED_LEVEL)
    to = stream()
    for _ in range(2):
        await log.append(append(to, events=10, value="x" * (EVENT_BYTES_MAX - 200)))

    there: list[int] = []
    back: list[int] = []
    while page := await log.read_stream(to.id, after_version=len(there), types=types, bytes_max=BYTES_MAX):
        assert sum(len(event.data or b"") for event in page) < BYTES_MAX + EVENT_BYTES_MAX
        there += [event.version for event in page]
    before: int | None = None
    while page := await log.read_stream_back(to.id, before_version=before, types=types, bytes_max=BYTES_MAX):
        assert sum(len(event.data or b"") for event in page) < BYTES_MAX + EVENT_BYTES_MAX
        back += [event.version for event in page]
        before = back[-1]

    assert there == back[::-1] == list(range(1, 21))


async def test_some_types_of_a_stream_come_in_order_and_in_pages(log: Log) -> None:
    run = await a_busy_run(log)
    types = ["RunEnded", "MetadataUpdated"]
    wanted = [event.version for event in await log.read_stream(run.id, limit=2000) if event.type in types]
    versions = list(range(APPENDED_AT_ONCE, MANY + 1, APPENDED_AT_ONCE))
    assert wanted == versions[:1]

    assert [event.version for event in await log.read_stream(run.id, types=types)] == versions
    assert [event.version for event in await log.read_stream(run.id, types=types, limit=3)] == versions[:3]
    assert [event.version for event in await log.read_stream_back(run.id, types=types)] == versions[::-1]
    assert [e.version for e in await log.read_stream(run.id, types=types, after_version=versions[6])] == versions[7:]
    ended = await log.read_stream_back(run.id, types=["RunEnded"], before_version=versions[4], limit=1)
    assert [event.version for event in ended] == [versions[0]]


@pytest.mark.parametrize("mode", ["force_generic_plan", "force_custom_plan"])
@pytest.mark.parametrize("known", [False, True], ids=["before any statistics", "with statistics"])
@pytest.mark.parametrize(("statement", "bound"), [("read_stream_few", 0), ("read_stream_back_few", 2**31 - 1)])
async def test_the_few_events_of_a_busy_run_are_found_without_reading_the_others(
    log: Log, dsn: str, statement: str, bound: int, *, known: bool, mode: str
) -> None:
    """Whatever Postgres knows of the table: a plan that is made early stays."""
    run = await a_busy_run(log)
    connection = await asyncpg.connect(dsn)
    if known:
        await connection.execute("ANALYZE modelbox.events")
    await connection.execute(f"SET plan_cache_mode = {mode}")
    await connection.execute(f"PREPARE few (uuid, integer, text[], integer, bigint) AS {STATEMENTS[statement]}")
    arguments = f"'{run.id}', {bound}, '{{RunEnded,RunResumed}}', 500, 1000000"
    plan = json.loads(await connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE few ({arguments})"))
    await connection.close()

    assert plan[0]["Plan"]["Actual Rows"] == 3
    assert buffers_of(plan[0]["Plan"]) < 100


async def test_catching_up_reads_little_where_a_namespace_has_little(narrow_log: Log, dsn: str) -> None:
    """However often it is read: the plan for any namespace would look through every event of the span."""
    log = narrow_log
    first = await log.append(append(stream("sparse")))
    await a_busy_run(log)
    last = await log.append(append(stream("sparse")))
    connection = await asyncpg.connect(dsn)
    await connection.execute("ANALYZE modelbox.events")
    before = await events_fetched(log, connection)

    for _ in range(12):
        found = await log.read_where(Position(0), to=last.last_position, namespace="sparse")
        assert [event.position for event in found] == [first.last_position, last.last_position]

    assert await events_fetched(log, connection) - before < MANY
    await connection.close()


async def test_a_watched_page_tells_its_ends_and_only_the_watched_namespaces(log: Log) -> None:
    await set_level(log, SALTED_LEVEL)
    for namespace in ("a", "b", "c", "a", "b"):
        await log.append(append(stream(namespace), value="x" * 1000))
    hashes = [event.hash for event in await log.read(Position(0))]

    async def watched(after: int, to: int, *namespaces: str, bytes_max: int = 10_000) -> Any:
        return await log.read_watched(
            Position(after), to=Position(to), namespaces=namespaces, limit=100, bytes_max=bytes_max
        )

    page = await watched(0, 5, "a", "c")
    assert [event.position for event in page.events] == [1, 3, 4]
    assert (page.last, page.last_hash, page.hash_before) == (5, hashes[4], None)
    page = await watched(3, 4, "b")
    assert (page.events, page.last, page.last_hash, page.hash_before) == ([], 4, hashes[3], hashes[2])
    page = await watched(1, 5, "a", "b", bytes_max=500)
    assert ([event.position for event in page.events], page.last, page.hash_before) == ([2], 2, hashes[0])
    assert all(event.data for event in page.events)
    beyond = await watched(5, 9, "a")
    assert (beyond.events, beyond.last_hash, beyond.hash_before) == ([], None, hashes[4])


async def events_fetched(log: Log, connection: asyncpg.Connection) -> int:
    """Return how many events Postgres has fetched for this log's one connection and all that are gone."""
    async with log.database.acquire() as reading:
        await reading.execute("SELECT pg_stat_force_next_flush()")
    query = "SELECT sum(idx_tup_fetch + seq_tup_read) FROM pg_stat_user_tables WHERE relname LIKE 'events_0%'"
    return int(await connection.fetchval(query))


def buffers_of(plan: dict[str, Any]) -> int:
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])
