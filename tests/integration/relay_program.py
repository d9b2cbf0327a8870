"""A relay and nothing else, for the tests that stop and kill it: `relay_program.py DSN NATS_URL REPLICAS`."""

import asyncio
import sys

from modelbox_events import Log
from modelbox_events.feed import Relay


async def main(dsn: str, url: str, replicas: int) -> None:
    """Relay until killed."""
    log = await Log.open(dsn)
    await Relay(log, url.split(","), replicas=replicas).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
