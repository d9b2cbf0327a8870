"""The machine that something was measured on, and whether it had other work at that time."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, Self

_BUSY: Final = 0.3
"""A load above this, of processes that run or wait to, means that somebody else uses the machine."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What a figure depends on beside the code; the load is that of the last minute."""

    on: date
    processor: str
    cores: int
    memory_gib: float
    load: float

    @classmethod
    def of_now(cls) -> Self:
        """Look at this machine, before anything is measured."""
        return cls(
            on=datetime.now(UTC).date(),
            processor=_field("/proc/cpuinfo", "model name") or platform.machine(),
            cores=len(os.sched_getaffinity(0)),
            memory_gib=int(_field("/proc/meminfo", "MemTotal").removesuffix("kB")) / 1024**2,
            load=os.getloadavg()[0],
        )

    @property
    def text(self) -> str:
        """Tell of it in a sentence or two."""
        measured = f"Measured on {self.on:%Y-%m-%d}"
        what = f"{self.cores} cores of {self.processor}, {self.memory_gib:.0f} GiB"
        software = f"Linux {platform.release().split('-')[0]}, Python {platform.python_version()}"
        told = f"{measured} on {what}, {software}."
        if self.load <= _BUSY:
            return told
        return f"{told} Other work ran on the machine at the same time (load {self.load:.1f} before the start)."


def _field(file: str, name: str) -> str:
    for line in Path(file).read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
