"""Rebuilds a projection beside the active generation, and lets the new one take over at once for all readers.

Must not know: what the projection folds.
"""

import contextlib

import asyncpg
import structlog

from modelbox_events import Log, LogUnavailableError
from modelbox_events.database import translated
from modelbox_projections.catalog import PROJECTIONS, Catalog, projection_of
from modelbox_projections.errors import FoldFailedError
from modelbox_projections.fold import Fold
from modelbox_projections.generations import create_generation, drop_generation, swap
from modelbox_projections.limits import SWAP_LAG_EVENTS_MAX
from modelbox_projections.projection import Projection
from modelbox_projections.replay import Progress, replay, sole_builder
from modelbox_projections.sql import STATEMENTS
from modelbox_projections.state import ProjectionState, Role, active_of, load_states, pause, resume_paused, state_of

_log = structlog.get_logger()


async def rebuild(
    log: Log, name: str, *, catalog: Catalog = PROJECTIONS, on_progress: Progress | None = None
) -> ProjectionState:
    """Fold the whole log anew into fresh tables and put them in the place of the active ones.

    Readers see the old tables until the new ones have come as far, then the new ones: never fewer events than before.
    A rebuild that was killed or failed goes on where it stopped when it is called again.

    Returns:
        The generation that took over.

    Raises:
        UnknownProjectionError: There is no such projection.
        NotPreparedError: It has no tables yet.
        RebuildRunningError: Another process rebuilds or checks it.
        FoldFailedError: An event failed; readers still see the old tables.
        LogUnavailableError: Postgres does not answer.
    """
    projection = projection_of(catalog, name)
    with translated():
        async with sole_builder(log, name) as connection:
            old = active_of(await load_states(connection), name)
            fold = Fold(connection, projection, await _building(connection, projection))
            try:
                await _fill(log, fold, on_progress)
                old = await _take_over(log, fold)
            except FoldFailedError as error:
                await pause(connection, fold.state, position=error.position, problem=error.problem)
                raise
            _log.info("projection_rebuilt", projection=name, generation=fold.state.generation, replaced=old.generation)
            await _drop(connection, old)
    return fold.state


async def _drop(connection: asyncpg.Connection, old: ProjectionState) -> None:
    """Drop the generation that was replaced; one that a long read still holds is dropped by the next rebuild."""
    try:
        with translated():
            await drop_generation(connection, old)
    except LogUnavailableError as error:
        _log.warning("projection_not_dropped", projection=old.name, generation=old.generation, error=str(error))


async def _building(connection: asyncpg.Connection, projection: Projection) -> ProjectionState:
    """Return the generation to fill: the one that an earlier call left if this code filled it, else a new one."""
    await resume_paused(connection, [projection.name], Role.BUILDING)
    for state in await load_states(connection):
        if state.name == projection.name and state.role is Role.BUILDING:
            if state.code_version == projection.code_version:
                return state
            await drop_generation(connection, state)
    return await create_generation(connection, projection, Role.BUILDING)


async def _fill(log: Log, fold: Fold, on_progress: Progress | None) -> None:
    head = await log.read_head()
    while head.position - fold.state.position > 0:
        await replay(log, fold, to=head.position, on_progress=on_progress)
        head = await log.read_head()
        if head.position - fold.state.position <= SWAP_LAG_EVENTS_MAX:
            return


async def _take_over(log: Log, fold: Fold) -> ProjectionState:
    """Swap generations; returns the one that was replaced."""
    holder = await log.database.connect_alone("modelbox rebuild swap")
    with contextlib.ExitStack() as cleanup:
        cleanup.callback(holder.terminate)
        async with holder.transaction():
            # The active cursor stands still from here on. The rest is committed on the other connection before the
            # swap is: a reader whose statement began before the swap must find those rows in the new tables too.
            locked = await holder.fetch(STATEMENTS["lock_active"], fold.state.name)
            old = active_of([state_of(row) for row in locked], fold.state.name)
            await replay(log, fold, to=old.position)
            await swap(holder, fold.projection, old=old, new=fold.state)
    return old
