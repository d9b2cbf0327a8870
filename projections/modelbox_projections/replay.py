"""Replays the log into a generation that nobody sees yet.

Only the events that the projection subscribes to are read, and the next ones while these are folded.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence

import asyncpg

from modelbox_events import Log, Position
from modelbox_events.limits import PAGE_EVENTS_MAX
from modelbox_projections.errors import RebuildRunningError
from modelbox_projections.fold import Fold
from modelbox_projections.generations import drop_if_free
from modelbox_projections.limits import REPLAY_WINDOW_POSITIONS
from modelbox_projections.page import Page, pages_of
from modelbox_projections.projection import Projection
from modelbox_projections.sessions import BUILDER
from modelbox_projections.sql import STATEMENTS
from modelbox_projections.state import Role, load_states

Progress = Callable[[Position, Position], None]
"""Called after each page with where the replay is and where it is going."""


async def replay(log: Log, fold: Fold, *, to: Position, on_progress: Progress | None = None) -> None:
    """Fold everything from the generation's cursor to `to`; what is folded stays folded if it ends before.

    Raises:
        FoldFailedError: An event failed.
        CursorMovedError: Someone else fills the same generation.
        LogUnavailableError: Postgres did not answer.
    """
    async with contextlib.aclosing(_pages(log, fold, to)) as pages:
        async for page in pages:
            await fold.page(page)
            if on_progress is not None:
                on_progress(page.last, to)


@contextlib.asynccontextmanager
async def sole_builder(log: Log, name: str) -> AsyncIterator[asyncpg.Connection]:
    """Open a connection on which to fill further generations of a projection, with what killed ones left cleared away.

    Raises:
        RebuildRunningError: Another process does so at this moment.
        LogUnavailableError: Postgres does not answer.
    """
    connection = await log.database.connect_alone("modelbox rebuild", BUILDER)
    lock = f"modelbox rebuild {name}"
    try:
        if not await connection.fetchval(STATEMENTS["try_lock"], lock):
            raise RebuildRunningError(name)
        for state in await load_states(connection):
            if state.name == name and state.role in {Role.CHECKING, Role.RETIRED}:
                await drop_if_free(connection, state)
        yield connection
        # Postgres takes a moment to see a connection gone, and the next builder may come before that.
        await connection.fetchval(STATEMENTS["unlock"], lock)
    finally:
        connection.terminate()


async def _pages(log: Log, fold: Fold, to: Position) -> AsyncGenerator[Page]:
    after, span = fold.state.position, PAGE_EVENTS_MAX
    reading = asyncio.create_task(_window(log, after, to, span, fold.projection))
    try:
        while after < to:
            window = await reading
            span = _next_span(span, window)
            after = window[-1].last
            if after < to:
                reading = asyncio.create_task(_window(log, after, to, span, fold.projection))
            window.reverse()
            while window:  # each is let go once it is folded: what its events say may be much more than the log reads
                yield window.pop()
    finally:
        reading.cancel()


def _next_span(span: int, window: Sequence[Page]) -> int:
    """Return how many positions to look through next, after what was found in the last ones.

    Postgres may sort all that it finds there before it gives the first page of it (its statistics know little of a log
    that grows, or was restored a moment ago). So a window holds about a page, and widens only where little is found.
    """
    found = sum(len(page.events) for page in window)
    if found >= PAGE_EVENTS_MAX // 2 or len(window) > 1:  # several pages: it ended with its bytes
        return PAGE_EVENTS_MAX
    return min(span * 4, REPLAY_WINDOW_POSITIONS) if found < PAGE_EVENTS_MAX // 8 else span


async def _window(log: Log, after: Position, to: Position, span: int, projection: Projection) -> list[Page]:
    """Return the next pages, at least one unless `after` is `to`; without an event that it reads an empty one."""
    end = Position(min(after + span, to))
    types = sorted(projection.event_types)
    events = await log.read_where(after, to=end, types=types, stream_type=projection.stream_type, limit=PAGE_EVENTS_MAX)
    if events or after >= to:
        return list(pages_of(after, events, log.registry))
    (last,) = await log.read(Position(end - 1), limit=1, to=end)
    return [Page(after, [], last=end, last_hash=last.hash)]
