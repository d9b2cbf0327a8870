"""Whose files are in a folder that a server is to use: another account's are told before all seems damaged."""

import contextlib
import os
import pwd
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

ENTRIES_MAX: Final = 10_000
"""Files and folders that are looked at; a store of artifacts may have millions."""


def name_of(uid: int) -> str:
    """Return the name of a user id; empty where it has none, as in many containers."""
    with contextlib.suppress(KeyError):
        return pwd.getpwuid(uid).pw_name
    return ""


def taking(folder: Path) -> str:
    """Return the command that gives a folder, with all that is in it, to this account."""
    return f"chown -R {os.geteuid()}:{os.getegid()} {shlex.quote(str(folder))}"


def foreign_entry(folder: Path, names: Sequence[str]) -> str:
    """Return the first entry that belongs to another account and is closed to this one, and to whom; empty if none.

    Args:
        folder: Where to look.
        names: The entries of the folder that count, each with all that is in it.
    """
    if os.geteuid() == 0:
        return ""
    for number, path in enumerate(_entries(folder, names)):
        if number == ENTRIES_MAX:
            break
        with contextlib.suppress(FileNotFoundError):
            owner = path.lstat().st_uid
            wanted = os.R_OK | os.W_OK | (os.X_OK if path.is_dir() else 0)
            if owner != os.geteuid() and not os.access(path, wanted, follow_symlinks=False):
                return f"{path} belongs to {name_of(owner) or owner}"
    return ""


def _entries(folder: Path, names: Sequence[str]) -> Iterator[Path]:
    yield folder
    tops = [folder / name for name in names]
    yield from tops
    for top in tops:
        for above, folders, files in os.walk(top):
            yield from (Path(above, name) for name in (*folders, *files))
