"""The runner: pauses one projection alone, never counts twice, hands over (cases 37 and 38 of the design)."""

import asyncio
import contextlib
from typing import ClassVar

import asyncpg
import pytest

from modelbox_events import ChangeEvent, Log, NewerVersionError, Position
from modelbox_events.registry import REGISTRY, EventType, Registry
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_projections import (
    PROJECTIONS,
    CursorMovedError,
    Status,
    Views,
    catalog_of,
    list_states,
    prepare,
    rebuild,
    resume,
)
from modelbox_projections.fold import Fold
from modelbox_projections.metadata.queries import Metadata
from modelbox_projections.metrics.queries import Metrics
from modelbox_projections.model_versions.kind import ModelVersions
from modelbox_projections.models.kind import Models
from modelbox_projections.namespaces.queries import Namespaces
from modelbox_projections.page import Page, pages_of
from modelbox_projections.state import active_of
from tests.integration.projections_support import (
    WAIT_S,
    KeyCounts,
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


class SomethingNew(ChangeEvent, frozen=True, kw_only=True):
    """An event type that only a newer version knows."""

    what: str


REGISTRY_OF_TOMORROW = Registry(
    [*(kind for kind in REGISTRY.types.values() if kind.struct is not MetadataUpdated),
     EventType(MetadataUpdated, (lambda data: data,))]
)  # fmt: skip
"""Writes `MetadataUpdated` in schema version 2."""

NEWER_REGISTRY = Registry([*REGISTRY.types.values(), EventType(SomethingNew)])


class SubscribesToTheUnknown(KeyCounts):
    """Subscribes to a type that the registry of the follower does not have."""

    event_types: ClassVar[frozenset[str]] = frozenset({"SomethingNew"})


class NewerCounts(KeyCounts):
    """Counts as a later version does."""

    code_version: ClassVar[int] = 2


def written(*keys: str) -> MetadataUpdated:
    return MetadataUpdated(object_id=model_ref("m").id, metadata=dict.fromkeys(keys, 1))


async def test_views_answer_what_was_appended(dsn: str, log: Log) -> None:
    await prepare(dsn)
    async with running(log) as runner:
        stream = await write_a_bit_of_everything(log, models=3)
        await runner.cursors.wait(list(PROJECTIONS), log.head.position, timeout_s=WAIT_S)
        views = Views(log.database)
        model = await views.of(Models).get(stream.id)
        assert model is not None
        assert model.name == "model-2"
        assert await views.of(Metadata).of(stream.id) == {"more": b"[1]", "number": b"-2"}
        assert [len(series.steps) for series in await views.of(Metrics).of(stream.id)] == [1400]
        version = await views.of(ModelVersions).by_tag(stream.id, "best")
        assert version is not None
        assert version.version == "1"
        assert [(row.name, row.count("model")) for row in await views.of(Namespaces).list(limit=9)] == [("tests", 3)]
    await assert_rows_are_what_the_log_gives(log)


async def test_a_failing_event_pauses_its_projection_alone_until_it_is_fixed(dsn: str, log: Log) -> None:
    """Case 38: paused at k - 1 with the error visible; others go on; after the fix event k is folded once."""
    counts, catalog = with_key_counts()
    await prepare(dsn, catalog=catalog)
    stream = await create_model(log, "m")
    await append(log, stream, written("a"), written("a"), written("b"))
    counts.fails_on = "bad"
    bad = await append(log, stream, written("bad"))
    last = await append(log, stream, written("a"))
    async with running(log, catalog) as runner:
        await runner.cursors.wait(list(PROJECTIONS), last.token, timeout_s=WAIT_S)
        await until(lambda: any(state.status is Status.PAUSED for state in runner.cursors.states))
        state = active_of(await list_states(log), "key_counts")
        assert state.position == bad.last_position - 1
        assert state.error_position == bad.last_position
        assert state.error == "ValueError: key bad is too much"
        assert await counted(log) == {"a": 2, "b": 1}

        counts.fails_on = None
        assert await resume(log, "key_counts")
        assert not await resume(log, "models")
        await until(lambda: runner.cursors.position("key_counts") > bad.last_position)
        await runner.cursors.wait(["key_counts"], last.token, timeout_s=WAIT_S)
        assert await counted(log) == {"a": 3, "b": 1, "bad": 1}
    await assert_rows_are_what_the_log_gives(log, catalog)


async def test_a_paused_projection_is_tried_again_when_a_runner_starts(dsn: str, log: Log) -> None:
    counts, catalog = with_key_counts()
    await prepare(dsn, catalog=catalog)
    stream = await create_model(log, "m")
    counts.fails_on = "bad"
    last = await append(log, stream, written("a"), written("bad"))
    async with running(log, catalog) as runner:
        await until(lambda: any(state.status is Status.PAUSED for state in runner.cursors.states))
    counts.fails_on = None
    async with running(log, catalog) as runner:
        await until(lambda: runner.leading)
        await runner.cursors.wait(["key_counts"], last.token, timeout_s=WAIT_S)
    assert await counted(log) == {"a": 1, "bad": 1}


async def test_an_event_that_fails_twice_is_folded_the_third_time(dsn: str, log: Log) -> None:
    counts, catalog = with_key_counts()
    await prepare(dsn, catalog=catalog)
    stream = await create_model(log, "m")
    counts.fails_on, counts.failures_left = "moody", 2
    last = await append(log, stream, written("moody"))
    async with running(log, catalog) as runner:
        await runner.cursors.wait(list(catalog), last.token, timeout_s=WAIT_S)
    assert await counted(log) == {"moody": 1}


async def test_an_unknown_event_type_stops_only_who_subscribes_to_it(dsn: str, log: Log) -> None:
    catalog = catalog_of(SubscribesToTheUnknown(), *PROJECTIONS.values())
    await prepare(dsn, catalog=catalog)
    newer = await Log.open(dsn, registry=NEWER_REGISTRY)
    stream = await create_model(newer, "m")
    unknown = await append(newer, stream, SomethingNew(what="?"))
    await newer.close()
    async with running(log, catalog) as runner:
        await runner.cursors.wait(list(PROJECTIONS), unknown.token, timeout_s=WAIT_S)
        await until(lambda: bool(runner.needs_newer))
        assert runner.needs_newer.keys() == {"key_counts"}
        assert "SomethingNew" in runner.needs_newer["key_counts"]
        assert runner.leading, "nobody else is there to lead"
    state = active_of(await list_states(log), "key_counts")
    assert state.position == unknown.last_position - 1
    assert state.status is Status.RUNNING, "it is not at fault"


async def test_a_leader_that_meets_a_newer_schema_version_yields_to_who_can_read_it(dsn: str, log: Log) -> None:
    _, catalog = with_key_counts()
    await prepare(dsn, catalog=catalog)
    stream = await create_model(log, "m")
    newer_log = await Log.open(dsn, registry=REGISTRY_OF_TOMORROW)
    async with running(log, catalog) as older:
        await until(lambda: older.leading)
        async with running(newer_log, catalog) as newer:
            last = await append(log, stream, written("a"))
            await older.cursors.wait(list(catalog), last.token, timeout_s=WAIT_S)
            assert older.leading
            for _ in range(3):
                last = await append(newer_log, stream, written("b"))
                await newer.cursors.wait(list(catalog), last.token, timeout_s=WAIT_S)
            await until(lambda: newer.leading and not older.leading)
            assert "schema version 2" in older.needs_newer["key_counts"]
            states = await list_states(log)
            assert {state.status for state in states} == {Status.RUNNING}
    assert await counted(log) == {"a": 1, "b": 3}
    await newer_log.close()


async def test_a_leader_that_cannot_fold_everything_goes_on_with_the_rest(dsn: str, log: Log) -> None:
    """Two old processes: the lead passes between them, every view that they can fold goes on."""
    _, catalog = with_key_counts()
    await prepare(dsn, catalog=catalog)
    stream = await create_model(log, "m")
    newer_log = await Log.open(dsn, registry=REGISTRY_OF_TOMORROW)
    await append(newer_log, stream, written("b"))
    others = [name for name in PROJECTIONS if MetadataUpdated.__name__ not in PROJECTIONS[name].event_types]
    async with running(log, catalog) as one, running(log, catalog) as other:
        await until(lambda: bool(one.needs_newer) and bool(other.needs_newer))
        last = await append(log, stream, points(stream.id, [0.5]))
        await one.cursors.wait(others, last.token, timeout_s=WAIT_S)
    assert active_of(await list_states(log), "key_counts").position == last.last_position - 2
    async with running(newer_log, catalog) as newer:
        await newer.cursors.wait(list(catalog), last.token, timeout_s=WAIT_S)
    assert await counted(log) == {"b": 1}
    await newer_log.close()


async def test_a_view_that_newer_code_has_filled_is_left_to_that_version(dsn: str, log: Log) -> None:
    _, catalog = with_key_counts()
    newer_catalog = catalog_of(NewerCounts(), *PROJECTIONS.values())
    await prepare(dsn, catalog=newer_catalog)
    stream = await create_model(log, "m")
    async with running(log, catalog) as older:
        await until(lambda: older.leading)
        async with running(log, newer_catalog) as newer:
            last = await append(log, stream, written("a"))
            await newer.cursors.wait(list(newer_catalog), last.token, timeout_s=WAIT_S)
            assert newer.leading
            assert older.needs_newer.keys() == {"key_counts"}
    assert await counted(log) == {"a": 1}


async def test_a_rebuild_that_meets_a_newer_event_pauses_nothing(dsn: str, log: Log) -> None:
    _, catalog = with_key_counts()
    await prepare(dsn, catalog=catalog)
    stream = await create_model(log, "m")
    newer_log = await Log.open(dsn, registry=REGISTRY_OF_TOMORROW)
    await append(newer_log, stream, written("b"))
    with pytest.raises(NewerVersionError, match="schema version 2"):
        await rebuild(log, "key_counts", catalog=catalog)
    async with running(newer_log, catalog) as newer:
        await newer.cursors.wait(list(catalog), log.head.position, timeout_s=WAIT_S)
    assert {state.status for state in await list_states(log)} == {Status.RUNNING}
    await rebuild(newer_log, "key_counts", catalog=catalog)
    assert await counted(log) == {"b": 1}
    await newer_log.close()


async def test_of_two_projectors_at_once_one_writes(dsn: str, log: Log) -> None:
    """Case 37: the one that comes second finds the cursor moved, and its rows are rolled back."""
    counts, catalog = with_key_counts()
    await prepare(dsn, catalog=catalog)
    stream = await create_model(log, "m")
    await append(log, stream, written("a"), written("b"))
    state = active_of(await list_states(log), "key_counts")
    page = await _whole_log(log)
    connections = [await log.database.connect_alone("test") for _ in range(4)]
    folds = [Fold(connection, counts, state).page(page) for connection in connections]
    results = await asyncio.gather(*folds, return_exceptions=True)
    for connection in connections:
        await connection.close()
    assert results.count(None) == 1
    assert [type(result) for result in results if result is not None] == [CursorMovedError] * 3
    assert await counted(log) == {"a": 1, "b": 1}


async def test_a_standby_takes_over_and_counts_nothing_twice(dsn: str, log: Log) -> None:
    _, catalog = with_key_counts()
    await prepare(dsn, catalog=catalog)
    stream = await create_model(log, "m")
    async with contextlib.AsyncExitStack() as stack:
        leader = await stack.enter_async_context(running(log, catalog))
        await until(lambda: leader.leading)
        async with running(log, catalog) as standby:
            for expected_leader in (leader, standby):
                for _ in range(50):
                    await append(log, stream, written("a"))
                await standby.cursors.wait(list(catalog), log.head.position, timeout_s=WAIT_S)
                assert expected_leader.leading
                await stack.aclose()
    assert await counted(log) == {"a": 100}


async def test_a_runner_whose_connection_is_cut_goes_on(dsn: str, log: Log) -> None:
    _, catalog = with_key_counts()
    await prepare(dsn, catalog=catalog)
    stream = await create_model(log, "m")
    admin = await asyncpg.connect(dsn)
    async with running(log, catalog) as runner:
        for _ in range(3):
            await until(lambda: runner.leading)
            last = await append(log, stream, written("a"))
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'modelbox projections'"
            )
            await until(lambda: not runner.leading)
            assert runner.cursors.position("key_counts") == 0, "after a crash only Postgres knows where the views are"
            await runner.cursors.wait(list(catalog), last.token, timeout_s=WAIT_S)
    await admin.close()
    assert await counted(log) == {"a": 3}


async def _whole_log(log: Log) -> Page:
    (page,) = pages_of(Position(0), await log.read(Position(0)), log.registry)
    return page
