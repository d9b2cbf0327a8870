"""How many connections to Postgres a process opens, and how many it may."""

from typing import Final, NamedTuple

from modelbox_events.database import connecting
from modelbox_events.session import open_session
from modelbox_events.sql import STATEMENTS

CONNECTIONS_BESIDE_POOL: Final = 12
"""What a process that runs everything opens beside its pool.

Two that append, and one each for the head, the relay's turn, the runner of projections, its signs of life, a takeover
of the lead, and the renewal of views; a second for the renewal's swap; one for a look at the database (migrations,
earlier versions), and two to spare: one that breaks is replaced before Postgres has seen its end.
"""


class ConnectionLimits(NamedTuple):
    """What Postgres allows this account (which may be a superuser), and how many connections all clients hold now."""

    allowed: int
    held: int
    is_superuser: bool


async def connection_limits(dsn: str) -> ConnectionLimits:
    """Ask Postgres.

    Raises:
        LogUnavailableError: Postgres does not answer.
    """
    with connecting():
        connection = await open_session(dsn, "modelbox connections", role=None)
        try:
            [row] = await connection.fetch(STATEMENTS["connection_limits"])
        finally:
            connection.terminate()
    return ConnectionLimits(*row)
