"""Read-your-writes (case 41): a read that demands a token never gets less."""

import asyncio
import time
import uuid

import pytest

from modelbox_events import Log, LogForkedError, Position, Token
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_projections import PROJECTIONS, Cursors, NotCaughtUpError, Views, prepare
from modelbox_projections.models.kind import Models
from tests.integration.projections_support import (
    WAIT_S,
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
