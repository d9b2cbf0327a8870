"""What the server changes of what it inherits: a shell's limits and modes are not meant for a service."""

import contextlib
import os
import resource
from typing import Final

OPEN_FILES_WANTED: Final = 65_536
"""A connection is an open file, and shells allow as few as 256."""

_NOT_FOR_OTHERS: Final = 0o022


def prepare_process() -> None:
    """Allow as many open files as wanted and permitted, and let nobody else write what this process makes."""
    os.umask(os.umask(_NOT_FOR_OTHERS) | _NOT_FOR_OTHERS)
    allowed, permitted = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES_WANTED if permitted == resource.RLIM_INFINITY else min(OPEN_FILES_WANTED, permitted)
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        with contextlib.suppress(OSError, ValueError):  # a system's own limit; less will do
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, permitted))
