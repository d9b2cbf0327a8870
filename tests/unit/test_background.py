"""Work in the background goes on, whatever goes wrong in it."""

import asyncio

import pytest
import structlog.testing

from modelbox_events import background
from modelbox_events.background import keep_going


async def test_work_that_fails_is_logged_and_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "PAUSE_S", 0.001)
    begun = 0

    async def work() -> None:
        nonlocal begun
        begun += 1
        if begun < 4:
            raise KeyError("unforeseen")

    with structlog.testing.capture_logs() as logged:
        await asyncio.wait_for(keep_going("lease", work), 5)

    assert begun == 4
    assert [(line["event"], line["work"]) for line in logged] == [("background_work_failed", "lease")] * 3
    assert [line["again_in_s"] for line in logged] == [0.001, 0.002, 0.004]


async def test_work_is_cancelled_like_any_task() -> None:
    task = asyncio.create_task(keep_going("lease", asyncio.Event().wait))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
