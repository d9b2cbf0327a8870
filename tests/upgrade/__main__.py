"""A log of a million events that an earlier version wrote is taken over by today's, while clients write.

`python -m tests.upgrade --python PYTHON-WITH-THE-EARLIER-VERSION [--events N]`; `make test-upgrade` makes its
environment from the repository's own history. In it:

1. A server of the earlier version runs, and its code writes the log.
2. It is asked for everything; what it answers is kept.
3. A client of that version begins to log to it, and goes on.
4. Today's server starts on the same database and feed, and brings them up to itself; a client of today begins to log to
   it, and goes on while the views are rebuilt. Then the earlier server stops.
5. Every acknowledged point is there; the chain verifies; today's server is asked for the same and answers the same.
"""

import argparse
import asyncio
import contextlib
import itertools
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import asyncpg

from modelbox import ModelBox
from modelbox_events import Log, verify
from modelbox_gateway.embedded.postgres import DATABASE
from modelbox_projections import PROJECTIONS
from modelbox_projections.state import Role, load_states
from tests.acceptance.server_process import FREE_PORTS, ServerProcess
from tests.benchmarks.servers import folder, nats, postgres
from tests.upgrade.programs import Writer, run_program

EVENTS: Final = 1_000_000
VIEWS_TIMEOUT_S: Final = 3_600.0
GOES_ON_S: Final = 10.0
"""How long the client of today goes on when the earlier server has stopped: the log may take a newer format then."""
DIFFERENCES_SHOWN: Final = 10
_POLL_S: Final = 0.5

_CONFIG: Final = """
metadata_storage = "postgres"
change_stream = "nats"
artifact_storage = "filesystem"
[metadata_storage_postgres]
dsn = "{dsn}"
[change_stream_nats]
servers = ["{nats}"]
[artifact_storage_filesystem]
folder = "{blobs}"
"""

_BEHIND: Final = """
SELECT h.position - min(s.position) FROM modelbox_views.projection_state AS s, modelbox.log_head AS h
WHERE s.role = 'active' GROUP BY h.position
"""


class Told:
    """Tells what was done, and how long it took."""

    def __init__(self) -> None:
        """Begin now."""
        self._since = time.perf_counter()

    def __call__(self, what: str) -> None:
        """Say that something is done; what comes next begins."""
        now = time.perf_counter()
        print(f"{now - self._since:8.1f} s  {what}", flush=True)
        self._since = now


def main() -> None:
    """Take the log over; the exit code says whether it went well."""
    parser = argparse.ArgumentParser(description="Take over a log that an earlier version wrote.")
    parser.add_argument("--python", required=True, help="a Python that has the earlier version")
    parser.add_argument("--events", type=int, default=EVENTS)
    options = parser.parse_args()
    python = str(Path(options.python).absolute())  # a link of an environment stays one, or it would be another Python
    sys.exit(0 if asyncio.run(_run(python, options.events)) else 1)


async def _run(python: str, events: int) -> bool:
    with folder() as place:
        async with postgres() as database, nats() as feed:
            dsn = database.dsn.replace(f"/{DATABASE}?", "/upgrade?")
            admin = await asyncpg.connect(database.dsn)
            await admin.execute("CREATE DATABASE upgrade")
            await admin.close()
            config = FREE_PORTS + _CONFIG.format(dsn=dsn, nats=feed.url, blobs=place / "blobs")
            # The command's script is the same in every version; the Python that runs it has one of them.
            with _server(place / "earlier", config, python) as earlier, _server(place / "today", config) as today:
                return await _take_over(dsn, earlier, today, python, events=events)


@contextlib.contextmanager
def _server(home: Path, config: str, *python: str) -> Iterator[ServerProcess]:
    home.mkdir()
    home.chmod(0o755)
    server = ServerProcess(home, config=config, prefix=python)
    try:
        yield server
    finally:
        server.close()


async def _take_over(dsn: str, earlier: ServerProcess, today: ServerProcess, python: str, *, events: int) -> bool:
    told = Told()
    place = earlier.folder
    address = (await asyncio.to_thread(earlier.start))["grpc_addr"]
    told("the earlier server has started")
    await run_program(python, "fill", dsn, address, str(events), str(place))
    told(f"its code has written {events:,} events")
    await _until_folded(dsn)
    told("its views are as far")
    await run_program(python, "answers", address, str(place / "before.json"))
    told("it was asked for everything")
    async with Writer(python, address, "earlier client") as before:
        address = (await asyncio.to_thread(today.start))["grpc_addr"]
        told(
            "today's server has brought the database up to itself and takes calls, while a client writes to the earlier"
        )
        async with Writer(sys.executable, address, "client of today") as after:
            acknowledged = await before.end()
            await asyncio.to_thread(earlier.stop)
            told(f"the earlier server has stopped; {before.text}")
            await _until_renewed(dsn)
            told("all views are of today's code and as far as the log, while a client writes to today's server")
            await asyncio.sleep(GOES_ON_S)
            acknowledged |= await after.end()
            told(f"it has written on; {after.text}")
    verified = await _verified(dsn)
    told(f"the chain of {verified:,} events verifies")
    lost = await asyncio.to_thread(_lost, address, acknowledged)
    told(f"of {sum(acknowledged.values()):,} acknowledged points {lost:,} are missing")
    await run_program(python, "answers", address, str(place / "after.json"))
    told("it was asked for everything")
    asked, differences = _compare(place / "before.json", place / "after.json")
    told(f"of {asked:,} answers {differences:,} differ")
    return not lost and not differences


async def _until_folded(dsn: str) -> None:
    """Wait until the views of whatever version are as far as the log."""
    connection = await asyncpg.connect(dsn)
    async with asyncio.timeout(VIEWS_TIMEOUT_S):
        while await connection.fetchval(_BEHIND) != 0:  # noqa: ASYNC110  # the other version tells nobody here
            await asyncio.sleep(_POLL_S)
    await connection.close()


async def _until_renewed(dsn: str) -> None:
    """Wait until the active views are those of today's code; they take over only when they are as far as the log."""
    connection = await asyncpg.connect(dsn)
    wanted = {name: projection.code_version for name, projection in PROJECTIONS.items()}
    async with asyncio.timeout(VIEWS_TIMEOUT_S):
        while True:
            states = [state for state in await load_states(connection) if state.role is Role.ACTIVE]
            if {state.name: state.code_version for state in states} == wanted:
                break
            await asyncio.sleep(_POLL_S)
    await connection.close()


async def _verified(dsn: str) -> int:
    log = await Log.open(dsn)
    try:
        return (await verify(log.database)).events
    finally:
        await log.close()


def _lost(address: str, acknowledged: dict[str, int]) -> int:
    """Return how many of the acknowledged points, by run, are not there."""
    with ModelBox(address) as box:
        there = {run_id: len(box.object(run_id).metrics("loss")["loss"]) for run_id in acknowledged}
    return sum(max(0, points - there[run_id]) for run_id, points in acknowledged.items())


def _compare(before: Path, after: Path) -> tuple[int, int]:
    """Return how many answers there are, and how many differ; the first of those are printed."""
    asked = differences = 0
    with before.open(encoding="utf-8") as old, after.open(encoding="utf-8") as new:
        for was, now in itertools.zip_longest(old, new, fillvalue=""):
            asked += 1
            if was != now:
                differences += 1
                if differences <= DIFFERENCES_SHOWN:
                    print(f"before: {was.strip()[:2000]}\nafter:  {now.strip()[:2000]}\n")
    return asked, differences


if __name__ == "__main__":
    main()
