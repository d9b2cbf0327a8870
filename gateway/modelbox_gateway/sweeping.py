"""Which blobs the log names, and the sweep of all others: at the start of a gateway, every day, and when asked.

And whose the store is, looked at each minute.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec
import structlog

from modelbox_events import Log, LogUnavailableError
from modelbox_gateway.blobs import Blobs
from modelbox_gateway.blobs.claim import Claim
from modelbox_gateway.blobs.sweep import Sweep
from modelbox_gateway.errors import BlobStoreRefusedError, BlobStoreUnavailableError
from modelbox_gateway.health import Look
from modelbox_projections import Cursors, NotCaughtUpError, Views
from modelbox_projections.artifacts.queries import Artifacts

VIEW_TIMEOUT_S: Final = 30.0
"""How long one question waits for the view of artifacts to reach the log's end."""

INTERVAL_S: Final = 24 * 3600.0
RETRY_S: Final = 600.0
"""When a sweep is tried again that could not be finished."""

CLAIM_INTERVAL_S: Final = 60.0
"""How long a process may take bytes for a store that a fork took over: far less than any sweep waits."""

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
        return await self._views.of(Artifacts).named(sha256s)


async def keep_claimed(blobs: Blobs, claim: Claim) -> None:
    """Look each minute whose the store is, until cancelled; take it over after a fork of this log.

    Once it is another log's, no more bytes are taken, and it is read as before.
    """
    while True:
        await asyncio.sleep(CLAIM_INTERVAL_S)
        try:
            await claim.take()
        except BlobStoreRefusedError as error:
            if not blobs.lost:
                _log.error("artifact_storage_lost", error=str(error))
            blobs.lost = error
        except (BlobStoreUnavailableError, LogUnavailableError) as error:
            _log.warning("artifact_storage_owner_unknown", error=str(error), retry_after_s=CLAIM_INTERVAL_S)
        else:
            blobs.lost = None


def look_at_store(blobs: Blobs) -> Look:
    """Return whether the store is this log's, as of the last look."""
    return Look("lost", str(blobs.lost)) if blobs.lost else Look("running")


async def keep_swept(blobs: Blobs, named: NamedBlobs, claim: Claim) -> None:
    """Sweep now and then once a day, until cancelled."""
    while True:
        try:
            await claim.take()
            swept = await Sweep(blobs, named, claim.check).run()
        except (BlobStoreRefusedError, BlobStoreUnavailableError, NotCaughtUpError, LogUnavailableError) as error:
            _log.warning("sweep_put_off", error=str(error), retry_after_s=RETRY_S)
            await asyncio.sleep(RETRY_S)
        else:
            counts = {name: count.number for name, count in msgspec.structs.asdict(swept).items()}
            (_log.info if any(counts.values()) else _log.debug)("artifacts_swept", **counts)
            await asyncio.sleep(INTERVAL_S)
