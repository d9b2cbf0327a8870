"""Rebuilds a projection beside the active generation, and lets the new one take over at once for all readers."""

import asyncio
import contextlib

import asyncpg
import structlog

from modelbox_events import Log
from modelbox_events.database import translated
from modelbox_projections.catalog import PROJECTIONS, Catalog, projection_of
from modelbox_projections.errors import FoldFailedError, ViewHeldError
from modelbox_projections.fold import Fold
from modelbox_projections.generations import create_generation, drop_generation, drop_if_free, swap
from modelbox_projections.limits import (
    SWAP_LAG_EVENTS_MAX,
    SWAP_PAUSE_S,
    SWAP_TRIES_MAX,
    SWAP_WAIT_S,
    SWAP_WAIT_S_MAX,
)
from modelbox_projections.projection import Projection
from modelbox_projections.replay import Progress, replay, sole_builder
from modelbox_projections.sessions import SWAP, locks_told
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
        ViewHeldError: Reads without end held the old view; readers still see it. What was folded is kept.
        LogUnavailableError: Postgres does not answer.
    """
    projection = projection_of(catalog, name)
    with translated():
        async with sole_builder(log, name) as connection:
            old = active_of(await load_states(connection), name)
            fold = Fold(connection, projection, await _building(connection, projection))
            try:
                await _fill(log, fold, on_progress)
                old = await _take_over(log, fold, connection)
            except FoldFailedError as error:
                await pause(connection, fold.state, position=error.position, problem=error.problem)
                raise
            _log.info("projection_rebuilt", projection=name, generation=fold.state.generation, replaced=old.generation)
            await drop_if_free(connection, old)
    return fold.state


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


async def _take_over(log: Log, fold: Fold, connection: asyncpg.Connection) -> ProjectionState:
    """Swap generations; returns the one that was replaced.

    The swap waits for reads that are under way, and new ones wait for the swap. So a try is short and holds nothing
    between this one and the next; meanwhile readers read, and both generations are folded on.
    """
    for number in range(SWAP_TRIES_MAX):
        try:
            return await _swap(log, fold, wait_s=min(SWAP_WAIT_S * 2**number, SWAP_WAIT_S_MAX))
        except ViewHeldError as error:
            _log.info("projection_swap_waits", projection=fold.state.name, tries=number + 1, error=str(error))
        await asyncio.sleep(SWAP_PAUSE_S)
        await load_states(connection)  # Postgres ends a builder that seems to be frozen
        await _fill(log, fold, None)
    raise ViewHeldError(f"reads that never end keep {fold.state.name!r} from taking over")


async def _swap(log: Log, fold: Fold, *, wait_s: float) -> ProjectionState:
    """Try to swap generations, with at most `wait_s` for each lock that readers hold."""
    holder = await log.database.connect_alone("modelbox rebuild swap", SWAP)
    with contextlib.ExitStack() as cleanup, locks_told():
        cleanup.callback(holder.terminate)
        async with holder.transaction():
            # The active cursor stands still from here on. The rest is committed on the other connection before the
            # swap is: a reader whose statement began before the swap must find those rows in the new tables too.
            locked = await holder.fetch(STATEMENTS["lock_active"], fold.state.name)
            old = active_of([state_of(row) for row in locked], fold.state.name)
            await replay(log, fold, to=old.position)
            await holder.execute(STATEMENTS["limit_lock_waits"], f"{wait_s * 1000:.0f}ms")
            return await swap(holder, fold.projection, old=old, new=fold.state)
