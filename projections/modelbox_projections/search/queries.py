"""Runs searches."""

from typing import NamedTuple
from uuid import UUID

import msgspec

from modelbox_events import Database
from modelbox_projections.errors import SearchTooSlowError
from modelbox_projections.limits import SEARCH_TIMEOUT_S
from modelbox_projections.search.kinds import Kind
from modelbox_projections.search.places import Places
from modelbox_projections.search.statement import Draft, Scope


class Found(NamedTuple):
    """An object that was found; a search after its `place` goes on with the next one."""

    id: UUID
    place: str


class Search:
    """Finds objects of one kind by a filter, in any order."""

    def __init__(self, database: Database) -> None:
        """Search in `database`."""
        self._database = database

    async def page(
        self,
        kind: Kind,
        scope: Scope,
        *,
        filter: str = "",  # noqa: A002  # the wire's name
        order_by: str = "",
        include_deleted: bool = False,
        limit: int,
        after: str | None = None,
    ) -> list[Found]:
        """Return the first objects that match, or those after a place.

        What is added while a client goes from page to page neither shifts nor repeats anything; an object of which
        the value that it is ordered by changes meanwhile stands where its value says when its page is read.

        Args:
            kind: What is searched for.
            scope: Among which objects.
            filter: Which of them; empty means all.
            order_by: In which order; empty means the newest first, which also decides between equals.
            include_deleted: Whether deleted ones are found too.
            limit: How many at most, 1 or more.
            after: The place of the last one of the page before, found by the same search.

        Raises:
            FilterError: The filter or the order cannot be understood.
            InvalidPlaceError: `after` was not made by this search.
            SearchTooSlowError: It took longer than `SEARCH_TIMEOUT_S`.
            LogUnavailableError: Postgres does not answer.
        """
        draft = Draft(kind, scope, filter=filter, order_by=order_by, include_deleted=include_deleted)
        search = (kind, msgspec.structs.astuple(scope), filter, order_by, include_deleted)
        places = Places(search, draft.types)
        sql, parameters = draft.statement(limit=limit, after=places.values(after) if after else None)
        async with self._database.acquire() as connection:
            try:
                # Prepared anew each time, so that Postgres plans for these values: a plan that should suit every
                # value, which it makes for a statement it knows, is many times slower for rare ones.
                prepared = await connection.prepare(sql, timeout=SEARCH_TIMEOUT_S)
                rows = await prepared.fetch(*parameters, timeout=SEARCH_TIMEOUT_S)
            except TimeoutError as error:
                raise SearchTooSlowError(SEARCH_TIMEOUT_S) from error
        return [Found(row[0], places.text(row[1], row[2:])) for row in rows]
