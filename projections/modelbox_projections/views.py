"""The query side: what the views say now.

Every read is one statement, or one snapshot behind a lock on the view: it sees one state of the views even while a
rebuilt generation takes over. How far the views have come is `Cursors`' business: ask it before the read.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from modelbox_events import Database
from modelbox_events.event import Kind
from modelbox_projections.objects.kinds import KINDS
from modelbox_projections.objects.queries import ObjectRow, Objects

View = TypeVar("View")


class Views:
    """All views, each by its class. Their reads raise `LogUnavailableError` when Postgres does not answer."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database
        self._made: dict[Callable[[Database], Any], Any] = {}

    def of(self, view: Callable[[Database], View]) -> View:
        """Return the view of this class, the same one each time."""
        made: View | None = self._made.get(view)
        if made is None:
            made = self._made[view] = view(self._database)
        return made

    def objects_of(self, kind: Kind) -> Objects[ObjectRow]:
        """Return the view of the objects of a kind, for callers that know no more of it than its name."""
        return self.of(KINDS[kind].reads)
