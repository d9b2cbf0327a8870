"""Checks that what was folded bit by bit is what folding the whole log at once gives."""

import msgspec

from modelbox_events import Log, Position
from modelbox_events.database import translated
from modelbox_projections.catalog import PROJECTIONS, Catalog, projection_of
from modelbox_projections.fold import Fold
from modelbox_projections.generations import TableDigest, create_generation, digests, drop_if_free
from modelbox_projections.replay import Progress, replay, sole_builder
from modelbox_projections.state import Role, active_of, load_states


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a check: the content of each table as it is, and as the log says that it should be."""

    name: str
    position: Position
    tables: dict[str, TableDigest]
    rebuilt: dict[str, TableDigest]

    @property
    def equal(self) -> bool:
        """Whether every table has the rows that the log gives."""
        return self.tables == self.rebuilt

    @property
    def rows(self) -> int:
        """How many rows the tables have."""
        return sum(digest.rows for digest in self.tables.values())


async def verify(
    log: Log, name: str, *, catalog: Catalog = PROJECTIONS, on_progress: Progress | None = None
) -> Verified:
    """Fold the log anew up to the active cursor, into tables that nobody sees, and compare.

    The active generation may move on meanwhile: it is read in one snapshot first.

    Raises:
        UnknownProjectionError: There is no such projection.
        NotPreparedError: It has no tables yet.
        RebuildRunningError: Another process rebuilds or checks it.
        FoldFailedError: An event failed.
        LogUnavailableError: Postgres does not answer.
    """
    projection = projection_of(catalog, name)
    with translated():
        async with sole_builder(log, name) as connection:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                active = active_of(await load_states(connection), name)
                tables = await digests(connection, projection, active)
            fold = Fold(connection, projection, await create_generation(connection, projection, Role.CHECKING))
            try:
                await replay(log, fold, to=active.position, on_progress=on_progress)
                async with connection.transaction():
                    rebuilt = await digests(connection, projection, fold.state)
            finally:
                await drop_if_free(connection, fold.state)
    return Verified(name=name, position=active.position, tables=tables, rebuilt=rebuilt)
