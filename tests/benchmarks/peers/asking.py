"""The program that asks one server, in the environment of its client: `asking NAME ADDRESS FOLDER`.

It reads a request a line, `{"operation": "create_run", "calls": 20}`, and answers each with the seconds that its calls
took. `asking NAME ADDRESS FOLDER OPERATION WRITERS SECONDS` has so many processes do one operation for so long instead,
and answers with how many calls a second they did.

It uses the standard library alone, as `peer` does.
"""

import contextlib
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, Final, NamedTuple, TextIO, cast

from tests.benchmarks.peers.peer import LARGE_BYTES, LARGE_NAME, Name, Peer, peer_type

_READY_TIMEOUT_S: Final = 120.0
"""How long the writers may take to connect, all of them."""
_DONE_TIMEOUT_S: Final = 120.0


class Writing(NamedTuple):
    """What each of the writers does, and for how long."""

    name: Name
    address: str
    operation: str
    seconds: float


def main() -> None:
    """Answer requests until there are no more, or let writers write."""
    # What a client prints must not stand between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    name, address, folder = cast("Name", sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    if len(sys.argv) > 4:
        operation, writers, seconds = sys.argv[4], int(sys.argv[5]), float(sys.argv[6])
        _answer(answers, _calls_per_second(Writing(name, address, operation, seconds), writers))
        return
    peer = peer_type(name)(address)
    for line in sys.stdin:
        request = json.loads(line)
        _answer(answers, _timed(peer, request["operation"], request["calls"], folder))
    peer.close()


def _answer(answers: TextIO, value: Any) -> None:
    print(json.dumps(value), file=answers, flush=True)


def _timed(peer: Peer, operation: str, calls: int, folder: Path) -> list[float]:
    seconds = []
    for _ in range(calls):
        with _arguments(operation, folder) as arguments:
            start = time.perf_counter()
            getattr(peer, operation)(*arguments)
            seconds.append(time.perf_counter() - start)
    return seconds


@contextlib.contextmanager
def _arguments(operation: str, folder: Path) -> Iterator[list[Path]]:
    """Give what an operation takes: a file that nobody has seen before, an empty folder, or nothing."""
    if operation not in {"upload", "download"}:
        yield []
        return
    with tempfile.TemporaryDirectory(dir=folder) as own:
        place = Path(own)
        if operation == "upload":
            place /= LARGE_NAME
            place.write_bytes(os.urandom(LARGE_BYTES))
        # What is not on the disk yet, of this file and of what the other one was given, would slow this one down.
        os.sync()
        yield [place]


def _calls_per_second(writing: Writing, writers: int) -> float:
    peer_type(writing.name)  # its import costs more than what is measured: done once, before there are writers
    context = multiprocessing.get_context("fork")
    ready = context.Barrier(writers, timeout=_READY_TIMEOUT_S)
    rates: Queue[float] = context.Queue()
    processes = [context.Process(target=_write, args=(writing, ready, rates), daemon=True) for _ in range(writers)]
    for process in processes:
        process.start()
    total = sum(rates.get(timeout=_READY_TIMEOUT_S + writing.seconds + _DONE_TIMEOUT_S) for _ in processes)
    for process in processes:
        process.join(_DONE_TIMEOUT_S)
    return total


def _write(writing: Writing, ready: Barrier, rates: "Queue[float]") -> None:
    peer = peer_type(writing.name)(writing.address)
    call = getattr(peer, writing.operation)
    call()
    ready.wait()
    calls, start = 0, time.perf_counter()
    while (taken := time.perf_counter() - start) < writing.seconds:
        call()
        calls += 1
    rates.put(calls / taken)
    peer.close()


if __name__ == "__main__":
    main()
