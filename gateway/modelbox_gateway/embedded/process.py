"""A server program that lives as long as its owner: started, waited for, stopped.

Must not know: which program it is.
"""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, Self

from modelbox_gateway.embedded.logs import put_aside

_LOG_TAIL_BYTES: Final = 4_000
_PR_SET_PDEATHSIG: Final = 1
_RUN_TIMEOUT_S: Final = 120.0


class EmbeddedServerError(Exception):
    """An embedded server did not start or did not stop; the message says what to do."""


class ServerProcess:
    """A running server program."""

    def __init__(self, process: asyncio.subprocess.Process, *, log: Path, stop_signal: signal.Signals) -> None:
        """Use `start`."""
        self._process = process
        self._log = log
        self._stop_signal = stop_signal

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @classmethod
    async def start(cls, command: Sequence[str], *, folder: Path, log: Path, stop_signal: signal.Signals) -> Self:
        """Start the program in `folder`, in a session of its own: a Ctrl-C at the terminal reaches only its owner."""
        put_aside(log)
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=folder,
                start_new_session=True,
                preexec_fn=_end_with_owner,
            )
        return cls(process, log=log, stop_signal=stop_signal)

    async def wait_until(self, ready: Callable[[], Awaitable[bool]], *, timeout_s: float) -> None:
        """Wait until the server answers.

        Raises:
            EmbeddedServerError: It ended, or did not answer in time; the message holds the end of its log.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while not await ready():
            if self._process.returncode is not None:
                raise EmbeddedServerError(f"{self._log.name} says:\n{self._tail()}")
            if loop.time() > deadline:
                await self.stop(timeout_s=1.0)
                raise EmbeddedServerError(f"no answer in {timeout_s:g} s; {self._log.name} says:\n{self._tail()}")
            await asyncio.sleep(0.02)

    async def wait(self) -> int:
        """Wait until the program ends and return its exit code."""
        return await self._process.wait()

    async def stop(self, *, timeout_s: float) -> None:
        """Ask the program to stop, and kill it when it has not after `timeout_s` seconds."""
        if self._process.returncode is not None:
            return
        self._process.send_signal(self._stop_signal)
        try:
            await asyncio.wait_for(self._process.wait(), timeout_s)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def _tail(self) -> str:
        with self._log.open("rb") as log:
            log.seek(max(0, self._log.stat().st_size - _LOG_TAIL_BYTES))
            return log.read().decode(errors="replace")


def _end_with_owner() -> None:
    """Have the kernel ask the program to stop when its owner dies (Linux), even by SIGKILL."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


async def run(command: Sequence[str]) -> str:
    """Run a short program and return what it printed.

    Raises:
        EmbeddedServerError: It failed; the message holds what it printed.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "LC_ALL": "C"},
        cwd="/",
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), _RUN_TIMEOUT_S)
    except BaseException:  # a start that is given up leaves no program behind
        process.kill()
        raise
    text = output.decode(errors="replace")
    if process.returncode != 0:
        raise EmbeddedServerError(f"{Path(command[0]).name} failed:\n{text[-_LOG_TAIL_BYTES:]}")
    return text
