"""Where the log ends, as far as this process knows, and a way to wait for more.

Commits of this process wake waiters at once. Those of others arrive by NOTIFY, sent outside the append's transaction
because NOTIFY takes a lock that all commits of the database share; a poll covers a lost notification.
"""

import asyncio
from typing import Any, Final

import asyncpg
import structlog

from modelbox_events.database import Database, translated
from modelbox_events.errors import LogUnavailableError
from modelbox_events.ids import Position
from modelbox_events.sql import STATEMENTS

CHANNEL: Final = "modelbox_head"
APPLICATION: Final = "modelbox head"
"""What Postgres lists the connections as, by which processes find each other."""
POLL_INTERVAL_S: Final = 0.25
NOTIFY_INTERVAL_S: Final = 0.005
_RECONNECT_PAUSE_S: Final = 0.25

_log = structlog.get_logger()


class Head:
    """The last position known here; it only grows."""

    def __init__(self, position: Position) -> None:
        """Start at a position read from Postgres."""
        self._position = position
        self._moved = asyncio.Event()
        self._announced = position

    @property
    def position(self) -> Position:
        """The last position known in this process."""
        return self._position

    def advance(self, position: Position) -> None:
        """Say that the log has come to `position`; a smaller one than known changes nothing."""
        if position > self._position:
            self._position = position
            moved, self._moved = self._moved, asyncio.Event()
            moved.set()

    async def wait_beyond(self, position: Position, *, timeout_s: float) -> Position:
        """Wait until the head is beyond `position`, or the time is over, and return where it is."""
        try:
            async with asyncio.timeout(timeout_s):
                while self._position <= position:
                    await self._moved.wait()
        except TimeoutError:
            pass  # the caller asked for at most this long: the position says whether there is more
        return self._position

    async def follow(self, database: Database) -> None:
        """Exchange notifications with other processes, until cancelled; reconnects by itself."""
        while True:
            try:
                connection = await database.connect_alone(APPLICATION)
                try:
                    with translated():
                        await self._exchange(connection)
                finally:
                    connection.terminate()
            except LogUnavailableError as error:
                _log.warning("head_unknown", error=str(error))
                await asyncio.sleep(_RECONNECT_PAUSE_S)

    async def _exchange(self, connection: asyncpg.Connection) -> None:
        await connection.add_listener(CHANNEL, self._on_notification)
        while True:
            [(position, is_heard)] = await connection.fetch(STATEMENTS["watch_head"], APPLICATION)
            self._announced = max(self._announced, Position(position))
            self.advance(self._announced)
            deadline = asyncio.get_running_loop().time() + POLL_INTERVAL_S
            while (left := deadline - asyncio.get_running_loop().time()) > 0:
                if not is_heard:  # nobody listens; one who begins to, polls
                    await asyncio.sleep(left)
                elif await self.wait_beyond(self._announced, timeout_s=left) > self._announced:
                    self._announced = self._position
                    await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, str(self._announced))
                    await asyncio.sleep(NOTIFY_INTERVAL_S)

    def _on_notification(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        position = Position(int(str(payload)))
        self._announced = max(self._announced, position)
        self.advance(position)
