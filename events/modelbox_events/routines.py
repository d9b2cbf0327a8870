"""A component's functions in the database: each is applied again where its text changed, and never set back.

What was applied is recorded with its checksum, and with the level of whoever applied it: how many states the functions
of the component had had by then. Whoever has a lower level is older, and leaves what is there. A function whose
arguments or results change gets a new name, so what a newer version brought does all that an older one's own would.
"""

from typing import Final

import asyncpg
import structlog

from modelbox_events.component import Component
from modelbox_events.database import AnyConnection
from modelbox_events.sql import STATEMENTS

_CREATE_RECORD: Final = """
CREATE TABLE IF NOT EXISTS public.modelbox_functions (
    component  text NOT NULL,
    name       text NOT NULL,
    checksum   text NOT NULL,
    level      integer NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (component, name)
)"""

_log = structlog.get_logger()


async def replace_functions(connection: asyncpg.Connection, component: Component) -> None:
    """Apply the functions of a component that are new or changed, unless a newer version was here.

    Where none was recorded, as in a database of an earlier version or one that was restored without the record, all are
    applied. One that is missing, an older version applies too.
    """
    await connection.execute(_CREATE_RECORD)
    recorded = {row["name"]: row for row in await connection.fetch(STATEMENTS["read_functions"], component.name)}
    is_older = any(row["level"] > component.level for row in recorded.values())
    if is_older:
        _log.info("functions_of_a_newer_version_stay", component=component.name, level=component.level)
    missing = await missing_functions(connection, component)
    for function in component.functions:
        known = recorded.get(function.name)
        is_there = function.name not in missing
        if is_there and is_older:
            continue
        if not is_there or known is None or known["checksum"] != function.checksum:
            await connection.execute(function.sql)
        # Also of what is the same: whoever has another text at a lower level is older than this version.
        await connection.execute(
            STATEMENTS["record_function"], component.name, function.name, function.checksum, component.level
        )


async def missing_functions(connection: AnyConnection, component: Component) -> list[str]:
    """Return the functions of a component that are not there: Postgres itself is asked, not what was recorded."""
    names = [function.name for function in component.functions]
    return [name for (name,) in await connection.fetch(STATEMENTS["missing_functions"], names)]
