"""Server processes that a killed owner left behind: they still hold the data that the next one needs.

They are known by their program and their working folder, never by a process id from a file alone, which may by now
belong to another program. Without /proc (not Linux) nothing is ended; the servers' own locks then decide.

Must not know: what the servers do.
"""

import asyncio
import os
import signal
from pathlib import Path
from typing import Final

from modelbox_gateway.embedded.process import EmbeddedServerError

_POLL_INTERVAL_S: Final = 0.02
_PROCESSES: Final = Path("/proc")


async def end_orphans(folder: Path, program: str, *, timeout_s: float) -> None:
    """End every process of `program` that works in `folder`: asked first, killed after half of the time.

    Raises:
        EmbeddedServerError: One belongs to another account or does not end in `timeout_s` seconds.
    """
    loop = asyncio.get_running_loop()
    start = loop.time()
    asked: dict[int, signal.Signals] = {}
    while orphans := _processes(folder, program):
        waited_s = loop.time() - start
        if waited_s > timeout_s:
            raise EmbeddedServerError(f"{program} of a killed server does not end; end it by hand: {_listed(orphans)}")
        # To Postgres, SIGINT is a fast shutdown, to its lone children a cancelled query, to nats-server an orderly end.
        wanted = signal.SIGINT if waited_s < timeout_s / 2 else signal.SIGKILL
        for pid in orphans:
            if asked.get(pid) is not wanted:
                _send(pid, wanted, program)
                asked[pid] = wanted
        await asyncio.sleep(_POLL_INTERVAL_S)


def _processes(folder: Path, program: str) -> list[int]:
    return [int(entry.name) for entry in _PROCESSES.glob("[0-9]*") if _is_of(entry, folder, program)]


def _is_of(entry: Path, folder: Path, program: str) -> bool:
    try:
        return (entry / "comm").read_text().strip() == program and (entry / "cwd").readlink() == folder
    except OSError:  # it ended meanwhile, or is another account's
        return False


def _send(pid: int, number: signal.Signals, program: str) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
    except PermissionError as error:
        problem = f"{program} of a killed server runs under another account"
        raise EmbeddedServerError(f"{problem}; end it by hand: {_listed([pid])}") from error


def _listed(pids: list[int]) -> str:
    return "kill " + " ".join(str(pid) for pid in pids)
