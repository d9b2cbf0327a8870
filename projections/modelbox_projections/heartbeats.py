"""When runs were last heard of.

Heartbeats are not events: they would drown the log, and nobody asks what they once were. They change the status that
the view of runs shows, nothing else.
"""

from collections.abc import Sequence
from uuid import UUID

from modelbox_events import Database
from modelbox_projections.sql import STATEMENTS


async def record(database: Database, run_ids: Sequence[UUID]) -> None:
    """Say that these runs are alive at this moment, by the clock of the database.

    Raises:
        LogUnavailableError: Postgres does not answer; nothing was recorded.
    """
    async with database.acquire() as connection:
        await connection.execute(STATEMENTS["record_heartbeats"], list(run_ids))
