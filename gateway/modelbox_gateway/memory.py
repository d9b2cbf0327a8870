"""How this process holds memory: buffers are kept for the next ones, and what stays for good is not looked at again.

glibc gives memory back to the kernel as soon as a few MiB at the end of its heap are free, so that every chunk of a
transfer is faulted in anew, several times over: a third of what a download costs this process.

Python looks through objects for garbage that holds on to itself once some hundred more of them are there. A list of
runs makes them by ten thousands: a sixth of what it costs this process. Modules and classes are hardly ever such.

Source: mallopt(3), M_MMAP_THRESHOLD and M_TRIM_THRESHOLD; setting one ends that glibc adapts both by itself.
"""

import ctypes
import gc
from typing import Final

LARGE_BYTES: Final = 4 * 1024 * 1024
"""What is this large is mapped for itself and given back at once: more than the chunks of a transfer."""

KEPT_BYTES: Final = 64 * 1024 * 1024
"""Free memory at the end of a heap that is kept."""

NEW_OBJECTS: Final = 10_000
"""How many objects more than before have Python look through the new ones: a few milliseconds' work of this process."""

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3


def keep_buffers() -> bool:
    """Keep freed memory, up to `KEPT_BYTES`; tell whether this C library can be told so."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)) and bool(mallopt(_M_TRIM_THRESHOLD, KEPT_BYTES))


def settle_objects() -> None:
    """Take what there is by now, modules mostly, for what stays; look through what comes later less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
