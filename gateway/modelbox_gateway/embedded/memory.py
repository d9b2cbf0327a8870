"""Where Postgres's processes share memory that is made while they run."""

import os
import stat
from pathlib import Path
from typing import Final, Literal

_SHARED: Final = Path("/dev/shm")  # noqa: S108  a fixed place of Linux; nothing is written here
_ROOM_BYTES_MIN: Final = 256 * 1024 * 1024


def shared_memory_type() -> Literal["posix", "mmap"]:
    """Return "posix"; "mmap" (files beside the data) where /dev/shm is absent, closed or small, as in a container."""
    try:
        room, mode = os.statvfs(_SHARED), _SHARED.stat().st_mode
    except OSError:
        return "mmap"
    is_roomy = room.f_bavail * room.f_frsize >= _ROOM_BYTES_MIN
    return "posix" if is_roomy and mode & stat.S_IWOTH else "mmap"
