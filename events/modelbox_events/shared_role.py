"""The role of earlier versions, which all databases of a cluster shared, and how its rights in this one end.

While processes of an earlier version work on this log, both roles are needed: the shared one becomes a member of this
database's, so that either version reads and fills what the other made. When none has been connected for a while, the
shared role loses its rights here. The role itself stays: another database may need it.
"""

import asyncio
from typing import Final, NamedTuple

import asyncpg

from modelbox_events.database import connecting
from modelbox_events.errors import DatabaseRightsError, LogUnavailableError
from modelbox_events.outage import Outage
from modelbox_events.roles import SHARED_ROLE, first_line
from modelbox_events.session import open_session
from modelbox_events.sql import STATEMENTS

UNUSED_FOR_S: Final = 60.0
"""How long no process of an earlier version may have been connected: longer than one takes to connect again."""
_LOOK_INTERVAL_S: Final = 5.0


class SharedRole(NamedTuple):
    """What the shared role is in this database."""

    has_rights: bool
    sessions: int


async def look(connection: asyncpg.Connection) -> SharedRole:
    """Return whether the shared role has rights here, and how many connections earlier versions hold."""
    [row] = await connection.fetch(STATEMENTS["shared_role"])
    return SharedRole(*row)


async def keep_earlier_versions(connection: asyncpg.Connection, role: str) -> bool:
    """Let processes of earlier versions go on working where the shared role still has rights; return whether it has.

    Raises:
        DatabaseRightsError: Some are connected and this account may not let them.
    """
    shared = await look(connection)
    if not shared.has_rights:
        return False
    grant = f"GRANT {role} TO {SHARED_ROLE}"
    try:
        await connection.execute(grant)
    except asyncpg.InsufficientPrivilegeError as error:
        if shared.sessions:
            problem = f"{first_line(error)}, and processes of an earlier version are connected; stop them"
            raise DatabaseRightsError(problem, [grant]) from error
    return True


async def wait_until_unused(dsn: str, *, unused_for_s: float = UNUSED_FOR_S) -> bool:
    """Wait until no process of an earlier version has been connected for a while.

    Returns:
        Whether there is anything to take away: False, at once, where the shared role has no rights here.
    """
    loop = asyncio.get_running_loop()
    outage = Outage()
    seen_at = loop.time()
    while True:
        try:
            shared = await _look_at(dsn)
        except LogUnavailableError as error:
            outage.warn("earlier_versions_unknown", error)
            shared = SharedRole(has_rights=True, sessions=1)  # not known is as good as connected
        if not shared.has_rights:
            return False
        if shared.sessions:
            seen_at = loop.time()
        elif loop.time() - seen_at >= unused_for_s:
            return True
        await asyncio.sleep(min(_LOOK_INTERVAL_S, unused_for_s / 2))


async def _look_at(dsn: str) -> SharedRole:
    with connecting():
        connection = await open_session(dsn, "modelbox upgrade", role=None)
        try:
            return await look(connection)
        finally:
            connection.terminate()
