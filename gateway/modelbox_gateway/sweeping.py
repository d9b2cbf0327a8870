"""Which blobs the log names, and the sweep of all others: at the start of a gateway, every day, and when asked.

Must not know: how a store keeps blobs, or how long they must have been orphans.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec
import structlog

from modelbox_events import Log, LogUnavailableError
from modelbox_gateway.blobs import Blobs
from modelbox_gateway.blobs.sweep import Sweep
from modelbox_gateway.errors import BlobStoreUnavailableError
from modelbox_projections import Cursors, NotCaughtUpError, Views

VIEW_TIMEOUT_S: Final = 30.0
"""How long one question waits for the view of artifacts to reach the log's end."""

INTERVAL_S: Final = 24 * 3600.0
RETRY_S: Final = 600.0
"""When a sweep is tried again that could not be finished."""

_log = structlog.get_logger()


class NamedBlobs:
    """Answers which blobs an event names: from the view of artifacts, once that has everything recorded before."""

    def __init__(self, log: Log, views: Views, cursors: Cursors) -> None:
        """Read from `views`, which follow `log`."""
        self._log = log
        self._views = views
        self._cursors = cursors

    async def __call__(self, sha256s: Sequence[str]) -> set[str]:
        """Return those of these SHA-256 that an event names.

        Raises:
            NotCaughtUpError: The view is not there in time, or is paused: then nobody can say.
            LogUnavailableError: Postgres does not answer.
        """
        head = await self._log.read_head()
        await self._cursors.wait(("artifacts",), head.position, timeout_s=VIEW_TIMEOUT_S)
        return await self._views.artifacts.named(sha256s)


async def keep_swept(blobs: Blobs, named: NamedBlobs) -> None:
    """Sweep now and then once a day, until cancelled."""
    while True:
        try:
            swept = await Sweep(blobs, named).run()
        except (BlobStoreUnavailableError, NotCaughtUpError, LogUnavailableError) as error:
            _log.warning("sweep_put_off", error=str(error), retry_after_s=RETRY_S)
            await asyncio.sleep(RETRY_S)
        else:
            counts = {name: count.number for name, count in msgspec.structs.asdict(swept).items()}
            (_log.info if any(counts.values()) else _log.debug)("artifacts_swept", **counts)
            await asyncio.sleep(INTERVAL_S)
