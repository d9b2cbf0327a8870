"""Restarts the embedded nats-server when it lives and the relay gets nothing stored.

JetStream gives a stream up at the first write that fails, and takes it up again only when the server starts. So after a
full disk, room alone changes nothing. A server that hangs is a case of the same.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import structlog

from modelbox_events.feed import RelayState, RelayStatus, Trouble
from modelbox_gateway.embedded.nats import FREE_BYTES_MIN, EmbeddedNats

STUCK_S: Final = 10.0
"""How long the relay is in vain before the server is restarted."""

PAUSE_S: Final = 20.0
PAUSE_S_MAX: Final = 600.0
"""The pause after a restart doubles up to this while restarts do not help."""

_POLL_INTERVAL_S: Final = 1.0
_MENDED_BY_RESTART: Final = (Trouble.NOT_STORING, Trouble.UNREACHABLE)

_log = structlog.get_logger()


class FeedRepair:
    """Looks after one embedded nats-server."""

    def __init__(self, server: EmbeddedNats, status: Callable[[], RelayStatus]) -> None:
        """Restart `server` by what the relay's `status` says; its supervisor starts it again."""
        self._server = server
        self._status = status
        self._is_full = False

    @property
    def note(self) -> str | None:
        """What keeps the repair waiting, or None."""
        if not self._is_full:
            return None
        return f"the disk of data_dir has less than {FREE_BYTES_MIN // 2**20} MiB left: make room"

    async def run(self) -> None:
        """Look once a second, until cancelled."""
        pause_s = PAUSE_S
        while True:
            await asyncio.sleep(_POLL_INTERVAL_S)
            status = self._status()
            if not _is_stuck(status):
                self._is_full = False
                pause_s = PAUSE_S if status.state is RelayState.RUNNING else pause_s
            elif self._has_room():
                _log.error("nats_restarted", trouble=str(status.trouble), problem=status.problem)
                await self._server.end()
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, PAUSE_S_MAX)

    def _has_room(self) -> bool:
        was_full, self._is_full = self._is_full, not self._server.has_room
        if self._is_full and not was_full:
            _log.error("feed_waits_for_room", problem=self.note)
        return not self._is_full


def _is_stuck(status: RelayStatus) -> bool:
    if status.state is not RelayState.UNAVAILABLE or status.trouble not in _MENDED_BY_RESTART:
        return False
    return (datetime.now(UTC) - status.since).total_seconds() >= STUCK_S
