"""Where rings are: in memory that the system keeps (`/dev/shm`), else beside the journals on a disk of this machine.

Never on a network's file system, nor on one that copies what it writes: there a write to mapped memory may find no
room, and that ends the process.
"""

import contextlib
import hashlib
import logging
import os
import re
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from time import time
from typing import Final

import msgspec

from modelbox.journal.file import own_header, read_header
from modelbox.journal.locks import lock
from modelbox.journal.ring import MAKING_SUFFIX, SUFFIX, Ring
from modelbox.journal.slots import MAGIC, RING_BYTES

SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108  # in a folder of the user's own, that is checked
"""Files that the system keeps in memory; not on macOS."""

_MOUNTS: Final = Path("/proc/self/mountinfo")
_OCTAL: Final = re.compile(r"\\([0-7]{3})")
_SAFE: Final = frozenset({"ext2", "ext3", "ext4", "tmpfs", "xfs"})
_PRIVATE: Final = 0o700
_MAKING_AGE_S_MIN: Final = 3600.0
_GONE_AGE_S_MIN: Final = 24 * 3600.0
_log = logging.getLogger("modelbox")


class RingFolders:
    """The rings of one user that go with the journals of one folder."""

    def __init__(self, folder: Path) -> None:
        """Look at nothing yet."""
        self._folder: Final = folder
        # Journals of two folders may have one name.
        self._prefix: Final = hashlib.sha256(os.fsencode(os.path.realpath(folder))).hexdigest()[:16]

    def create(self, stem: str, address: str, *, log: str) -> Ring | None:
        """Make the ring of a journal's name; None where there is no room for one, which is told at level debug."""
        header = msgspec.structs.replace(own_header(address, log=log), folder=str(self._folder))
        for folder in self._folders():
            try:
                _check(folder)
                _sweep_gone(folder)
                return Ring.create(self._named(folder, stem), header)
            except OSError as error:
                _log.debug("no ring in %s: %s", folder, error)
        return None

    def of(self, stem: str) -> Path | None:
        """Return where the ring of a journal's name is, None if there is none."""
        return next((path for folder in self._folders() if _is_ours(path := self._named(folder, stem))), None)

    def stems(self) -> Iterator[str]:
        """Return the names of all rings, as their journals have them."""
        for folder in self._folders():
            for path in _files(folder):
                if path.suffix == SUFFIX and path.name.startswith(self._prefix) and _is_ours(path):
                    yield path.stem[len(self._prefix) + 1 :]
                elif path.suffix == MAKING_SUFFIX and path.name.startswith(self._prefix):
                    _sweep(path)

    def has_of(self, host: str, pid: int) -> bool:
        """Tell whether a ring of a process is there; somebody may be pouring it at this moment."""
        for folder in self._folders():
            for path in _files(folder):
                with contextlib.suppress(OSError):  # gone meanwhile: poured
                    is_ring = path.suffix == SUFFIX and path.name.startswith(self._prefix)
                    header = read_header(path, magic=MAGIC) if is_ring else None
                    if header is not None and (header.host, header.pid) == (host, pid):
                        return True
        return False

    def stem_of(self, ring: Ring) -> str:
        """Return the name of a ring, as its journal has it."""
        return ring.path.stem[len(self._prefix) + 1 :]

    def rename(self, ring: Ring, stem: str) -> None:
        """Have a ring go with another journal.

        Raises:
            OSError: It cannot be renamed.
        """
        ring.follow(self._named(ring.path.parent, stem))

    def _folders(self) -> Iterator[Path]:
        if hasattr(os, "getuid"):
            yield SHARED_MEMORY / f"modelbox-{os.getuid()}"
        yield self._folder

    def _named(self, folder: Path, stem: str) -> Path:
        return folder / f"{self._prefix}-{stem}{SUFFIX}"


def _check(folder: Path) -> None:
    """See that a ring may be made in a folder, which is made if need be.

    Raises:
        OSError: It may not; the message says why.
    """
    if not hasattr(os, "posix_fallocate"):
        raise OSError("this system cannot promise a file its room")
    is_shared = folder.parent == SHARED_MEMORY
    if is_shared and not SHARED_MEMORY.is_dir():
        raise OSError("this system has no such memory")
    folder.mkdir(mode=_PRIVATE, parents=not is_shared, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise OSError("it belongs to another account")
    if is_shared and found.st_mode & 0o077:
        raise OSError("other accounts may enter it")
    kind = mounted_as(folder)
    if kind not in _SAFE:
        raise OSError(f"a file of {kind or 'an unknown kind of file system'} may lose its room")
    disk = os.statvfs(folder)
    # Half of it stays for others: in a container there are 64 MiB, which the loaders of PyTorch use.
    if disk.f_bavail * disk.f_frsize - RING_BYTES < disk.f_blocks * disk.f_frsize // 2 and kind == "tmpfs":
        raise OSError("less than half of it would be free")


def mounted_as(folder: Path) -> str:
    """Return the kind of the file system that a folder is on, empty if that cannot be told."""
    wanted = os.path.realpath(folder)
    kind, longest = "", -1
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    for line in lines:
        fields, _, rest = line.partition(" - ")
        point = _OCTAL.sub(lambda found: chr(int(found[1], 8)), fields.split(" ")[4])
        covers = wanted == point or wanted.startswith(point.rstrip("/") + "/")
        if covers and len(point) >= longest:  # of two at one point the later one covers the other
            kind, longest = rest.split(" ")[0], len(point)
    return kind


def _files(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _is_ours(path: Path) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_uid == os.getuid()


def _sweep(path: Path) -> None:
    """Remove what a process left that was killed while it made a ring."""
    with contextlib.suppress(OSError):
        if _is_ours(path) and time() - path.stat().st_mtime > _MAKING_AGE_S_MIN:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                lock(descriptor)
                path.unlink(missing_ok=True)
            finally:
                os.close(descriptor)


def _sweep_gone(folder: Path) -> None:
    """Remove the rings of this machine whose journals' folder somebody has removed: nobody would take them over."""
    for path in _files(folder):
        if path.suffix != SUFFIX or not _is_ours(path):
            continue
        with contextlib.suppress(OSError):
            header = read_header(path, magic=MAGIC)
            if header is None or header.host != socket.gethostname() or Path(header.folder).is_dir():
                continue
            if time() - header.created_at > _GONE_AGE_S_MIN and (ring := Ring.take(path)) is not None:
                _log.warning("the ring %s is removed, for its journals in %s are gone", path, header.folder)
                path.unlink(missing_ok=True)
                ring.abandon()
