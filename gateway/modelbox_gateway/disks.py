"""How much space the folders of the service have left: for Prometheus, and a warning before it is used up."""

import asyncio
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

LOW_SHARE: Final = 0.1
LOW_BYTES_MAX: Final = 10 * 1024**3
"""Space is low below a tenth of the disk, on a large one below 10 GiB."""
LOW_INODES_SHARE: Final = 0.05
_LOOK_INTERVAL_S: Final = 10.0
_WARN_INTERVAL_S: Final = 600.0

_log = structlog.get_logger()


class DiskSpace(NamedTuple):
    """What a file system has; `inodes` is 0 on one that does not count them."""

    free_bytes: int
    size_bytes: int
    free_inodes: int
    inodes: int

    @property
    def is_low(self) -> bool:
        """Whether it is time to do something."""
        few_bytes = self.free_bytes < min(LOW_BYTES_MAX, self.size_bytes * LOW_SHARE)
        return few_bytes or self.free_inodes < self.inodes * LOW_INODES_SHARE


class Disks(Collector):
    """Looks at folders now and then, and tells what it saw last."""

    def __init__(self, folders: Mapping[str, Path]) -> None:
        """Look at these folders, each under a name."""
        self._folders = dict(folders)
        self._spaces: dict[str, DiskSpace] = {}
        self._warned_at: dict[str, float] = {}

    async def follow(self) -> None:
        """Look every few seconds, until cancelled. A folder on a file system that hangs delays nothing else."""
        async with asyncio.TaskGroup() as tasks:
            for name, folder in self._folders.items():
                tasks.create_task(self._follow(name, folder), name=f"disk {name}")

    def collect(self) -> Iterable[Metric]:
        """Return the gauges of each folder."""
        about = {
            "free_bytes": "Bytes that the service may still write in the folder.",
            "size_bytes": "Size of the folder's file system.",
            "free_inodes": "Files that may still be created in the folder.",
        }
        for field, text in about.items():
            gauge = GaugeMetricFamily(f"modelbox_disk_{field}", text, labels=("folder",))
            for name, space in self._spaces.items():
                if field != "free_inodes" or space.inodes:
                    gauge.add_metric((name,), getattr(space, field))
            yield gauge

    async def _follow(self, name: str, folder: Path) -> None:
        while True:
            try:
                space = await asyncio.to_thread(space_of, folder)
            except OSError as error:
                _log.warning("disk_space_unknown", folder=str(folder), error=str(error))
                self._spaces.pop(name, None)
            else:
                self._spaces[name] = space
                self._tell(name, folder, space)
            await asyncio.sleep(_LOOK_INTERVAL_S)

    def _tell(self, name: str, folder: Path, space: DiskSpace) -> None:
        now = asyncio.get_running_loop().time()
        if not space.is_low:
            if self._warned_at.pop(name, None) is not None:
                _log.info("disk_space_is_enough_again", folder=str(folder), **space._asdict())
        elif now - self._warned_at.get(name, -_WARN_INTERVAL_S) >= _WARN_INTERVAL_S:
            self._warned_at[name] = now
            _log.warning("disk_space_low", folder=str(folder), **space._asdict())


def space_of(folder: Path) -> DiskSpace:
    """Return what the folder's file system has for this account; of one that does not exist yet, what it would have.

    Raises:
        OSError: It cannot be asked.
    """
    while not folder.exists():
        folder = folder.parent
    found = os.statvfs(folder)
    free = found.f_bavail * found.f_frsize
    return DiskSpace(free, found.f_blocks * found.f_frsize, found.f_favail, found.f_files)
