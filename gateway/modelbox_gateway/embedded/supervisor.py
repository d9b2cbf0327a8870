"""Keeps an embedded server up while its owner runs: what ends by itself is started again."""

import asyncio
from typing import Final, Protocol

import structlog

from modelbox_gateway.embedded.process import EmbeddedServerError

RESTART_PAUSE_S: Final = 1.0
RESTART_PAUSE_S_MAX: Final = 60.0
"""The pause doubles up to this with each start that fails or does not last; so does the time between log lines."""

STEADY_S: Final = 30.0
"""A server that has run for so long is sound: its end is no part of a row of failures."""

_log = structlog.get_logger()


class EmbeddedServer(Protocol):
    """What a supervisor needs of a server."""

    async def start(self) -> None:
        """Start it where it was."""

    async def ended(self) -> int:
        """Wait until it ends and return its exit code."""
        ...


class Supervisor:
    """Keeps one server up."""

    def __init__(self, name: str, server: EmbeddedServer) -> None:
        """Keep `server`, which logs and reports call `name`; it runs, or `start` starts it."""
        self.name = name
        self._server = server
        self._problem: str | None = None
        self._failures = 0

    @property
    def problem(self) -> str | None:
        """Why the server does not run, or None."""
        return self._problem

    async def start(self) -> bool:
        """Start the server; return whether it did. If not, `run` goes on trying."""
        try:
            await self._server.start()
        except EmbeddedServerError as error:
            self._failures += 1
            self._problem = str(error)
            _log.error("embedded_server_not_restarted", server=self.name, error=str(error))
            return False
        self._problem = None
        return True

    async def run(self) -> None:
        """Start the server again whenever it ends, until cancelled: at once, but in a row of failures after a pause."""
        while True:
            if self._problem is None:
                await self._wait_for_the_end()
            if self._failures > 1:
                await asyncio.sleep(min(RESTART_PAUSE_S * 2.0 ** (self._failures - 2), RESTART_PAUSE_S_MAX))
            if await self.start():
                _log.info("embedded_server_restarted", server=self.name)

    async def _wait_for_the_end(self) -> None:
        clock = asyncio.get_running_loop()
        began = clock.time()
        exit_code = await self._server.ended()
        self._failures = 1 if clock.time() - began >= STEADY_S else self._failures + 1
        self._problem = f"it ended with exit code {exit_code}"
        _log.error("embedded_server_ended", server=self.name, exit_code=exit_code)
