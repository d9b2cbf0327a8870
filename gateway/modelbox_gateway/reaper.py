"""Process 1's duty in a container: a process that ended and has no other parent is waited for, or it stays as a zombie.

Postgres's children after a crash of the postmaster come to process 1, and whatever else lost its parent.
"""

import asyncio
import os
from pathlib import Path
from typing import Final, NamedTuple

import structlog

INIT: Final = 1
_LOOK_INTERVAL_S: Final = 2.0

_log = structlog.get_logger()


class _Zombie(NamedTuple):
    """A child that ended; with its start, since process ids come again."""

    pid: int
    started: str


async def reap_orphans() -> None:
    """Wait for children that nobody waits for, until cancelled; returns at once in any process but 1.

    A child of our own is waited for by the event loop as soon as it ends, and its exit code must not be taken from
    there. So only what was a zombie at two looks, with the loop running in between, is an orphan.
    """
    if os.getpid() != INIT:
        return
    seen: set[_Zombie] = set()
    while True:
        await asyncio.sleep(_LOOK_INTERVAL_S)
        zombies = _zombies()
        reaped = [zombie.pid for zombie in zombies & seen if _reap(zombie.pid)]
        if reaped:
            _log.info("orphans_reaped", pids=reaped)
        seen = zombies


def _zombies() -> set[_Zombie]:
    """Return our children that ended and were not waited for."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name in parentheses may hold anything: state, parent and start (22nd) follow its end.
            fields = entry.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:  # it is gone already
            continue
        if fields[0] == "Z" and int(fields[1]) == INIT:
            found.add(_Zombie(int(entry.parent.name), fields[19]))
    return found


def _reap(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:  # somebody else did
        return False
