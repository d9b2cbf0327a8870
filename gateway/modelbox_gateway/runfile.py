"""What a running server leaves in its data folder: the lock that keeps a second one out, and where it answers.

The kernel holds the lock and drops it with the process, so nothing needs cleaning after a SIGKILL; the file of
addresses counts only while the lock is held.
"""

import contextlib
import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from modelbox_gateway.operator_errors import DataFolderError, DataFolderInUseError, NotRunningError
from modelbox_gateway.ownership import foreign_entry

LOCK_NAME: Final = "lock"
RUN_FILE_NAME: Final = "server.json"
_ENTRIES: Final = (LOCK_NAME, RUN_FILE_NAME, "postgres", "nats", "blobs")
"""What a server leaves in its data folder; a disk's own `lost+found` is nobody's business."""
_FOLDER_MODE: Final = 0o755  # the account of an embedded Postgres walks through it
_FILE_MODE: Final = 0o600


class RunFile(msgspec.Struct, frozen=True, kw_only=True):
    """Where a running server answers; it may hold the database's password."""

    pid: int
    roles: tuple[str, ...]
    grpc_addr: str
    http_addr: str
    prometheus_addr: str
    postgres_dsn: str
    nats_url: str
    nats_follower_file: str = ""
    """How a follower connects to the embedded NATS; empty for a NATS of others."""
    log_id: str
    data_dir: str


class DataFolderLock:
    """Holds a data folder for one server process; a context manager."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; it is created when the lock is taken."""
        self._folder = folder
        self._file: int | None = None
        self.pid = os.getpid()

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            DataFolderInUseError: Another server holds it.
            DataFolderError: The folder cannot be created or written.
        """
        try:
            self._folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            if foreign := foreign_entry(self._folder, _ENTRIES):
                raise DataFolderError(self._folder, f"Permission denied: {foreign}")
            self._file = os.open(self._folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._close()
            raise DataFolderInUseError(self._folder, _pid_in(self._folder)) from error
        except OSError as error:
            self._close()
            raise DataFolderError(self._folder, error.strerror or str(error)) from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, b"%d\n" % self.pid, 0)
        # What a killed server left describes a server that is gone.
        (self._folder / RUN_FILE_NAME).unlink(missing_ok=True)
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Remove the file of addresses and let go of the folder."""
        (self._folder / RUN_FILE_NAME).unlink(missing_ok=True)
        self._close()

    def publish(self, run_file: RunFile) -> None:
        """Write where this server answers, readable by its account only; readers see the old file or the new one."""
        draft = self._folder / f"{RUN_FILE_NAME}.new"
        draft.unlink(missing_ok=True)
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE)
        with os.fdopen(file, "wb") as output:
            output.write(msgspec.json.format(msgspec.json.encode(run_file)))
        draft.rename(self._folder / RUN_FILE_NAME)

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def read_run_file(folder: Path) -> RunFile:
    """Return where the server that runs on this folder answers.

    Raises:
        NotRunningError: None runs there, or it is not ready yet.
        DataFolderError: This account may not read the folder.
    """
    try:
        if not _is_locked(folder):
            raise NotRunningError(folder, "its lock is free")
        return msgspec.json.decode((folder / RUN_FILE_NAME).read_bytes(), type=RunFile)
    except FileNotFoundError as error:
        problem = f"a server (pid {_pid_in(folder)}) is starting" if folder.exists() else "the folder does not exist"
        raise NotRunningError(folder, problem) from error
    except OSError as error:
        raise DataFolderError(folder, error.strerror or str(error)) from error


def _is_locked(folder: Path) -> bool:
    file = os.open(folder / LOCK_NAME, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


def _pid_in(folder: Path) -> int:
    with contextlib.suppress(OSError, ValueError):
        return int((folder / LOCK_NAME).read_text())
    return 0
