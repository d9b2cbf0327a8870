"""What the processes of a server take: seconds of the processors, and memory."""

import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_NAMES: Final = {"postgres": "Postgres", "nats-server": "NATS"}
SERVER: Final = "server"
"""What is none of the programs that it starts."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What some processes took of the processors until now, in seconds, and take of memory now, in bytes."""

    cpu_s: float = 0.0
    memory_bytes: int = 0

    def __add__(self, other: Self) -> Self:
        """Return both together."""
        return type(self)(self.cpu_s + other.cpu_s, self.memory_bytes + other.memory_bytes)


def usage_of(pids: list[int]) -> Mapping[str, Usage]:
    """Return what processes take, by the program that they run; with what their children took that have ended."""
    found: dict[str, Usage] = defaultdict(Usage)
    for pid in pids:
        try:
            name, _, rest = (Path("/proc") / str(pid) / "stat").read_text().partition("(")[2].rpartition(")")
            found[_NAMES.get(name, SERVER)] += Usage(_cpu_s(rest.split()), memory_of(pid))
        except FileNotFoundError:  # it has ended
            continue
    return found


def memory_of(pid: int) -> int:
    """Return a process's share of the memory, in bytes: of what several use, its part."""
    for line in (Path("/proc") / str(pid) / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _cpu_s(fields: list[str]) -> float:
    """Return utime, stime, cutime and cstime of what stands behind the name in `/proc/<pid>/stat` (proc(5))."""
    return sum(map(int, fields[11:15])) / _TICKS
