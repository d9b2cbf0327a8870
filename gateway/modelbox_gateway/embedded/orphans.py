"""Server processes that a killed owner left behind: they still hold the data that the next one needs.

They are known by their program and their working folder, never by a process id from a file alone, which may by now
belong to another program. Without /proc (not Linux) nothing is ended; the servers' own locks then decide.
"""

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import Final

import structlog

from modelbox_gateway.embedded.process import EmbeddedServerError

_POLL_INTERVAL_S: Final = 0.02
_TELL_INTERVAL_S: Final = 10.0
_CLOCK_TOLERANCE_S: Final = 2.0
_PROCESSES: Final = Path("/proc")

_log = structlog.get_logger()


async def end_orphans(folder: Path, program: str, *, timeout_s: float, pid_file: Path | None = None) -> None:
    """End every process of `program` that works in `folder`: asked first, killed after half of the time.

    Args:
        folder: Where they work.
        program: Their program.
        timeout_s: How long they may take.
        pid_file: Written by the one of them that may run under an account whose processes this one cannot look into.

    Raises:
        EmbeddedServerError: One belongs to another account or does not end in `timeout_s` seconds.
    """
    loop = asyncio.get_running_loop()
    start = told = loop.time()
    asked: dict[int, signal.Signals] = {}
    while orphans := orphans_of(folder, program, pid_file=pid_file):
        now = loop.time()
        if now - start > timeout_s:
            raise EmbeddedServerError(f"{program} of a killed server does not end; end it by hand: {_listed(orphans)}")
        # To Postgres, SIGINT is a fast shutdown, to its lone children a cancelled query, to nats-server an orderly end.
        wanted = signal.SIGINT if now - start < timeout_s / 2 else signal.SIGKILL
        for pid in orphans:
            if asked.get(pid) is not wanted:
                _send(pid, wanted, program)
                asked[pid] = wanted
        if now - told > _TELL_INTERVAL_S:
            told = now
            _log.info(
                "embedded_server_of_killed_owner_ending", server=program, pids=orphans, waited_s=round(now - start)
            )
        await asyncio.sleep(_POLL_INTERVAL_S)


def orphans_of(folder: Path, program: str, *, pid_file: Path | None = None) -> list[int]:
    """Return the processes of `program` that work in `folder`."""
    return [int(entry.name) for entry in _PROCESSES.glob("[0-9]*") if _is_of(entry, folder, program, pid_file)]


def is_hidden(pid: int) -> bool:
    """Whether a process is there that /proc does not show to this account, or might be: there is no /proc."""
    if not (_PROCESSES / "self").exists():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return not (_PROCESSES / str(pid)).exists()


def _is_of(entry: Path, folder: Path, program: str, pid_file: Path | None) -> bool:
    try:
        if (entry / "comm").read_text().strip() != program:
            return False
        try:
            return (entry / "cwd").readlink() == folder
        except PermissionError:  # as root that may not look into processes of other accounts, in most containers
            return pid_file is not None and _wrote(entry, pid_file)
    except OSError:  # it ended meanwhile
        return False


def _wrote(entry: Path, pid_file: Path) -> bool:
    """Whether the process is the one that wrote the file: the number says so, and it was there before the file was."""
    if pid_file.read_text().split("\n", 1)[0] != entry.name:
        return False
    ticks = int((entry / "stat").read_text().rpartition(")")[2].split()[19])
    uptime_s = float((_PROCESSES / "uptime").read_text().split()[0])
    age_s = uptime_s - ticks / os.sysconf("SC_CLK_TCK")
    file_age_s = time.time() - pid_file.stat().st_mtime
    return age_s > file_age_s - _CLOCK_TOLERANCE_S


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
