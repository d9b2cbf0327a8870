"""Reads a feed from its first message to its last and from the first again, a slice at a time, beside the log.

JetStream's counts do not tell of damage to its files: they say that all is there, and a reader finds a message missing.
"""

import random
from typing import Final

from modelbox_events.feed.agreement import agrees_readably
from modelbox_events.feed.stream import FIRST_SEQUENCE, FeedState, FeedStream
from modelbox_events.ids import Position
from modelbox_events.log import Log

SLICE_MESSAGES: Final = 1_000
"""Messages in one slice; reading it costs a tenth of a second of a core."""

SAMPLE_MESSAGES: Final = 16
"""Messages anywhere in the feed that are read with each slice: a lost file of JetStream's takes thousands with it."""


class Inspection:
    """An inspection of one feed, for as long as its user likes."""

    def __init__(self, log: Log, feed: FeedStream) -> None:
        """Begin at the feed's first message."""
        self._source = log
        self._feed = feed
        self._next = 0

    async def damage(self, state: FeedState) -> str | None:
        """Look at the next slice, and at a few messages elsewhere; return what is wrong, or None.

        Args:
            state: What the feed holds now; the log holds as much.

        Raises:
            nats.errors.Error: The server did not answer.
            LogUnavailableError: Postgres did not answer.
        """
        if (gap := _gap(state)) or not state.messages:
            return gap
        wrong = await self._wrong_in_sample(state) or await self._wrong_in_slice(state)
        if wrong is None:
            return None
        now = await self._feed.state()
        if wrong < now.first and now.bounded:  # its own limits have just removed it
            return None
        return _gap(now) or f"message {wrong} cannot be read or is not the log's event"

    async def _wrong_in_sample(self, state: FeedState) -> int | None:
        for _ in range(min(SAMPLE_MESSAGES, state.messages)):
            position = Position(random.randint(state.first, state.last))  # noqa: S311 - nothing secret
            if not await agrees_readably(self._source, self._feed, position):
                return position
        return None

    async def _wrong_in_slice(self, state: FeedState) -> int | None:
        first = max(self._next, state.first)
        if first > state.last:
            first = state.first
        last = min(first + SLICE_MESSAGES - 1, state.last)
        self._next = last + 1
        theirs = await self._feed.chain_hashes(first, last)
        position = first
        while page := await self._source.read(Position(position - 1), limit=SLICE_MESSAGES, to=Position(last)):
            for event in page:
                if theirs.get(event.position) != event.hash.hex():
                    return event.position
            position = page[-1].position + 1
        return None


def _gap(state: FeedState) -> str | None:
    """Return what the feed lacks by its own count, or None."""
    if state.first > FIRST_SEQUENCE and not state.bounded:
        return f"its first {state.first - 1} messages are missing"
    if state.holes:
        return f"{state.holes} messages are missing between {state.first} and {state.last}"
    return None
