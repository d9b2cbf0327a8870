"""Renews views that this version of ModelBox, or this log, did not give."""

import asyncio
from collections.abc import Iterable

import asyncpg
import structlog

from modelbox_events import Log, LogUnavailableError, Position
from modelbox_events.outage import Outage
from modelbox_projections.catalog import Catalog
from modelbox_projections.errors import FoldFailedError, RebuildRunningError, ViewHeldError
from modelbox_projections.generations import create_generation, drop_generation, drop_if_free, swap
from modelbox_projections.limits import STATES_INTERVAL_S
from modelbox_projections.projection import Projection
from modelbox_projections.rebuild import rebuild
from modelbox_projections.sessions import locks_told
from modelbox_projections.state import ProjectionState, Role, load_states

_log = structlog.get_logger()


class Renewal:
    """Rebuilds projections whose code version has risen, one after another.

    Attributes:
        outdated: The names of those to rebuild; the runner says which.
    """

    def __init__(self, log: Log, catalog: Catalog) -> None:
        """Rebuild from `log`."""
        self._log = log
        self._catalog = catalog
        self._failed: set[str] = set()
        self._outage = Outage()
        self.outdated: frozenset[str] = frozenset()

    async def run(self) -> None:
        """Rebuild what is outdated, until cancelled. One that fails stays as it is until the process starts anew."""
        while True:
            if not self.outdated - self._failed:
                self._outage.over()
            for name in sorted(self.outdated - self._failed):
                try:
                    await rebuild(self._log, name, catalog=self._catalog)
                except (RebuildRunningError, ViewHeldError, LogUnavailableError) as error:
                    if self._outage.failed(f"{name} {type(error).__name__}"):
                        _log.warning("projection_rebuild_waits", projection=name, error=str(error))
                except Exception as error:  # noqa: BLE001  # the task's outermost loop
                    # The old view stays, and stays visible as outdated; trying in a circle would only load the log.
                    self._failed.add(name)
                    paused_at = error.position if isinstance(error, FoldFailedError) else None
                    _log.exception("projection_rebuild_failed", projection=name, error_position=paused_at)
            await asyncio.sleep(STATES_INTERVAL_S)


def outdated_of(catalog: Catalog, states: Iterable[ProjectionState]) -> frozenset[str]:
    """Return the projections whose active generation was filled by older code."""
    return frozenset(
        state.name
        for state in states
        if state.role is Role.ACTIVE and state.name in catalog and state.code_version < catalog[state.name].code_version
    )


async def replace_strangers(connection: asyncpg.Connection, log: Log, catalog: Catalog) -> frozenset[str]:
    """Empty the views that stand at a position where this log holds another event, or none.

    That happens when the log's tables were restored without the views, or the views without the log's tables. What
    such a view says never happened, so readers wait for the new one instead of seeing it.

    Returns:
        The names of those on which somebody holds a lock: not to be folded, and to be tried again.
    """
    held: set[str] = set()
    for state in await load_states(connection):
        if state.role in {Role.ACTIVE, Role.BUILDING} and state.name in catalog and not await _belongs(log, state):
            _log.error("view_of_another_log", projection=state.name, position=state.position)
            try:
                await _empty(connection, catalog[state.name], state)
            except ViewHeldError as error:
                _log.warning("view_of_another_log_is_held", projection=state.name, error=str(error))
                held.add(state.name)
    return frozenset(held)


async def _empty(connection: asyncpg.Connection, projection: Projection, state: ProjectionState) -> None:
    if state.role is not Role.ACTIVE:
        await drop_generation(connection, state)
        return
    with locks_told():
        async with connection.transaction():
            fresh = await create_generation(connection, projection, Role.CHECKING)
            retired = await swap(connection, projection, old=state, new=fresh)
    await drop_if_free(connection, retired)


async def _belongs(log: Log, state: ProjectionState) -> bool:
    if state.position == 0:
        return True
    events = await log.read(Position(state.position - 1), limit=1, to=state.position)
    return bool(events) and events[0].hash == state.hash
