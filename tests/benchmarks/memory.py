"""The memory of a server: of its own processes, of its Postgres and of its nats-server."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

_PARTS = {"postgres": "Postgres", "nats-server": "NATS"}


def memory_mib(server: int) -> dict[str, float]:
    """Return what the processes of a server take by parts, in MiB; what several share counts once (PSS).

    Args:
        server: The process id of `modelbox server start`.
    """
    found: Counter[str] = Counter()
    for pid in _tree(server):
        try:
            name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
            found[_PARTS.get(name, "server")] += _pss_kib(pid)
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile, as a worker of Postgres does
            continue
    return {part: kib / 1024 for part, kib in sorted(found.items())}


def memory_text(server: int) -> str:
    """Write it: all of it, and what it is made of."""
    parts = memory_mib(server)
    return f"{sum(parts.values()):,.0f} MiB: " + ", ".join(f"{part} {mib:,.0f}" for part, mib in parts.items())


def _tree(root: int) -> Iterator[int]:
    """Give a process and those that it started, and those they started."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            # The name before may hold spaces and brackets.
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        yield pid
        waiting += [child for child, parent in parents.items() if parent == pid]


def _pss_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0
