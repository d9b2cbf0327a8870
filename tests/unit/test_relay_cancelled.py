"""A relay ends when it is cancelled, though what it waits for took no notice."""

import asyncio

import pytest

from modelbox_events.feed.cancelled import stop_if_cancelled


async def test_a_cancellation_that_was_dropped_is_noticed_at_the_next_look() -> None:
    waiting = asyncio.Event()
    after: list[str] = []

    async def work() -> None:
        stop_if_cancelled()
        try:
            waiting.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            after.append("dropped")
        stop_if_cancelled()
        after.append("went on")

    task = asyncio.create_task(work())
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert after == ["dropped"]
