"""Read-your-writes (case 41): a read that demands a token never gets less."""

import asyncio
import time
import uuid
from typing import ClassVar

import msgspec
import pytest

from modelbox_events import Appended, Log, LogForkedError, Position, StreamRef, Token
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_projections import (
    PROJECTIONS,
    Cursors,
    NotCaughtUpError,
    ProjectionRunner,
    Views,
    catalog_of,
    list_states,
    prepare,
)
from modelbox_projections.models.kind import Models
from tests.integration.projections_support import (
    WAIT_S,
    KeyCounts,
    append,
    create_model,
    model_ref,
    running,
    until,
    with_key_counts,
)


async def test_a_read_after_the_wait_sees_the_write(dsn: str, log: Log) -> None:
    await prepare(dsn)
    views = Views(log.database)
    async with running(log) as runner:
        for number in range(50):
            stream = await create_model(log, f"m{number}")
            await runner.cursors.wait(["models"], Token(log.log_id, log.head.position), timeout_s=WAIT_S)
            assert await views.of(Models).get(stream.id) is not None
            assert runner.cursors.as_of(["models"]) >= Token(log.log_id, log.head.position)


async def test_cursors_of_another_process_are_polled(dsn: str, log: Log) -> None:
    """The runner is elsewhere: another log object stands for another process."""
    await prepare(dsn)
    gateway = await Log.open(dsn)
    cursors = Cursors(gateway)
    assert cursors.position("models") == 0
    async with running(log):
        for number in range(10):
            stream = await create_model(gateway, f"m{number}")
            await asyncio.gather(
                *(cursors.wait(list(PROJECTIONS), gateway.head.position, timeout_s=WAIT_S) for _ in range(20))
            )
            assert await Views(gateway.database).of(Models).get(stream.id) is not None
    await gateway.close()


async def test_a_token_of_the_future_is_not_caught_up(dsn: str, log: Log) -> None:
    await prepare(dsn)
    await create_model(log, "m")
    async with running(log) as runner:
        await until(lambda: runner.leading)
        began = time.monotonic()
        with pytest.raises(NotCaughtUpError) as failure:
            await runner.cursors.wait(["models", "metadata"], Token(log.log_id, Position(99)), timeout_s=0.3)
        assert 0.3 <= time.monotonic() - began < 5
    assert (failure.value.wanted, failure.value.position) == (99, 1)
    assert failure.value.retryable


async def test_a_token_of_another_log_is_a_fork(log: Log) -> None:
    with pytest.raises(LogForkedError):
        await Cursors(log).wait(["models"], Token(uuid.uuid4(), Position(0)), timeout_s=0)


async def test_no_token_waits_for_nothing(log: Log) -> None:
    await Cursors(log).wait(["models"], None, timeout_s=0)


async def test_without_a_runner_the_wait_ends_in_time(dsn: str, log: Log) -> None:
    await prepare(dsn)
    await create_model(log, "m")
    with pytest.raises(NotCaughtUpError, match="at position 0, the read needs 1"):
        await Cursors(log).wait(["models"], log.head.position, timeout_s=0.1)


async def test_a_paused_view_refuses_at_once_and_says_why(dsn: str, log: Log) -> None:
    counts, catalog = with_key_counts()
    await prepare(dsn, catalog=catalog)
    stream = await create_model(log, "m")
    counts.fails_on = "bad"
    await append(log, stream, MetadataUpdated(object_id=model_ref("m").id, metadata={"bad": 1}))
    async with running(log, catalog) as runner:
        with pytest.raises(NotCaughtUpError, match="paused: ValueError: key bad is too much"):
            await runner.cursors.wait(["key_counts"], log.head.position, timeout_s=WAIT_S)
        await runner.cursors.wait(["metadata"], log.head.position, timeout_s=WAIT_S)


class Resting(KeyCounts):
    """Rests for long."""

    rest_s: ClassVar[float] = 60.0


class RestingShortly(KeyCounts):
    """Rests for a moment."""

    rest_s: ClassVar[float] = 0.5


async def stands_at(runner: ProjectionRunner, name: str, position: Position) -> None:
    await until(lambda: runner.cursors.position(name) >= position)


async def counted_up(log: Log, runner: ProjectionRunner, stream: StreamRef) -> Appended:
    """Append what the counting view reads, and wait until another view has it."""
    last = await append(log, stream, MetadataUpdated(object_id=stream.id, metadata={"a": 1}))
    await runner.cursors.wait(["metadata"], last.token, timeout_s=WAIT_S)
    return last


async def test_a_view_that_rests_is_hurried_by_who_waits_for_it(dsn: str, log: Log) -> None:
    """In this process, and by one of another."""
    catalog = catalog_of(Resting(), *PROJECTIONS.values())
    await prepare(dsn, catalog=catalog)
    gateway = await Log.open(dsn)
    elsewhere = Cursors(gateway)
    stream = await create_model(log, "m")
    async with running(log, catalog) as runner:
        for cursors in (runner.cursors, elsewhere, runner.cursors, elsewhere):
            last = await counted_up(log, runner, stream)
            await cursors.wait(["key_counts"], last.token, timeout_s=WAIT_S)
        last = await counted_up(log, runner, stream)
        assert runner.cursors.position("key_counts") == last.last_position - 1, "nobody waits for it"
    await gateway.close()


async def test_who_waits_elsewhere_for_more_than_one_page_hurries_each_of_them(dsn: str, log: Log) -> None:
    """A view that rests after each page is not waited for that long, however many pages it lacks."""
    catalog = catalog_of(Resting(), *PROJECTIONS.values())
    await prepare(dsn, catalog=catalog)
    gateway = await Log.open(dsn)
    stream = await create_model(log, "m")
    async with running(log, catalog) as runner:
        first = await counted_up(log, runner, stream)
        wanted = Position(first.last_position + 3)
        waiting = asyncio.create_task(Cursors(gateway).wait(["key_counts"], wanted, timeout_s=WAIT_S))
        while log.head.position < wanted:
            await stands_at(runner, "key_counts", log.head.position)
            await counted_up(log, runner, stream)
        await waiting
    await gateway.close()


async def test_a_wish_for_a_view_lasts_until_it_moves(dsn: str, log: Log) -> None:
    """However often is said where it stands: the runner does so each second."""
    await prepare(dsn)
    stands = next(state for state in await list_states(log) if state.name == "metrics")
    cursors = Cursors(log)
    cursors.record(stands)
    cursors.hurry(["metrics"])

    cursors.record(stands)
    assert cursors.is_wanted("metrics")
    cursors.record(msgspec.structs.replace(stands, position=Position(stands.position + 1)))
    assert not cursors.is_wanted("metrics")


async def test_a_view_that_has_rested_goes_on_by_itself(dsn: str, log: Log) -> None:
    catalog = catalog_of(RestingShortly(), *PROJECTIONS.values())
    await prepare(dsn, catalog=catalog)
    stream = await create_model(log, "m")
    async with running(log, catalog) as runner:
        for _ in range(2):
            last = await counted_up(log, runner, stream)
            await stands_at(runner, "key_counts", last.last_position)
