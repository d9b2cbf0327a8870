"""The hash of the chain at positions of the log: by it a log that lost its tail is told.

A log can be set back under a running process: a standby that lacked the last events is promoted, an older backup is
restored. What it holds afterwards at a position that it had before is another event, with another hash.
"""

from collections import OrderedDict
from typing import Final, NamedTuple

from modelbox_events.database import Database
from modelbox_events.errors import LogRewoundError
from modelbox_events.event import RecordedEvent
from modelbox_events.hashing import chain_hash
from modelbox_events.head import Head
from modelbox_events.ids import Position
from modelbox_events.sql import STATEMENTS
from modelbox_events.token import Token

KNOWN_MAX: Final = 4_096
"""Positions remembered, so that most tokens are checked without a read."""


class HashedPosition(NamedTuple):
    """A position, and the chain's hash there."""

    position: Position
    hash: bytes


def continues(before: HashedPosition, event: RecordedEvent) -> bool:
    """Tell whether an event of the log is the one that follows on a position."""
    follows = event.position == before.position + 1
    return follows and event.hash == chain_hash(before.hash, event.position, event.content_hash)


class ChainHashes:
    """The hashes that this process knows of its log, and what the log says of other positions."""

    def __init__(self, database: Database, head: Head) -> None:
        """Ask `database`; `head` says when the log was set back, and all that was known counts no more."""
        self._database = database
        self._head = head
        self._rewinds = head.rewinds
        self._known: OrderedDict[Position, bytes] = OrderedDict()

    def position_of(self, token: Token) -> Position:
        """Return the position of a token of this log; what its hash says is not looked at.

        Raises:
            LogForkedError: The token is of another log.
            LogRewoundError: It is of an epoch that had ended before.
        """
        self._head.epochs.check(token)
        return token.position

    async def check(self, token: Token) -> Position:
        """Return the position of a token of this log as the log is now. One without a hash is taken at its word.

        Raises:
            LogForkedError: The token is of another log.
            LogRewoundError: It names an event that the log held once, and lost.
            LogUnavailableError: Postgres does not answer.
        """
        position = self.position_of(token)
        if token.hash and position > 0:  # before the first event nothing can be lost
            found = await self._hash_at(position)
            if found is None or token.at(found) != token:
                raise LogRewoundError(position)
        return position

    async def hashed(self, token: Token) -> Token:
        """Return a token of this log with the hash at its position.

        Raises:
            LogUnavailableError: Postgres does not answer.
        """
        if token.hash or not token.position:
            return token
        found = await self._hash_at(token.position)
        return token if found is None else token.at(found)

    def note(self, position: Position, chain_hash: bytes) -> None:
        """Remember what the log holds at a position."""
        self._known_now()[position] = chain_hash
        if len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)

    async def _hash_at(self, position: Position) -> bytes | None:
        found = self._known_now().get(position)
        if found is None:
            rewinds = self._head.rewinds
            async with self._database.acquire() as connection:
                found = await connection.fetchval(STATEMENTS["read_hash"], position)
            if found is not None and rewinds == self._head.rewinds:
                self.note(position, found)
        return found

    def _known_now(self) -> OrderedDict[Position, bytes]:
        if self._rewinds != self._head.rewinds:
            self._rewinds = self._head.rewinds
            self._known.clear()
        return self._known
