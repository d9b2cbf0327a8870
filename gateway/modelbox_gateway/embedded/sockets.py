"""The folder of Postgres's socket: beside the data, and a short way to it for clients where its path is too long.

Who may come to the socket is superuser, so each folder on the way that is not above the data must be ours and closed.
"""

import contextlib
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

from modelbox_gateway.embedded.process import EmbeddedServerError
from modelbox_gateway.ownership import name_of

FOLDER: Final = "run"
PORT: Final = 5432
"""Names the socket's file only; nothing listens on TCP."""

_PATH_BYTES_MAX: Final = 107 - len(f"/.s.PGSQL.{PORT}")  # a Unix socket's address has room for 107 bytes


class SocketFolder:
    """Where clients find the socket of the Postgres that is kept in `folder`."""

    def __init__(self, folder: Path) -> None:
        """Choose the way; nothing is made yet."""
        self._place = folder / FOLDER
        self._short = None if _is_plain(self._place) else _short_folder(folder)

    @property
    def path(self) -> Path:
        """The folder that clients name."""
        return self._short / FOLDER if self._short else self._place

    @property
    def query(self) -> str:
        """The part of a libpq URI that says where the socket is."""
        return f"host={quote(str(self.path))}&port={PORT}"

    def open(self) -> None:
        """Make the short way, where there is one.

        Raises:
            EmbeddedServerError: Somebody else made its folder, or may write in it.
        """
        if self._short is None:
            return
        try:
            self._short.mkdir(mode=0o700)
        except FileExistsError:
            _check(self._short)
        except OSError as error:
            problem = f"no folder for Postgres's socket can be made ({self._short}: {error.strerror})"
            raise EmbeddedServerError(f"{problem}; {_REMEDY}") from error
        if not self.path.is_symlink() or self.path.readlink() != self._place:
            self.path.unlink(missing_ok=True)
            self.path.symlink_to(self._place)

    def close(self) -> None:
        """Remove the short way."""
        if self._short is not None and self._short.exists():
            self.path.unlink(missing_ok=True)
            self._short.rmdir()


_REMEDY: Final = "set data_dir to a shorter path without a comma, or XDG_RUNTIME_DIR to a folder of yours"


def _check(folder: Path) -> None:
    status = folder.lstat()
    problem = ""
    if not stat.S_ISDIR(status.st_mode):
        problem = "is no folder"
    elif status.st_uid != os.geteuid():
        problem = f"belongs to {name_of(status.st_uid) or status.st_uid}"
    elif stat.S_IMODE(status.st_mode) != 0o700:  # noqa: PLR2004  a mode is written in octal
        problem = "is open to others"
    if problem:
        raise EmbeddedServerError(f"{folder}, for Postgres's socket, {problem}; remove it, or {_REMEDY}")


def _is_plain(path: Path) -> bool:
    """Whether clients can name the folder: it fits into a socket's address, and a comma would begin a second host."""
    try:
        return len(str(path).encode()) <= _PATH_BYTES_MAX and "," not in str(path)
    except UnicodeEncodeError:
        return False


def _short_folder(folder: Path) -> Path:
    """Return a name for this account and this data, in a folder for such things, else above the data."""
    digest = hashlib.sha256(b"%d %s" % (os.geteuid(), os.fsencode(folder))).hexdigest()[:16]
    for above in (*_folders(), *folder.parents):
        short = above / f"modelbox-{digest}"
        if _is_plain(short / FOLDER) and _is_for_us(above):
            return short
    raise EmbeddedServerError(f"there is no folder for Postgres's socket; {_REMEDY}")


def _folders() -> Iterator[Path]:
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        yield Path(runtime)
    with contextlib.suppress(FileNotFoundError):
        yield Path(tempfile.gettempdir())
    yield from (Path("/run"), Path("/dev/shm"))  # noqa: S108  its folder is checked


def _is_for_us(folder: Path) -> bool:
    """Whether we may make a folder there that nobody can put another in the place of."""
    if not os.access(folder, os.W_OK | os.X_OK):
        return False
    mode = folder.stat().st_mode
    return bool(mode & stat.S_ISVTX) or not mode & stat.S_IWOTH
