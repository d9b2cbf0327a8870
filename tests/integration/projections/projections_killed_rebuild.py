"""A program that rebuilds a projection, says half-way where it is, and waits there to be killed: `… dsn name`."""

import asyncio
import sys
import threading

from modelbox_events import Log, Position
from modelbox_projections import rebuild


def stop_half_way(position: Position, to: Position) -> None:
    if position * 2 >= to:
        print(position, flush=True)  # noqa: T201  # the test reads it
        threading.Event().wait()


async def main(dsn: str, name: str) -> None:
    log = await Log.open(dsn)
    await rebuild(log, name, on_progress=stop_half_way)


asyncio.run(main(sys.argv[1], sys.argv[2]))
