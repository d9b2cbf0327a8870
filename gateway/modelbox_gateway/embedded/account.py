"""The account that Postgres runs under: it refuses to run as root.

An ordinary user runs it as itself. Root gives it the account that owns the data already, else `postgres` or `nobody`,
and no right beyond. Root that may not change its account, as in a rootless container, runs it in a user namespace,
where its own id has another number.
"""

import contextlib
import os
import pwd
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from modelbox_gateway.embedded import launch
from modelbox_gateway.embedded.process import EmbeddedServerError, Entry, interpreter, launched
from modelbox_gateway.ownership import name_of, taking

_NOBODY: Final = 65_534
_SELF: Final = Path("/proc/self")
_CLOSED: Final = 0o700
_TRIAL_TIMEOUT_S: Final = 30.0

# The capabilities by which root gives files to the account, becomes it, ends it and walks through its folders.
_CHOWN, _DAC_OVERRIDE, _KILL, _SETGID, _SETUID = 0, 1, 5, 6, 7
_NEEDED: Final = sum(1 << number for number in (_CHOWN, _DAC_OVERRIDE, _KILL, _SETGID, _SETUID))


@dataclass(frozen=True, slots=True)
class Account:
    """A user id and a group id, and how this process comes to run a program under them."""

    uid: int
    gid: int
    is_switched: bool = False
    """Root becomes another account."""
    is_mapped: bool = False
    """Root stays itself, under these numbers in a user namespace."""

    @classmethod
    def of(cls, folder: Path) -> "Account":
        """Choose the account for the data in a folder.

        Raises:
            EmbeddedServerError: This process is root and can become nobody else.
        """
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        wanted = _owner(folder) or _unprivileged()
        if _may_switch_to(wanted):
            return cls(*wanted, is_switched=True)
        if _may_map():
            return cls(_NOBODY, _NOBODY, is_mapped=True)
        missing = "CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_KILL, CAP_SETGID and CAP_SETUID, or CAP_SETFCAP and user namespaces"
        raise EmbeddedServerError(
            "Postgres does not run as root, and this root may not run it as anybody else; start ModelBox as an "
            f'ordinary user, or allow it {missing}, or set metadata_storage = "postgres"'
        )

    @property
    def entry(self) -> Entry:
        """How a program becomes the account."""
        how = launch.SWITCHED if self.is_switched else launch.MAPPED if self.is_mapped else launch.ITSELF
        return Entry(how, self.uid, self.gid)

    def own(self, folder: Path) -> None:
        """Make a folder if it is missing, owned by the account and closed to all others.

        Raises:
            EmbeddedServerError: What is there is no folder, or belongs to somebody else, who may have made it first.
        """
        folder.mkdir(mode=_CLOSED, exist_ok=True)
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode):
            raise EmbeddedServerError(f"{folder} is no folder; remove it")
        if status.st_uid not in {os.geteuid(), self.uid}:
            remedy = f"start the server as that account, or run as root: {taking(folder)}"
            raise EmbeddedServerError(f"{folder} belongs to {name_of(status.st_uid) or status.st_uid}; {remedy}")
        # What is changed is no link that was put there since: others may write in the folder above.
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if stat.S_IMODE(os.fstat(opened).st_mode) != _CLOSED:
                os.fchmod(opened, _CLOSED)
            if self.is_switched:
                os.fchown(opened, self.uid, self.gid)
        finally:
            os.close(opened)

    def own_all(self, folder: Path) -> None:
        """Take a folder that is root's with all that is in it, such as a backup that root copied back."""
        if not self.is_switched or folder.stat().st_uid != os.geteuid():
            return
        for _, folders, files, above in os.fwalk(folder, follow_symlinks=False):
            for name in (*folders, *files):
                os.chown(name, self.uid, self.gid, dir_fd=above, follow_symlinks=False)
        self.own(folder)

    def may_reach(self, path: Path) -> bool:
        """Whether the account may walk to a path and enter it."""
        if not self.is_switched:
            return os.access(path, os.R_OK | os.X_OK)
        return all(self._may_enter(folder) for folder in (path, *path.parents))

    def _may_enter(self, folder: Path) -> bool:
        status = folder.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        return bool(status.st_mode & (stat.S_IXGRP if status.st_gid == self.gid else stat.S_IXOTH))


def _owner(folder: Path) -> tuple[int, int] | None:
    """Return who has the data, or is to have it: the owner of what is there, never root."""
    for path in (folder / "data", folder, folder.parent):
        with contextlib.suppress(FileNotFoundError):
            status = path.stat()
            if status.st_uid != 0:
                return status.st_uid, status.st_gid
    return None


def _unprivileged() -> tuple[int, int]:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
    return _NOBODY, _NOBODY


def _may_switch_to(ids: tuple[int, int]) -> bool:
    """Whether root is root in full here; where /proc does not tell, it is taken to be."""
    try:
        status = dict(line.split(":", 1) for line in (_SELF / "status").read_text().splitlines())
        is_capable = int(status["CapEff"], 16) & _NEEDED == _NEEDED
        maps = [(_SELF / name).read_text() for name in ("uid_map", "gid_map")]
    except (OSError, KeyError):
        return True
    return is_capable and all(_is_mapped(number, text) for number, text in zip(ids, maps, strict=True))


def _is_mapped(number: int, text: str) -> bool:
    """Whether an id exists in this user namespace, by the lines of its map: first, first outside, how many."""
    spans = [tuple(map(int, line.split())) for line in text.splitlines()]
    return any(first <= number < first + count for first, _, count in spans)


def _may_map() -> bool:
    """Whether a process of ours may have a user namespace: tried out, for there are many reasons why not."""
    if sys.platform != "linux":
        return False
    try:
        command = launched([sys.executable, "-ISc", ""], Path("/"), Entry(launch.MAPPED, _NOBODY, _NOBODY))
        subprocess.run(command, executable=interpreter(), check=True, capture_output=True, timeout=_TRIAL_TIMEOUT_S)
    except (OSError, subprocess.SubprocessError):
        return False
    return True
