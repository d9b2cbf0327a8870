"""Work in the background: whatever goes wrong in it is logged and tried again, and ends nothing else."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

PAUSE_S: Final = 1.0
"""Pause before work that failed begins again; it doubles while it fails at once."""
PAUSE_S_MAX: Final = 60.0
"""The longest pause; work that went well for longer than this begins with the shortest again."""

_log = structlog.get_logger()


async def keep_going(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do some work until it is done or cancelled; after an error that it did not foresee, begin it again.

    Args:
        name: What the log calls the work.
        work: Begins it, each time anew.
    """
    loop = asyncio.get_running_loop()
    pause_s = PAUSE_S
    while True:
        begun_s = loop.time()
        try:
            return await work()
        except Exception:  # noqa: BLE001  # a task's outermost loop
            if loop.time() - begun_s > PAUSE_S_MAX:
                pause_s = PAUSE_S
            _log.exception("background_work_failed", work=name, again_in_s=pause_s)
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, PAUSE_S_MAX)
