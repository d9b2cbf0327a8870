"""Views that tell what the log tells no more: after a redaction those that read the event are rebuilt."""

import asyncio
from typing import Final

from modelbox_events import Log
from modelbox_events.database import AnyConnection
from modelbox_projections.catalog import PROJECTIONS, Catalog
from modelbox_projections.errors import RebuildRunningError
from modelbox_projections.rebuild import rebuild
from modelbox_projections.replay import Progress
from modelbox_projections.sql import STATEMENTS
from modelbox_projections.state import active_of, load_states

_PAUSE_S: Final = 0.5


async def outdate(
    connection: AnyConnection, event_type: str, stream_type: str, *, catalog: Catalog = PROJECTIONS
) -> None:
    """Have the views that read such events rebuilt, in the caller's transaction: whatever ends it later, they are.

    A database without views is left as it is.
    """
    if await connection.fetchval("SELECT to_regclass('modelbox_views.projection_state') IS NOT NULL"):
        names = [name for name, projection in catalog.items() if projection.reads(event_type, stream_type)]
        await connection.execute(STATEMENTS["outdate"], names)


async def renew_outdated(
    log: Log, *, catalog: Catalog = PROJECTIONS, on_progress: Progress | None = None, timeout_s: float
) -> list[str]:
    """Rebuild the views that older code has filled, or wait while a server does; return their names.

    Raises:
        TimeoutError: A server still rebuilds one after `timeout_s` seconds; it goes on.
        FoldFailedError: An event failed; readers still see the old tables.
        LogUnavailableError: Postgres does not answer.
    """
    outdated = [name for name in catalog if await _is_outdated(log, catalog, name)]
    async with asyncio.timeout(timeout_s):
        for name in outdated:
            while await _is_outdated(log, catalog, name):
                try:
                    await rebuild(log, name, catalog=catalog, on_progress=on_progress)
                except RebuildRunningError:
                    await asyncio.sleep(_PAUSE_S)
    return outdated


async def _is_outdated(log: Log, catalog: Catalog, name: str) -> bool:
    async with log.database.acquire() as connection:
        return active_of(await load_states(connection), name).code_version < catalog[name].code_version
