"""Runs a program of this folder by the Python of one version or the other."""

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from types import TracebackType
from typing import Final, Self

REPOSITORY: Final = Path(__file__).parents[2]
PROGRAM_TIMEOUT_S: Final = 3_600.0
BEGIN_TIMEOUT_S: Final = 60.0
END_TIMEOUT_S: Final = 120.0


async def run_program(python: str, name: str, *arguments: str) -> None:
    """Run a program to its end."""
    process = await asyncio.create_subprocess_exec(*_command(python, name, *arguments), cwd=REPOSITORY)
    try:
        async with asyncio.timeout(PROGRAM_TIMEOUT_S):
            assert await process.wait() == 0, f"{name} failed"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


class Writer:
    """The program `writing`; it writes while the block runs, until `end`."""

    def __init__(self, python: str, address: str, name: str) -> None:
        """Write to the server at an address."""
        self._command = _command(python, "writing", address, name)
        self._process: Process | None = None
        self.text = ""

    async def __aenter__(self) -> Self:
        """Return when it has begun."""
        self._process = await asyncio.create_subprocess_exec(*self._command, cwd=REPOSITORY, stdin=PIPE, stdout=PIPE)
        assert self._process.stdout is not None
        async with asyncio.timeout(BEGIN_TIMEOUT_S):
            assert await self._process.stdout.readline() == b"begun\n"
        return self

    async def end(self) -> dict[str, int]:
        """Return how many points were acknowledged, by run."""
        assert self._process is not None
        assert self._process.returncode is None, "the writer has ended by itself"
        async with asyncio.timeout(END_TIMEOUT_S):
            output, _ = await self._process.communicate(b"")  # without an input it would not be closed
        told = json.loads(output)
        points: dict[str, int] = told["points"]
        self.text = f"its client wrote {sum(points.values()):,} points, the longest call took {told['longest_s']:.2f} s"
        return points

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it where it has not."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


def _command(python: str, name: str, *arguments: str) -> list[str]:
    return [python, "-m", f"tests.upgrade.{name}", *arguments]
