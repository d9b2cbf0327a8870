"""What only a newer version of ModelBox can fold, and when to give up the lead for it.

During an update two versions work on one log. A view that this one cannot fold is not at fault: it is left as it is for
a process that can, and the lead is offered to the others that stand by. Where none of them takes it and keeps it, this
process goes on with what it can fold, and offers the lead again from time to time.
"""

import asyncio
from collections.abc import Iterable

import asyncpg
import structlog

from modelbox_projections.catalog import Catalog
from modelbox_projections.lead import LOCK
from modelbox_projections.limits import OFFER_INTERVAL_S, STATES_INTERVAL_S
from modelbox_projections.sql import STATEMENTS
from modelbox_projections.state import ProjectionState

_log = structlog.get_logger()


class Newer:
    """The views that this version cannot fold.

    Attributes:
        problems: Why, by name.
    """

    def __init__(self, catalog: Catalog) -> None:
        """Know of none yet."""
        self.problems: dict[str, str] = {}
        self._catalog = catalog
        self._offer_at = 0.0

    def look(self, active: Iterable[ProjectionState]) -> None:
        """Note the views that newer code has filled."""
        for state in active:
            projection = self._catalog.get(state.name)
            if projection is None:
                self.note(state.name, "this version has no such projection")
            elif state.code_version > projection.code_version:
                ours = f"this version has code {projection.code_version} of the projection"
                self.note(state.name, f"{ours}, its tables were filled by code {state.code_version}")

    def note(self, name: str, problem: str) -> None:
        """Say that this version cannot fold a view, and why."""
        if name not in self.problems:
            _log.warning("projection_needs_newer_version", projection=name, problem=problem)
        self.problems[name] = problem

    def forget(self) -> None:
        """Try all views again."""
        self.problems = {}

    async def is_offered(self, connection: asyncpg.Connection) -> bool:
        """Tell whether to give up the lead now, so that another process may take it."""
        now = asyncio.get_running_loop().time()
        if not self.problems or now < self._offer_at:
            return False
        if not await connection.fetchval(STATEMENTS["others_stand_by"], LOCK):
            self._offer_at = now + STATES_INTERVAL_S
            return False
        self._offer_at = now + OFFER_INTERVAL_S
        _log.warning("projections_lead_offered", because=self.problems)
        return True
