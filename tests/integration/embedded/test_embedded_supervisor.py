"""What keeps embedded servers up: at once after one death, more and more slowly when they do not last."""

import asyncio
import contextlib
import itertools

import pytest

from modelbox_gateway.embedded import supervisor as supervisor_module
from modelbox_gateway.embedded.process import EmbeddedServerError
from modelbox_gateway.embedded.supervisor import Supervisor
from tests.integration.feeds import until


class Program:
    """A program in the place of a server; without a command it does not start."""

    def __init__(self, *command: str) -> None:
        """Run `command` at each start."""
        self.command = command
        self.starts = 0
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the program."""
        self.starts += 1
        if not self.command:
            raise EmbeddedServerError("its disk is full")
        self._process = await asyncio.create_subprocess_exec(*self.command)

    async def ended(self) -> int:
        """Wait for its end."""
        return await self._process.wait() if self._process else 0

    async def kill(self) -> None:
        """Kill it and wait for its end: the loop must not end before, or nobody learns of it."""
        with contextlib.suppress(ProcessLookupError):
            if self._process:
                self._process.kill()
        await self.ended()


async def _end(keeping: asyncio.Task[None], program: Program) -> None:
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await program.kill()


@pytest.mark.parametrize("command", [("false",), ()], ids=["ends at once", "does not start"])
async def test_a_server_that_does_not_last_is_started_more_and_more_rarely(
    monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """Neither the processor nor the log is filled with starts in vain."""
    monkeypatch.setattr(supervisor_module, "RESTART_PAUSE_S", 0.2)
    program = Program(*command)
    supervisor = Supervisor("program", program)
    await supervisor.start()
    keeping = asyncio.create_task(supervisor.run())
    times: list[float] = []
    for wanted in range(2, 6):
        await until(lambda wanted=wanted: program.starts >= wanted, what="another start")  # type: ignore[misc]
        times.append(asyncio.get_running_loop().time())
    assert supervisor.problem is not None or command
    await _end(keeping, program)
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert all(pause >= least for pause, least in zip(pauses, (0.15, 0.35, 0.75), strict=True))


async def test_a_server_that_could_not_start_is_started_as_soon_as_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "RESTART_PAUSE_S", 0.05)
    program = Program()
    supervisor = Supervisor("program", program)
    assert not await supervisor.start()
    assert supervisor.problem == "its disk is full"
    keeping = asyncio.create_task(supervisor.run())
    await until(lambda: program.starts >= 2, what="another start")
    program.command = ("sleep", "60")
    await until(lambda: supervisor.problem is None, what="the server up")
    await _end(keeping, program)
