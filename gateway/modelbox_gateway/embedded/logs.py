"""The logs of embedded servers: what a server writes stays short, also while it runs."""

import asyncio
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import structlog

LOG_BYTES_MAX: Final = 16 * 1024 * 1024
GENERATIONS: Final = 3
"""How many logs that were put aside are kept: `.1` is the newest."""
_LOOK_INTERVAL_S: Final = 5.0

_log = structlog.get_logger()


def put_aside(log: Path) -> None:
    """Put a log that has grown aside; the oldest goes.

    The server has it open and goes on writing at its new end, so it is copied and emptied, not renamed. A line that is
    written just between the two is lost. Postgres's own collector counts names up and bounds nothing.

    Raises:
        OSError: It cannot be copied; it stays as it is.
    """
    if not log.exists() or log.stat().st_size <= LOG_BYTES_MAX:
        return
    draft = log.with_name(f"{log.name}.new")
    try:
        shutil.copy2(log, draft)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    for number in range(GENERATIONS, 1, -1):
        newer = _aside(log, number - 1)
        if newer.exists():
            newer.replace(_aside(log, number))
    with log.open("rb") as grown, draft.open("ab") as copy:
        grown.seek(draft.stat().st_size)
        shutil.copyfileobj(grown, copy)  # what came during the long copy
        os.truncate(log, 0)
    draft.replace(_aside(log, 1))


async def keep_short(logs: Iterable[Path]) -> None:
    """Look at logs now and then, until cancelled."""
    watched = tuple(logs)
    while True:
        await asyncio.sleep(_LOOK_INTERVAL_S)
        for log in watched:
            try:
                await asyncio.to_thread(put_aside, log)
            except OSError as error:  # a full disk, mostly: the next round tries again
                _log.warning("embedded_log_not_put_aside", log=str(log), error=str(error))


def _aside(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")
