"""Where the log ends, as far as this process knows, and a way to wait for more.

Commits of this process wake waiters at once. Those of others arrive by NOTIFY, sent outside the append's transaction
because NOTIFY takes a lock that all commits of the database share; a poll covers a lost notification, and finds out
when the log was set back.
"""

import asyncio
from collections.abc import Set as AbstractSet
from typing import Any, Final

import asyncpg
import msgspec
import structlog

from modelbox_events.database import Database, translated
from modelbox_events.epochs import Epochs, load_epochs
from modelbox_events.errors import LogUnavailableError
from modelbox_events.ids import Position
from modelbox_events.outage import Outage
from modelbox_events.sql import STATEMENTS

CHANNEL: Final = "modelbox_head"
APPLICATION: Final = "modelbox head"
"""What Postgres lists the connections as, by which processes find each other."""
POLL_INTERVAL_S: Final = 0.25
NOTIFY_INTERVAL_S: Final = 0.005
COMMITS_KEPT: Final = 1_024
"""Batches of this process of which it is remembered in which namespaces they wrote."""
ANSWER_TIMEOUT_S: Final = 3.0
"""How long Postgres may take to answer a look; then its connection counts as silent, and another one is opened."""
_RECONNECT_PAUSE_S: Final = 0.25
_RECONNECT_PAUSE_S_MAX: Final = 2.0

UNKNOWN_EPOCHS: Final = Epochs(())

_log = structlog.get_logger()


class Commit(msgspec.Struct, frozen=True):
    """A batch that this process recorded: its positions, in which namespaces it wrote, and the chain's hash then."""

    first: Position
    last: Position
    namespaces: frozenset[str]
    hash: bytes


class Head:
    """The last position known here. It only grows, but when the log itself was set back.

    Attributes:
        rewinds: How often the log was found to lack what it once held: a standby that was behind took over, or an
            older backup was restored. Whoever keeps anything that the log said compares it with what it was then.
        epochs: The log's epochs, as far as this process knows.
        format_level: The highest format that the log may hold. It never falls, but when the log itself was set back.
        ahead_s: By how many seconds the log's time is ahead of Postgres's clock, as of the last look.
        trouble: Why Postgres does not say where the log ends, as of the last look; None when it does.
    """

    def __init__(
        self,
        position: Position,
        chain_hash: bytes | None = None,
        *,
        epochs: Epochs = UNKNOWN_EPOCHS,
        format_level: int = 1,
    ) -> None:
        """Start at a position read from Postgres, and the chain's hash there where it is known."""
        self.rewinds = 0
        self.epochs = epochs
        self.format_level = format_level
        self.ahead_s = 0.0
        self.trouble: LogUnavailableError | None = None
        self._position = position
        self._seen = position if chain_hash else Position(0)
        self._seen_hash = chain_hash
        self._moved = asyncio.Event()
        self._announced = position
        self._commits: dict[int, Commit] = {}
        self._outage = Outage()

    @property
    def position(self) -> Position:
        """The last position known in this process."""
        return self._position

    @property
    def trouble_s(self) -> float:
        """How long Postgres has not said where the log ends, in seconds."""
        return self._outage.seconds

    def advance(self, position: Position, chain_hash: bytes | None = None) -> None:
        """Say that the log has come to `position`; a smaller one than known changes nothing.

        With the chain's hash there, a loss of events up to it is noticed although others have taken their positions.
        """
        if chain_hash is not None and (position > self._seen or self._seen_hash is None):
            self._seen, self._seen_hash = position, chain_hash
        if position > self._position:
            self._position = position
            self._wake()

    def note_level(self, format_level: int) -> None:
        """Say which format level the log had; a lower one than known is older news."""
        self.format_level = max(self.format_level, format_level)

    def committed(self, commit: Commit) -> None:
        """Say what this process recorded."""
        self._commits[commit.first] = commit
        if len(self._commits) > COMMITS_KEPT:
            del self._commits[next(iter(self._commits))]
        self.advance(commit.last, commit.hash)

    def free_of(self, namespaces: AbstractSet[str], after: Position) -> Commit | None:
        """Return the batch up to which this process knows, without reading, that none wrote in these namespaces."""
        last = None
        while commit := self._commits.get(after + 1):
            if not commit.namespaces.isdisjoint(namespaces):
                break
            last, after = commit, commit.last
        return last

    def rewind(self, position: Position, chain_hash: bytes | None = None) -> None:
        """Say that the log lacks what it once held, and ends at `position` now."""
        _log.error("log_rewound", known=self._position, found=position)
        self.rewinds += 1
        self._position = self._announced = position
        self._seen, self._seen_hash = position, chain_hash
        self._commits.clear()
        self._wake()

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def wait_beyond(self, position: Position, *, timeout_s: float) -> Position:
        """Wait until the head is beyond `position`, the log was set back, or the time is over; return where it is."""
        rewinds = self.rewinds
        try:
            async with asyncio.timeout(timeout_s):
                while self._position <= position and rewinds == self.rewinds:
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
                self.trouble = error
                self._outage.warn("head_unknown", error)
            except Exception:  # noqa: BLE001  # the task's outermost loop: the head is followed as long as it is asked
                if self._outage.failed("unforeseen"):
                    _log.exception("head_unknown")
            await asyncio.sleep(self._outage.pause_s(_RECONNECT_PAUSE_S, _RECONNECT_PAUSE_S_MAX))

    async def _exchange(self, connection: asyncpg.Connection) -> None:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            await connection.add_listener(CHANNEL, self._on_notification)
        while True:
            is_heard = await self._look(connection)
            self.trouble = None
            self._outage.end("head_known")
            deadline = asyncio.get_running_loop().time() + POLL_INTERVAL_S
            while (left := deadline - asyncio.get_running_loop().time()) > 0:
                if not is_heard:  # nobody listens; one who begins to, polls
                    await asyncio.sleep(left)
                elif await self.wait_beyond(self._announced, timeout_s=left) > self._announced:
                    self._announced = self._position
                    await connection.execute(
                        "SELECT pg_notify($1, $2)", CHANNEL, str(self._announced), timeout=ANSWER_TIMEOUT_S
                    )
                    await asyncio.sleep(NOTIFY_INTERVAL_S)

    async def _look(self, connection: asyncpg.Connection) -> bool:
        """Look where the log ends, and whether it still holds what it held; return whether anybody listens."""
        # Taken before the question: Postgres has all of it, whatever is committed meanwhile.
        known, seen, seen_hash, known_level = self._position, self._seen, self._seen_hash, self.format_level
        [row] = await connection.fetch(STATEMENTS["watch_head"], APPLICATION, seen, timeout=ANSWER_TIMEOUT_S)
        position, chain_hash, log_id, format_level, hash_there, is_heard = row
        if format_level < known_level:
            self.format_level = format_level
        self.note_level(format_level)
        if log_id != self.epochs.log_id:
            self.epochs = await load_epochs(connection)
        if position < known or (seen_hash is not None and seen > 0 and hash_there != seen_hash):
            self.rewind(Position(position), chain_hash)
        self._announced = max(self._announced, Position(position))
        self.advance(Position(position), chain_hash)
        return bool(is_heard)

    def _on_notification(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        position = Position(int(str(payload)))
        self._announced = max(self._announced, position)
        self.advance(position)
