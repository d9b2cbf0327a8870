"""Runs searches."""

import asyncio
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple
from uuid import UUID

from modelbox_events import Database
from modelbox_events.database import AnyConnection
from modelbox_events.event import Kind
from modelbox_projections.errors import FilterError, SearchTooSlowError
from modelbox_projections.limits import MISSING_TIMEOUT_S, SEARCH_TIMEOUT_S, SEARCHES_AT_ONCE
from modelbox_projections.search.missing import (
    Missing,
    Named,
    as_written,
    keys_meant,
    named_keys,
    names,
    newest,
    occupancy,
    presence,
)
from modelbox_projections.search.page_tokens import PageTokens
from modelbox_projections.search.statement import Draft, Scope, Statement
from modelbox_projections.turns import Turns


class Found(NamedTuple):
    """An object that was found; a search after its `page_token` goes on with the next one.

    `ordered` says that it has all values that it is ordered by.
    """

    id: UUID
    page_token: str
    ordered: bool


class Search:
    """Finds objects of one kind by a filter, in any order."""

    def __init__(self, database: Database) -> None:
        """Search in `database`."""
        self._database = database
        self._turns = Turns(SEARCHES_AT_ONCE)

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
        """Return the first objects that match, or those after a page token.

        What is added while a client goes from page to page neither shifts nor repeats anything; an object of which
        the value that it is ordered by changes meanwhile stands where its value says when its page is read.

        Args:
            kind: What is searched for.
            scope: Among which objects.
            filter: Which of them; empty means all.
            order_by: In which order; empty means the newest first, which also decides between equals.
            include_deleted: Whether deleted ones are found too.
            limit: How many at most, 1 or more.
            after: The page token of the last one of the page before, found by the same search.

        Raises:
            FilterError: The filter or the order cannot be understood.
            InvalidPageTokenError: `after` was not made by this search.
            SearchTooSlowError: It took longer than `SEARCH_TIMEOUT_S`.
            ReadsBusyError: As many searches as may be went on all the time.
            LogUnavailableError: Postgres does not answer.
        """
        try:
            draft = Draft(kind, scope, filter=filter, order_by=order_by, include_deleted=include_deleted)
        except FilterError as error:
            raise await self._narrowed(kind, scope, error) from None
        search = (kind, scope.told(), filter, order_by, include_deleted)
        tokens = PageTokens(search, draft.types)
        sql, parameters = draft.statement(limit=limit, after=tokens.values(after) if after else None)
        async with self._turns.taken(), self._database.acquire() as connection:
            try:
                # Prepared anew each time, so that Postgres plans for these values: a plan that should suit every
                # value, which it makes for a statement it knows, is many times slower for rare ones.
                prepared = await connection.prepare(sql, timeout=SEARCH_TIMEOUT_S)
                rows = await prepared.fetch(*parameters, timeout=SEARCH_TIMEOUT_S)
            except TimeoutError as error:
                raise SearchTooSlowError(SEARCH_TIMEOUT_S) from error
        return [Found(row[0], tokens.token(row[1], row[2:]), draft.is_ordered(row[2:])) for row in rows]

    async def missing(
        self,
        kind: Kind,
        scope: Scope,
        *,
        filter: str,  # noqa: A002  # the wire's name
        order_by: str,
        include_deleted: bool,
    ) -> list[Missing]:
        """Return the keys that a filter and an order name and that no object in the scope has.

        None is returned where the scope holds no object, and where it cannot be told within `MISSING_TIMEOUT_S`.

        Raises:
            FilterError: The filter or the order cannot be understood.
            LogUnavailableError: Postgres does not answer.
        """
        wanted = named_keys(kind, filter=filter, order_by=order_by)
        if not wanted:
            return []
        # Around the borrowing: the pool is told of a statement that is still being cancelled, and lends it to nobody.
        try:
            async with asyncio.timeout(MISSING_TIMEOUT_S), self._database.acquire() as connection:
                return await _missing(connection, kind, scope, wanted, include_deleted=include_deleted)
        except TimeoutError:
            return []

    async def _narrowed(self, kind: Kind, scope: Scope, error: FilterError) -> FilterError:
        """Return the error with those alone of the keys that were perhaps meant that are there, if it can be told."""
        wanted = keys_meant(kind, error)
        if not wanted:
            return error
        try:
            async with asyncio.timeout(MISSING_TIMEOUT_S), self._database.acquire() as connection:
                there = []
                for named in wanted:
                    sql, parameters = presence(kind, scope, named, include_deleted=True)
                    # Prepared anew each time, as a page is.
                    prepared = await connection.prepare(sql)
                    if await prepared.fetchval(*parameters):
                        there.append(named.text)
        except TimeoutError:
            return error
        if not there:
            return error
        return FilterError(error.field, error.position, error.problem, meant=there, known=error.known)

    async def newest_names(self, kind: Kind, scope: Scope, *, field: Literal["name", "version"] = "name") -> list[str]:
        """Return the names, or versions, of the newest `NAMES_OBJECTS_MAX` objects in a scope."""
        sql, parameters = newest(kind, scope, column=field)
        async with self._database.acquire() as connection:
            return [row[0] for row in await connection.fetch(sql, *parameters)]


async def _missing(
    connection: AnyConnection, kind: Kind, scope: Scope, wanted: Sequence[Named], *, include_deleted: bool
) -> list[Missing]:
    """Return which of the keys that are named no object has; none where there is no object."""

    async def read(statement: Statement) -> list[Any]:
        # Prepared anew each time, as a page is.
        prepared = await connection.prepare(statement.sql)
        return [row[0] for row in await prepared.fetch(*statement.parameters)]

    if not (await read(occupancy(kind, scope, include_deleted=include_deleted)))[0]:
        return []
    found: list[Missing] = []
    there_are: dict[str, tuple[str, ...]] = {}
    for named in wanted:
        if (await read(presence(kind, scope, named, include_deleted=include_deleted)))[0]:
            continue
        if named.field not in there_are:
            keys = await read(names(kind, scope, named.rule, include_deleted=include_deleted))
            there_are[named.field] = tuple(as_written(named.field, key) for key in keys)
        found.append(Missing(named.where, named.text, there_are[named.field]))
    return found
