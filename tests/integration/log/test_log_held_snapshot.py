"""A snapshot that somebody holds (a backup, an analyst) does not make appends dearer, however many come."""

import json
from typing import Any

import asyncpg

from modelbox_events import Log
from modelbox_events.batch import Batch, Prepared
from modelbox_events.hashing import SALTED_LEVEL
from modelbox_events.lane import SETTINGS
from modelbox_events.sql import STATEMENTS
from tests.integration.log_cases import append, assert_whole, stream

APPENDS = 2_000


async def test_a_held_snapshot_does_not_make_appends_to_one_stream_dearer(log: Log, dsn: str) -> None:
    """Measured in pages that an append touches: at most 1.5 times as many after thousands of versions of each row.

    As many appends come before the snapshot, so that indexes have their depth.
    """
    to = stream()
    for _ in range(APPENDS):
        await log.append(append(to))
    before = await _pages_of_an_append(log, to)
    analyst = await asyncpg.connect(dsn)
    await analyst.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    await analyst.fetch("SELECT count(*) FROM modelbox.events")

    for _ in range(APPENDS):
        await log.append(append(to))

    assert await _pages_of_an_append(log, to) <= 1.5 * before
    await analyst.close()
    await assert_whole(log)


async def _pages_of_an_append(log: Log, to: Any) -> int:
    connection = await log.database.connect_alone("test", SETTINGS)
    pages = []
    for _ in range(6):  # the first ones also read the catalogues
        arguments = Batch([Prepared(append(to), log.registry)], log.registry, format_level=SALTED_LEVEL).arguments
        statement = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {STATEMENTS['append_requests'].split(chr(10), 1)[1]}"
        [(text,)] = await connection.fetch(statement, *arguments)
        plan = json.loads(text)[0]["Plan"]
        pages.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
    await connection.close()
    return int(min(pages))
