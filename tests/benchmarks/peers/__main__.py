"""Measure ModelBox beside MLflow: `python -m tests.benchmarks.peers --python PYTHON-WITH-MLFLOW [--write PAGE]`.

Both servers run at once on this machine, each with a Postgres of its own, and are asked in turns, each through its own
Python client: what else the machine does, and its drift, concerns both alike.
"""

import argparse
import asyncio
import statistics
from pathlib import Path

import uvloop

from tests.benchmarks.machine import Machine
from tests.benchmarks.peers.asker import Asker
from tests.benchmarks.peers.mlflow_server import mlflow_server, version_of
from tests.benchmarks.peers.rows import ROWS, WARM_UPS, Compared, Row
from tests.benchmarks.peers.table import show, write
from tests.benchmarks.processes import modelbox_server
from tests.benchmarks.servers import folder


def main() -> None:
    """Measure, print the table, and write it where that is asked for."""
    parser = argparse.ArgumentParser(description="Measure ModelBox beside MLflow.")
    parser.add_argument("--python", required=True, help="a Python that has MLflow and a driver for Postgres")
    parser.add_argument("--write", type=Path, help="the page to write the table into, between its marks")
    parser.add_argument("--rounds", type=int, default=0, help="turns of each row, instead of its own number")
    options = parser.parse_args()
    python = str(Path(options.python).absolute())  # a link of an environment stays one, or it would be another Python
    machine, peer = Machine.of_now(), version_of(python)
    compared = uvloop.run(_run(python, options.rounds))
    show(compared, machine, peer)
    if options.write:
        write(options.write, compared, machine, peer)


async def _run(python: str, rounds: int) -> list[Compared]:
    with folder() as place:
        async with modelbox_server() as ours, mlflow_server(python, place) as theirs:
            with Asker.modelbox(ours, place) as box, Asker.mlflow(theirs, place, python) as flow:
                return await asyncio.to_thread(_compare, box, flow, rounds)


def _compare(ours: Asker, theirs: Asker, rounds: int) -> list[Compared]:
    for side in (ours, theirs):
        side.ask("fill")
    compared = []
    for row in ROWS:
        compared.append(_in_turns(row, ours, theirs, rounds or row.rounds))
        print(compared[-1].text, flush=True)
    return compared


def _in_turns(row: Row, ours: Asker, theirs: Asker, rounds: int) -> Compared:
    """Measure one side and the other, in turns; who is first changes. The median turn of each counts."""
    measured: dict[Asker, list[float]] = {ours: [], theirs: []}
    if not row.writers:
        for side in measured:
            side.seconds(row.operation, calls=WARM_UPS)
    for number in range(rounds):
        for side in (ours, theirs) if number % 2 == 0 else (theirs, ours):
            measured[side].append(_seconds(row, side))
    return Compared(row, *(statistics.median(seconds) for seconds in measured.values()))


def _seconds(row: Row, side: Asker) -> float:
    """Return how long a call takes; of many writers, the time from one call's end to the next one's."""
    if row.writers:
        return 1 / side.calls_per_second(row.operation, row.writers)
    return statistics.median(side.seconds(row.operation, calls=row.calls))


main()
