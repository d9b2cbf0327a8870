"""A process that is frozen (SIGSTOP), or whose host is gone, holds up neither views nor readers for more than seconds.

What it finds when it wakes is no longer its own: it writes nothing, and stands by.
"""

import asyncio
import time

from modelbox_events import Log
from modelbox_events.types import MetadataUpdated
from modelbox_projections import prepare
from tests.integration.projections_freezing import FREEZE, freezing
from tests.integration.projections_support import (
    WAIT_S,
    append,
    assert_rows_are_what_the_log_gives,
    counted,
    create_model,
    model_ref,
    running,
    with_key_counts,
)

TAKEN_OVER_S = 10.0
"""About 4 s on an idle machine: 3 s without a sign of life, and the look of the standby twice a second."""


def written(*keys: str) -> MetadataUpdated:
    return MetadataUpdated(object_id=model_ref("m").id, metadata=dict.fromkeys(keys, 1))


async def test_another_process_takes_over_from_a_leader_frozen_inside_a_transaction(dsn: str, log: Log) -> None:
    _, catalog = with_key_counts()
    await prepare(dsn, catalog=catalog)
    stream = await create_model(log, "m")
    async with freezing(dsn, "lead") as leader, running(log, catalog) as standby:
        await append(log, stream, written("a"))
        last = await append(log, stream, written(FREEZE))
        await leader.is_frozen()
        began = time.monotonic()
        await standby.cursors.wait(list(catalog), last.token, timeout_s=WAIT_S)
        took_s = time.monotonic() - began
        assert standby.leading
        assert await counted(log) == {"a": 1, FREEZE: 1}
        leader.go_on()
        for _ in range(20):
            last = await append(log, stream, written("a"))
            await standby.cursors.wait(list(catalog), last.token, timeout_s=WAIT_S)
            await asyncio.sleep(0.05)
        assert await counted(log) == {"a": 21, FREEZE: 1}
        assert standby.leading
    assert took_s < TAKEN_OVER_S
    await assert_rows_are_what_the_log_gives(log, catalog)
