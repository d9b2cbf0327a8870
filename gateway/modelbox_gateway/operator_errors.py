"""What keeps the service from starting or a command from reaching it: read by an operator, never sent to a client.

OperatorError
├── ConfigError            a key of the configuration is unknown, has a wrong value or contradicts another
├── DataFolderError        the data folder cannot be used by this account
├── MachineError           the machine refuses: a full disk, a folder that cannot be written, too many open files
├── DataFolderInUseError   another server runs on the same data folder
├── AddressError           an address cannot be listened on
├── AddressesError         several of them
├── LogFileError           the file for the service's log cannot be opened
├── TooFewConnectionsError Postgres allows fewer connections than this process may open
├── ConnectionsTakenError  every connection that Postgres allows is taken by others
├── DatabaseRefusedError   Postgres answers and refuses the account, the database or a right
├── ArtifactStorageError   the store of artifacts refuses, or cannot be used by this role
├── StartTimeoutError      Postgres or the store of artifacts did not answer in time
└── NotRunningError        a command needs the running server and there is none
"""

import errno
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from modelbox_gateway.ownership import taking

_REMEDIES: Final[Mapping[int, str]] = {
    errno.ENOSPC: "make room on that disk",
    errno.EDQUOT: "make room within the account's quota",
    errno.EROFS: "set data_dir to a folder that can be written",
    errno.EACCES: "let this account use it, or set another data_dir",
    errno.EPERM: "let this account do it, or set another data_dir",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "raise the system's limit of open files (fs.file-max)",
    errno.EIO: "look at the disk: it fails",
    errno.ENOMEM: "give it more memory",
}
"""What to do about what a machine refuses to a server. Any other refusal is a fault of ours, and looks like one."""


class OperatorError(Exception):
    """Base: its message says what happened, with the values, and what to do."""


class ConfigError(OperatorError):
    """A key of the configuration cannot be accepted."""

    def __init__(self, source: str, key: str, problem: str, *, remedy: str) -> None:
        """Name the file or environment variable, the key, what is wrong and what would be right."""
        super().__init__(f"{source}: {key}: {problem}; {remedy}" if key else f"{source}: {problem}; {remedy}")
        self.source = source
        self.key = key
        self.problem = problem
        self.remedy = remedy


class DataFolderError(OperatorError):
    """The data folder cannot be created, read or written by this account."""

    def __init__(self, folder: Path, problem: str) -> None:
        """Name the folder and what the system said."""
        remedy = f"start the server as the folder's owner, run as root: {taking(folder)}, or set another data_dir"
        super().__init__(f"data_dir {folder} cannot be used: {problem}; {remedy}")
        self.folder = folder
        self.problem = problem


class MachineError(OperatorError):
    """The machine refuses what a server needs."""

    def __init__(self, error: OSError) -> None:
        """Quote the system, with the file where it names one."""
        where = f"{os.fsdecode(error.filename)}: " if error.filename else ""
        remedy = _REMEDIES.get(error.errno or 0, "mend that and start again")
        super().__init__(f"the machine refuses: {where}{error.strerror or error}; {remedy}")


class DataFolderInUseError(OperatorError):
    """Another server runs on the same data folder."""

    def __init__(self, folder: Path, pid: int) -> None:
        """Name the folder and the other process (0: not known)."""
        who = f"another server (pid {pid})" if pid else "another server"
        super().__init__(f"{who} runs on data_dir {folder}; stop it first, or start this one with another data_dir")
        self.folder = folder
        self.pid = pid


class AddressError(OperatorError):
    """An address cannot be listened on."""

    def __init__(self, key: str, address: str, problem: str) -> None:
        """Name the configuration key, its address and what the system said."""
        remedy = f"set {key} (or MODELBOX_{key.upper()}) to another address; port 0 takes a free one"
        super().__init__(f"cannot listen on {address} ({key}): {problem}; {remedy}")
        self.key = key
        self.address = address
        self.problem = problem


class AddressesError(OperatorError):
    """Several addresses cannot be listened on."""

    def __init__(self, errors: Sequence[AddressError]) -> None:
        """Name each."""
        super().__init__("; ".join(str(error) for error in errors))
        self.keys = tuple(error.key for error in errors)


class LogFileError(OperatorError):
    """The file for the service's log cannot be opened."""

    def __init__(self, path: Path, problem: str) -> None:
        """Name the file and what the system said."""
        super().__init__(f"log_file {path} cannot be written: {problem}; set another, or none for standard error")
        self.path = path
        self.problem = problem


class TooFewConnectionsError(OperatorError):
    """Postgres allows fewer connections than this process may open."""

    def __init__(self, *, wanted: int, beside: int, allowed: int) -> None:
        """Say how many `database_connections` asks for, how many come beside, and how many are allowed."""
        need = f"this process opens {wanted} connections to Postgres (database_connections) and {beside} more"
        remedy = "raise max_connections or the limit of the account or database"
        if (most := allowed - beside) > 1:
            remedy = f"set database_connections to at most {most}, or {remedy}"
        super().__init__(f"{need}, and Postgres allows it {allowed}; {remedy}")
        self.allowed = allowed


class ConnectionsTakenError(OperatorError):
    """Postgres answers, and every connection that it allows is taken."""

    def __init__(self, problem: str, *, wanted: int) -> None:
        """Quote Postgres, and say how many connections this process opens."""
        remedy = (
            f"this process opens up to {wanted}: end what holds the others, or raise max_connections, or the limit of "
            "the account (ALTER ROLE ... CONNECTION LIMIT) or database"
        )
        super().__init__(f"Postgres lets no more connections in: {problem}; {remedy}")
        self.problem = problem


class DatabaseRefusedError(OperatorError):
    """Postgres answers and refuses the account, the database or a right."""

    def __init__(self, problem: str, *, remedy: str | None = None) -> None:
        """Quote Postgres, and say what to do if it is not for the account to have more rights."""
        remedy = remedy or "the account of metadata_storage_postgres.dsn must own the database and may create roles"
        super().__init__(f"Postgres refuses: {problem}; {remedy}")
        self.problem = problem


class ArtifactStorageError(OperatorError):
    """The store of artifacts refuses, or cannot be used by this role."""

    def __init__(self, problem: str) -> None:
        """Say what is wrong and what to do."""
        super().__init__(f"artifact_storage: {problem}")
        self.problem = problem


class StartTimeoutError(OperatorError):
    """Postgres or the store of artifacts did not answer in time."""

    def __init__(self, what: str, problem: str, *, key: str, timeout_s: float) -> None:
        """Name it and the key that says where it is, say what the last attempt met and how long was tried."""
        remedy = f"start it, correct {key}, or raise start_timeout_s"
        super().__init__(f"{what} does not answer since {timeout_s:g} s: {problem}; {remedy}")
        self.problem = problem


class NotRunningError(OperatorError):
    """A command needs the running server of a configuration and there is none."""

    def __init__(self, folder: Path, problem: str) -> None:
        """Name the data folder and say what was found there."""
        super().__init__(f"no server runs on data_dir {folder} ({problem}); start one: modelbox server start")
        self.folder = folder


def refused_by_machine(error: BaseException) -> MachineError | None:
    """Return what an operator is told of an error, where it is the machine's refusal."""
    return MachineError(error) if isinstance(error, OSError) and error.errno in _REMEDIES else None


def first_of(error: BaseException) -> BaseException:
    """Return the first error of a group of groups, which made the others end; an error alone is that itself."""
    return first_of(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error
