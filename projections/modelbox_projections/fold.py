"""Folds a page into one generation or several: rows and cursors move in one transaction, or nothing does."""

import asyncio
from collections.abc import Sequence
from typing import Final

import asyncpg
import structlog

from modelbox_events import LogRefusedError, LogUnavailableError, NewerVersionError
from modelbox_projections.errors import CursorMovedError, FoldFailedError, ViewHeldError
from modelbox_projections.limits import FOLD_RETRY_PAUSE_S, FOLD_TRIES
from modelbox_projections.page import Page
from modelbox_projections.projection import Projection
from modelbox_projections.sessions import locks_told
from modelbox_projections.state import ProjectionState, advance, advance_all

_DENIED: Final = frozenset({"25006", "42501"})
"""SQLSTATEs of a database that is read-only, or of a right that was taken away: no projection can help it."""

_log = structlog.get_logger()


class Fold:
    """Folds pages into one generation of a projection.

    Attributes:
        projection: The code.
        state: Where the generation stands.
    """

    def __init__(self, connection: asyncpg.Connection, projection: Projection, state: ProjectionState) -> None:
        """Fold on a connection that the caller keeps for this."""
        self._connection = connection
        self.projection = projection
        self.state = state

    async def page(self, page: Page) -> None:
        """Fold a page that begins at the cursor. When an event fails, everything before it is folded.

        Raises:
            FoldFailedError: An event failed `FOLD_TRIES` times.
            CursorMovedError: Someone else moved the cursor.
            ViewHeldError: Somebody else holds a lock on it.
            NewerVersionError: An event can be read by a newer version only.
            LogUnavailableError: Postgres did not answer; nothing is lost, fold again.
        """
        failure = await self._try(page)
        if failure is None:
            return
        if len(page.events) > 1:
            for half in page.halves():
                await self.page(half)
            return
        if isinstance(failure, NewerVersionError):  # no fault of the view, and no use in trying again here
            raise failure
        await self._insist(page, failure)

    async def _insist(self, page: Page, failure: Exception | None) -> None:
        """Try a page of one event that failed again, until it is folded or has failed `FOLD_TRIES` times."""
        failed = page.events[0].recorded
        for tries in range(1, FOLD_TRIES):
            _log.warning(
                "fold_failed", projection=self.state.name, position=failed.position, tries=tries, exc_info=failure
            )
            await asyncio.sleep(FOLD_RETRY_PAUSE_S)
            failure = await self._try(page)
            if failure is None:
                return
        problem = f"{type(failure).__name__}: {failure}"
        raise FoldFailedError(
            self.state.name, position=failed.position, event_type=failed.type, problem=problem
        ) from failure

    async def _try(self, page: Page) -> Exception | None:
        """Fold a page in one transaction; returns what the fold raised, if it did."""
        failure = await fold_together(self._connection, [self], page)
        if isinstance(failure, CursorMovedError | ViewHeldError):
            raise failure
        return failure

    async def write(self, page: Page) -> None:
        """Move the cursor and write the rows, in the transaction that the caller has open.

        Raises:
            CursorMovedError: Someone else moved the cursor; roll back.
        """
        # The cursor first: whoever comes second waits here, finds it moved, and has written nothing.
        await advance(self._connection, self.state, page)
        if events := page.read_by(self.projection):
            await self.projection.fold(self._connection, events)


async def fold_together(
    connection: asyncpg.Connection, folds: Sequence[Fold], page: Page, *, idle: Sequence[ProjectionState] = ()
) -> Exception | None:
    """Fold a page into several generations in one transaction: a commit costs more than a small page's rows.

    Args:
        folds: What to fold; their states are moved on.
        idle: Generations to which the page says nothing: only their cursors move.

    Returns:
        What one of them raised, if one did; then nothing was written, and each is to be folded alone.

    Raises:
        LogUnavailableError: Postgres did not answer; nothing is lost, fold again.
    """
    try:
        with locks_told():
            async with connection.transaction():
                for fold in folds:
                    await fold.write(page)
                if idle:
                    await advance_all(connection, idle, page)
    except NewerVersionError as error:
        return error
    except LogRefusedError as error:
        if error.sqlstate in _DENIED:
            raise
        return error
    except LogUnavailableError:
        raise
    except Exception as error:  # noqa: BLE001  # whatever a fold raises concerns its projection alone
        return error
    for fold in folds:
        fold.state = fold.state.advanced(page)
    return None
