"""A server program that lives as long as its owner: started, waited for, stopped."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Self

import structlog

from modelbox_gateway.embedded import launch
from modelbox_gateway.embedded.logs import put_aside

_LOG_PART_BYTES: Final = 64 * 1024
_RUN_TIMEOUT_S: Final = 300.0
_KILL_TIMEOUT_S: Final = 5.0
_POLL_S: Final = 0.02
_POLL_S_MAX: Final = 0.5
_TELL_INTERVAL_S: Final = 10.0
"""How often our log says that a server is still waited for, and what its own log said last."""

# A line by which a server says why it ends. The time and process before it are of no use to who reads it.
# The first one counts: what follows is often its consequence. What is said to a client that comes too early is none;
# the look ahead forbids a space too, or the last of two would be left to what it looks at.
_REASON: Final = re.compile(
    r"(?:ERROR|FATAL|PANIC|\[FTL\]|initdb: error):? +(?! |the database system is )(.*)|nats-server: (.*)"
)
_HINT: Final = re.compile(r"(?:HINT|DETAIL): +(.*)")

_log = structlog.get_logger()


class Entry(NamedTuple):
    """How a program becomes an account: as launch.py says."""

    how: str
    uid: int
    gid: int


ITSELF: Final = Entry(launch.ITSELF, 0, 0)
"""It stays what this process is."""


def interpreter() -> str:
    """Return the file of this Python, to be executed with `sys.executable` as its name.

    Where this account may not walk to it (it was started by root, which could), the kernel knows it all the same.
    """
    return sys.executable if os.access(sys.executable, os.X_OK) else "/proc/self/exe"


def launched(
    command: Sequence[str],
    folder: Path,
    entry: Entry,
    *,
    ends_with_owner: bool = False,
    environment: Mapping[str, str] | None = None,
) -> list[str]:
    """Return the command that runs another in a folder, under another account perhaps; see launch.py."""
    added = [f"{name}={value}" for name, value in (environment or {}).items()]
    arguments = [str(folder), entry.how, str(entry.uid), str(entry.gid), str(int(ends_with_owner)), str(len(added))]
    return [sys.executable, "-IS", launch.__file__, *arguments, *added, *command]


class EmbeddedServerError(Exception):
    """An embedded server did not start or did not stop; the message says what to do."""


class ServerProcess:
    """A running server program."""

    def __init__(
        self, process: asyncio.subprocess.Process, *, log: Path, log_start: int, stop_signal: signal.Signals
    ) -> None:
        """Use `start`; what it writes to its log begins at `log_start`."""
        self._process = process
        self._log = log
        self._log_start = log_start
        self._stop_signal = stop_signal

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def name(self) -> str:
        """What its log is called."""
        return self._log.stem

    @classmethod
    async def start(
        cls, command: Sequence[str], *, folder: Path, log: Path, stop_signal: signal.Signals, entry: Entry = ITSELF
    ) -> Self:
        """Start the program in `folder`, in a session of its own: a Ctrl-C at the terminal reaches only its owner.

        Raises:
            EmbeddedServerError: The program cannot be executed.
        """
        put_aside(log)
        log_start = _size_of(log)

        # Another account may write in the folder of its log; a link put there must not be followed.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            with os.fdopen(os.open(log, flags, 0o600), "ab") as output:
                process = await asyncio.create_subprocess_exec(
                    *launched(command, folder, entry, ends_with_owner=True),
                    executable=interpreter(),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env=_environment(),
                    start_new_session=True,
                )
        except OSError as error:
            raise EmbeddedServerError(f"{sys.executable} cannot be executed: {error.strerror}") from error
        return cls(process, log=log, log_start=log_start, stop_signal=stop_signal)

    async def wait_until(
        self,
        ready: Callable[[], Awaitable[bool]],
        *,
        timeout_s: float,
        progress_timeout_s: Callable[[], float] | None = None,
    ) -> None:
        """Wait until the server answers.

        Args:
            ready: Whether it answers.
            timeout_s: How long it may take.
            progress_timeout_s: For a server that may be long at work before it answers: asked each time, it says how
                long the server's log may stand still at this moment. `timeout_s` counts for nothing then.

        Raises:
            EmbeddedServerError: It ended, or did not answer in time; the message holds what its log says.
        """
        loop = asyncio.get_running_loop()
        start = progressed = told = loop.time()
        seen, pause_s = self._log_bytes(), _POLL_S
        while not await ready():
            if self._process.returncode is not None:
                raise EmbeddedServerError(f"{self.name} ended at its start: {self._reason()} (its log: {self._log})")
            now = loop.time()
            if progress_timeout_s is not None and (size := self._log_bytes()) != seen:
                seen, progressed = size, now
            if now - progressed > (progress_timeout_s() if progress_timeout_s else timeout_s):
                await self.stop(timeout_s=1.0)
                waited = f"{self.name} does not answer since {now - progressed:.3g} s"
                raise EmbeddedServerError(f"{waited}: {self._reason()} (its log: {self._log})")
            if now - told > _TELL_INTERVAL_S:
                told = now
                _log.info("embedded_server_starting", server=self.name, waited_s=round(now - start), says=self._last())
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 1.1, _POLL_S_MAX)

    async def wait(self) -> int:
        """Wait until the program ends and return its exit code."""
        return await self._process.wait()

    async def stop(self, *, timeout_s: float) -> None:
        """Ask the program to stop, and kill it when it has not after `timeout_s` seconds."""
        if self._process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):  # it ends at this moment
            self._process.send_signal(self._stop_signal)
        loop = asyncio.get_running_loop()
        start = loop.time()
        while (left_s := start + timeout_s - loop.time()) > 0:
            try:
                await asyncio.wait_for(self._process.wait(), min(left_s, _TELL_INTERVAL_S))
            except TimeoutError:
                waited_s = round(loop.time() - start)
                _log.info("embedded_server_stopping", server=self.name, waited_s=waited_s, says=self._last())
            else:
                return
        _log.warning("embedded_server_killed", server=self.name, after_s=timeout_s)
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    def _log_bytes(self) -> int:
        return _size_of(self._log)

    def _lines(self, start: int, count: int) -> list[str]:
        with self._log.open("rb") as log:
            log.seek(start)
            return [line for line in log.read(count).decode(errors="replace").splitlines() if line.strip()]

    def _last(self) -> str:
        start = max(self._log_start, self._log_bytes() - _LOG_PART_BYTES)
        return (self._lines(start, _LOG_PART_BYTES) or [""])[-1]

    def _reason(self) -> str:
        return _reason_in(self._lines(self._log_start, _LOG_PART_BYTES))


def _reason_in(lines: Sequence[str]) -> str:
    """Return why a server or program ended, in one line: what it called fatal with its hint, else its last words."""
    for number, line in enumerate(lines):
        if found := _REASON.search(line):
            hints = [hint[1] for later in lines[number + 1 : number + 3] if (hint := _HINT.search(later))]
            return "; ".join([found[1] or found[2], *hints])
    return lines[-1].strip() if lines else "it says nothing"


def _environment() -> dict[str, str]:
    """Return the environment of a server: with messages in English, whatever locales the machine lacks."""
    return {**os.environ, "LC_ALL": "C", "LANGUAGE": "C"}


def _size_of(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


async def run(
    command: Sequence[str], *, folder: Path, entry: Entry = ITSELF, environment: Mapping[str, str] | None = None
) -> str:
    """Run a short program in a folder and return what it printed.

    Raises:
        EmbeddedServerError: It failed; the message holds what it printed, in one line.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *launched(command, folder, entry, environment=environment),
            executable=interpreter(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=_environment(),
        )
    except OSError as error:
        raise EmbeddedServerError(f"{sys.executable} cannot be executed: {error.strerror}") from error
    try:
        output, _ = await asyncio.wait_for(process.communicate(), _RUN_TIMEOUT_S)
    except BaseException as error:  # a start that is given up leaves no program behind
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        with contextlib.suppress(TimeoutError):  # a disk that does not answer may hold even a killed one
            await asyncio.wait_for(process.wait(), _KILL_TIMEOUT_S)
        if isinstance(error, TimeoutError):
            problem = f"{Path(command[0]).name} does not end in {_RUN_TIMEOUT_S:g} s; is the disk very slow?"
            raise EmbeddedServerError(problem) from error
        raise
    text = output.decode(errors="replace")
    if process.returncode != 0:
        lines = [line for line in text.splitlines() if line.strip()]
        raise EmbeddedServerError(f"{Path(command[0]).name} failed: {_reason_in(lines)}")
    return text
