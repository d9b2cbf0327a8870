"""Keeps an embedded server up while its owner runs: what ends by itself is started again.

Must not know: which server it is.
"""

import asyncio
from typing import Final, Protocol

import structlog

from modelbox_gateway.embedded.process import EmbeddedServerError

RESTART_PAUSE_S: Final = 1.0

_log = structlog.get_logger()


class EmbeddedServer(Protocol):
    """What a keeper needs of a server."""

    async def start(self) -> None:
        """Start it where it was."""

    async def ended(self) -> int:
        """Wait until it ends and return its exit code."""
        ...


async def keep_running(name: str, server: EmbeddedServer) -> None:
    """Start a server again whenever it ends, until cancelled."""
    while True:
        exit_code = await server.ended()
        _log.error("embedded_server_ended", server=name, exit_code=exit_code)
        try:
            await server.start()
        except EmbeddedServerError as error:
            _log.error("embedded_server_not_restarted", server=name, error=str(error))
            await asyncio.sleep(RESTART_PAUSE_S)
        else:
            _log.info("embedded_server_restarted", server=name)
