"""Whose turn it is to relay: a session advisory lock, and what to do when its holder sleeps.

It saves work and nothing else. Two relays that both believe it is their turn do no harm.

Must not know: NATS.
"""

import asyncio
from typing import Final

import asyncpg

from modelbox_events.database import Database, translated
from modelbox_events.ids import Position
from modelbox_events.sql import STATEMENTS

TAKEOVER_S: Final = 3.0
"""How long the feed may stand still while the log moves, before another relay works without the lock."""


class Turn:
    """One relay's claim to the lock. The lock is held by a connection of its own and goes with it."""

    def __init__(self, database: Database) -> None:
        """Claim nothing yet."""
        self._database = database
        self._session: asyncpg.Connection | None = None
        self._held = False
        self._seen = Position(-1)
        self._still_since = 0.0

    async def is_mine(self, feed: Position, log: Position) -> bool:
        """Take the lock if it is free; return whether to work now.

        Args:
            feed: Where the feed ends.
            log: Where the log ends.

        Raises:
            LogUnavailableError: Postgres did not answer.
        """
        if await self._lock():
            return True
        now = asyncio.get_running_loop().time()
        if feed != self._seen or feed >= log:
            self._seen, self._still_since = feed, now
        return now - self._still_since >= TAKEOVER_S

    def give_up(self) -> None:
        """Let another relay have the lock."""
        if self._session is not None:
            self._session.terminate()
        self._session, self._held = None, False

    async def _lock(self) -> bool:
        if self._session is not None and self._session.is_closed():
            self.give_up()
        if not self._held:
            session = self._session or await self._database.connect_alone("modelbox relay")
            self._session = session
            with translated():
                self._held = bool(await session.fetchval(STATEMENTS["lock_relay"]))
        return self._held
