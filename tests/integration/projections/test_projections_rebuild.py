"""Rebuilding beside the old and comparing with what the log gives (cases 39 and 40 of the design)."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import asyncpg
import pytest

from modelbox_events import Log, Position
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_projections import (
    PROJECTIONS,
    DecodedEvent,
    FoldFailedError,
    Projection,
    RebuildRunningError,
    Role,
    Status,
    UnknownProjectionError,
    catalog_of,
    list_states,
    prepare,
    rebuild,
    verify,
)
from modelbox_projections.projection import names_of
from modelbox_projections.replay import Progress, sole_builder
from modelbox_projections.state import active_of
from tests.integration.projections.projections_objects import touch_every_object, write_every_kind
from tests.integration.projections_support import (
    WAIT_S,
    append,
    assert_rows_are_what_the_log_gives,
    counted,
    create_model,
    model_ref,
    points,
    running,
    until,
    with_key_counts,
    write_a_bit_of_everything,
)

MODELS = 4_500
"""More than fit in two pages."""

REBUILD_UNTIL_KILLED = Path(__file__).parent / "projections_killed_rebuild.py"


class KeyCountsAgain(Projection):
    """A later version of `KeyCounts`: another column, another count."""

    name: ClassVar[str] = "key_counts"
    code_version: ClassVar[int] = 2
    event_types: ClassVar[frozenset[str]] = names_of(MetadataUpdated)
    tables: ClassVar[tuple[str, ...]] = ("key_counts",)
    relations: ClassVar[tuple[str, ...]] = ("key_counts",)
    statements: ClassVar = {"tables": "CREATE TABLE key_counts (written bigint NOT NULL, key text PRIMARY KEY)"}

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        for event in events:
            assert isinstance(event.data, MetadataUpdated)
            for key in event.data.metadata:
                await connection.execute("INSERT INTO key_counts VALUES (100, $1) ON CONFLICT DO NOTHING", key)


def written(*keys: str) -> MetadataUpdated:
    return MetadataUpdated(object_id=model_ref("m").id, metadata=dict.fromkeys(keys, 1))


async def test_a_rebuild_gives_the_same_rows_and_takes_over(dsn: str, log: Log) -> None:
    await prepare(dsn)
    await write_a_bit_of_everything(log, models=5)
    await write_every_kind(log)
    await touch_every_object(log)
    async with running(log) as runner:
        await runner.cursors.wait(list(PROJECTIONS), log.head.position, timeout_s=WAIT_S)
        for name in PROJECTIONS:
            before = await verify(log, name)
            steps: list[tuple[Position, Position]] = []
            state = await rebuild(log, name, on_progress=_recorder(steps))
            after = await verify(log, name)
            assert state.generation == active_of(await list_states(log), name).generation > 1
            assert before.equal
            assert all(table.rows for table in before.tables.values()), f"{name} is tried with rows"
            assert after.equal
            assert after.tables == before.tables
            assert steps[-1] == (log.head.position, log.head.position)
        # The runner goes on with the new generations.
        await write_more(log)
        await runner.cursors.wait(list(PROJECTIONS), log.head.position, timeout_s=WAIT_S)
    states = await list_states(log)
    assert [(state.name, state.role) for state in states] == [(name, Role.ACTIVE) for name in sorted(PROJECTIONS)]
    await assert_rows_are_what_the_log_gives(log)


def _recorder(steps: list[tuple[Position, Position]]) -> Progress:
    return lambda at, to: steps.append((at, to))


async def write_more(log: Log) -> None:
    stream = model_ref("model-0")
    await append(log, stream, points(stream.id, [2.0] * 400, first_step=5000))


async def test_a_changed_row_is_found(dsn: str, log: Log) -> None:
    await prepare(dsn)
    await write_a_bit_of_everything(log, models=2)
    async with running(log) as runner:
        await runner.cursors.wait(list(PROJECTIONS), log.head.position, timeout_s=WAIT_S)
    generation = active_of(await list_states(log), "model_versions").generation
    async with log.database.acquire() as connection:
        await connection.execute(f"UPDATE view_model_versions_v{generation}.last_tags SET tag = 'worst'")
    verified = await verify(log, "model_versions")
    assert not verified.equal
    assert verified.tables["last_tags"] != verified.rebuilt["last_tags"]
    assert verified.tables["objects"] == verified.rebuilt["objects"]


async def test_a_rebuild_killed_half_way_resumes_and_swaps_at_once_for_readers(dsn: str, log: Log) -> None:
    """Case 39: under writes; a reader that looks all the time never sees the view empty or older than before."""
    await prepare(dsn)
    async with running(log) as runner, asyncio.TaskGroup() as tasks:
        for number in range(MODELS):
            tasks.create_task(create_model(log, f"old-{number}"))
        await until(lambda: log.head.position >= MODELS)
        await runner.cursors.wait(["models"], Position(MODELS), timeout_s=WAIT_S)
        stop = asyncio.Event()
        writing = tasks.create_task(_write_until(log, stop))
        reading = tasks.create_task(_read_until(log, stop))

        half = await _rebuild_until_killed(dsn)
        building = [state for state in await list_states(log) if state.role is Role.BUILDING]
        assert [state.position for state in building] == [half]
        assert 0 < half < log.head.position

        steps: list[Position] = []
        await rebuild(log, "models", on_progress=lambda at, _: steps.append(at))
        assert steps[0] > half, "it goes on where it was killed"
        stop.set()
        await writing
        assert await reading > 3
        await runner.cursors.wait(["models"], log.head.position, timeout_s=WAIT_S)
    await assert_rows_are_what_the_log_gives(log)


async def _write_until(log: Log, stop: asyncio.Event) -> None:
    number = 0
    while not stop.is_set():
        await create_model(log, f"new-{number}")
        number += 1


async def _read_until(log: Log, stop: asyncio.Event) -> int:
    """Read all the time; returns how often."""
    reads, seen = 0, MODELS
    while not stop.is_set():
        async with log.database.acquire() as connection:
            found = await connection.fetchval("SELECT count(*) FROM modelbox_views.models")
        assert found >= seen, "the view never goes back"
        reads, seen = reads + 1, found
    return reads


async def _rebuild_until_killed(dsn: str) -> Position:
    """Have another process rebuild `models`, kill it half-way, and return how far it had come."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(REBUILD_UNTIL_KILLED), dsn, "models", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(WAIT_S):
        position = int(await process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        await process.wait()
    return Position(position)


async def test_two_rebuilds_of_one_projection_do_not_run_at_once(dsn: str, log: Log) -> None:
    await prepare(dsn)
    async with sole_builder(log, "models"):
        with pytest.raises(RebuildRunningError):
            await rebuild(log, "models")
        with pytest.raises(RebuildRunningError):
            await verify(log, "models")
        await rebuild(log, "metadata")


async def test_an_unknown_projection_is_named(log: Log) -> None:
    with pytest.raises(UnknownProjectionError, match="'nothing'; there are artifacts, "):
        await rebuild(log, "nothing")


async def test_a_rebuild_that_fails_leaves_readers_alone_and_goes_on_after_the_fix(dsn: str, log: Log) -> None:
    counts, catalog = with_key_counts()
    await prepare(dsn, catalog=catalog)
    stream = await create_model(log, "m")
    last = await append(log, stream, written("a"), written("bad"), written("a"))
    async with running(log, catalog) as runner:
        await runner.cursors.wait(list(catalog), last.token, timeout_s=WAIT_S)
        counts.fails_on = "bad"
        with pytest.raises(FoldFailedError) as failure:
            await rebuild(log, "key_counts", catalog=catalog)
        assert failure.value.position == last.last_position - 1
        building = next(state for state in await list_states(log) if state.role is Role.BUILDING)
        assert (building.status, building.error_position) == (Status.PAUSED, failure.value.position)
        assert await counted(log) == {"a": 2, "bad": 1}
        counts.fails_on = None
        await rebuild(log, "key_counts", catalog=catalog)
    assert await counted(log) == {"a": 2, "bad": 1}


async def test_a_raised_code_version_rebuilds_the_view_at_start(dsn: str, log: Log) -> None:
    """The shape changes too: another order of columns, which Postgres cannot replace a view with."""
    _, catalog = with_key_counts()
    await prepare(dsn, catalog=catalog)
    stream = await create_model(log, "m")
    last = await append(log, stream, written("a", "b"))
    async with running(log, catalog) as runner:
        await runner.cursors.wait(list(catalog), last.token, timeout_s=WAIT_S)
    newer = catalog_of(KeyCountsAgain(), *PROJECTIONS.values())
    await prepare(dsn, catalog=newer)
    async with running(log, newer) as runner:
        await until(
            lambda: any((state.name, state.code_version) == ("key_counts", 2) for state in runner.cursors.states)
        )
        assert await counted(log) == {"a": 100, "b": 100}
        last = await append(log, stream, written("c"))
        await runner.cursors.wait(["key_counts"], last.token, timeout_s=WAIT_S)
        assert await counted(log) == {"a": 100, "b": 100, "c": 100}
        # The older version, still running elsewhere, leaves the view to the newer one.
        async with running(log, catalog) as older:
            await append(log, stream, written("d"))
            await runner.cursors.wait(["key_counts"], log.head.position, timeout_s=WAIT_S)
            assert not older.leading
    async with running(log, catalog) as older:
        await append(log, stream, written("e"))
        await older.cursors.wait(list(PROJECTIONS), log.head.position, timeout_s=WAIT_S)
    assert "e" not in await counted(log)
    assert active_of(await list_states(log), "key_counts").code_version == 2


async def test_a_view_of_another_log_is_emptied_and_filled_anew(dsn: str, log: Log) -> None:
    """The log's tables were restored without the views: what the view says never happened."""
    await prepare(dsn)
    stream = await create_model(log, "m")
    last = await append(log, stream, written("a"))
    async with running(log) as runner:
        await runner.cursors.wait(list(PROJECTIONS), last.token, timeout_s=WAIT_S)
    async with log.database.acquire() as connection:
        await connection.execute("UPDATE modelbox_views.projection_state SET position = 7 WHERE name = 'models'")
        await connection.execute("UPDATE modelbox_views.models SET name = 'never was'")
        await connection.execute(
            "UPDATE modelbox_views.projection_state SET hash = sha256('other') WHERE name = 'namespaces'"
        )
    async with running(log) as runner:
        await until(lambda: runner.leading)
        await runner.cursors.wait(list(PROJECTIONS), last.token, timeout_s=WAIT_S)
    await assert_rows_are_what_the_log_gives(log)
    replaced = {state.name for state in await list_states(log) if state.generation == 2}
    assert replaced == {"models", "namespaces"}
