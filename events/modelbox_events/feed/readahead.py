"""Pages of the log in order, the next one read while the last is being published.

Must not know: NATS.
"""

import asyncio
from typing import Final

from modelbox_events.errors import FeedForkedError
from modelbox_events.event import RecordedEvent
from modelbox_events.ids import Position
from modelbox_events.log import Log

PAGE_EVENTS: Final = 2_000
"""Events in one page: two atomic batches."""


class ReadAhead:
    """Reads one page ahead of its user; close it with `aclose`."""

    def __init__(self, log: Log) -> None:
        """Read from `log`; nothing is read yet."""
        self._source = log
        self._next: asyncio.Task[list[RecordedEvent]] | None = None
        self._next_after = Position(0)

    async def after(self, position: Position) -> list[RecordedEvent]:
        """Return the events that follow a position; none when the log ends there.

        Raises:
            FeedForkedError: The log lacks events that it once had.
            LogUnavailableError: Postgres did not answer.
        """
        if self._next is not None and self._next_after == position:
            page = await self._next
            self._next = None
        else:
            await self.aclose()
            page = await self._read(position)
        if len(page) == PAGE_EVENTS:  # a shorter page ends at the head: there is nothing to read ahead
            self._next_after = page[-1].position
            self._next = asyncio.create_task(self._read(self._next_after), name="relay reads ahead")
        return page

    async def aclose(self) -> None:
        """Give up the page that was read ahead."""
        if self._next is not None:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)
            self._next = None

    async def _read(self, position: Position) -> list[RecordedEvent]:
        page = await self._source.read(position, limit=PAGE_EVENTS)
        for expected, event in enumerate(page, start=position + 1):
            if event.position != expected:
                raise FeedForkedError(expected, f"the log lacks its events {expected} to {event.position - 1}")
        return page
