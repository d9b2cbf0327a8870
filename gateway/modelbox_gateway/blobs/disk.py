"""What every access to the disk has in common."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from modelbox_gateway.errors import BlobStoreUnavailableError


@contextlib.contextmanager
def at_disk() -> Iterator[None]:
    """Turn the disk's refusals into `BlobStoreUnavailableError`."""
    try:
        yield
    except OSError as error:
        raise BlobStoreUnavailableError(error.strerror or str(error)) from error


def fsync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
