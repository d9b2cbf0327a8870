"""The end of the log as all watches of this process share it: read once, encoded once, told where it concerns.

A watch that is further behind than what is kept here reads pages of its own (`following.py`).
"""

import asyncio
import contextlib
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Final

import structlog

from modelbox_events import Log, LogUnavailableError, Position, RecordedEvent
from modelbox_events.head import POLL_INTERVAL_S
from modelbox_events.outage import Outage
from modelbox_gateway.rpc.frame.limits import (
    TAIL_BYTES_MAX,
    TAIL_EVENTS_MAX,
    TAIL_PAGE_BYTES,
    TAIL_PAGE_EVENTS,
    TAIL_PAUSE_S,
    TAIL_SPAN_POSITIONS,
    WATCH_LOOK_S,
    WATCH_TROUBLE_S_MAX,
)
from modelbox_gateway.rpc.methods.watch.changes import Change, Changes

_NOT_YET: Final = Position(2**63 - 1)
_position_of: Final = attrgetter("position")

_log = structlog.get_logger()


class Room:
    """The watches of one namespace, and what they were told last.

    Attributes:
        start: From here on `changes` has every change of the namespace, up to where the tail is.
        changes: In the order of the log.
        watches: How many watch.
    """

    __slots__ = ("_news", "changes", "start", "watches")

    def __init__(self) -> None:
        """Begin without a place: the tail gives it one before it reads on."""
        self.start = _NOT_YET
        self.changes: list[Change] = []
        self.watches = 0
        self._news = asyncio.Event()

    async def wait(self) -> None:
        """Wait until there is something to look at."""
        await self._news.wait()

    def wake(self) -> None:
        """Say that there is something to look at."""
        news, self._news = self._news, asyncio.Event()
        news.set()


class Tail:
    """Reads what is committed while somebody watches, and keeps the last of it for the watched namespaces."""

    def __init__(self, log: Log, changes: Changes, is_draining: Callable[[], bool]) -> None:
        """Follow `log`; when `is_draining` says so, all who watch are woken to see it."""
        self._log = log
        self._changes = changes
        self._is_draining = is_draining
        self._rooms: dict[str, Room] = {}
        self._kept: deque[tuple[Room, Change]] = deque()
        self._bytes = 0
        self._task: asyncio.Task[None] | None = None
        self._rewinds = log.head.rewinds
        self._position = log.head.position
        self._hash: bytes | None = None
        self._outage = Outage()

    @property
    def bytes_kept(self) -> int:
        """Bytes of changes kept for all."""
        return self._bytes

    @contextlib.contextmanager
    def room(self, namespace: str) -> Iterator[Room]:
        """Take part in watching a namespace."""
        room = self._rooms.setdefault(namespace, Room())
        room.watches += 1
        if self._task is None:
            self._position, self._hash = self._log.head.position, None
            self._task = asyncio.create_task(self._follow_always(), name="watch tail")
        try:
            yield room
        finally:
            room.watches -= 1
            if not room.watches:
                del self._rooms[namespace]
            if not self._rooms:
                self._task.cancel()
                self._task = None
                self._kept.clear()
                self._bytes = 0

    def next(self, room: Room, after: Position) -> Change | None:
        """Return the next change after a position that the room covers, None when there is none yet."""
        index = bisect_right(room.changes, after, key=_position_of)
        return room.changes[index] if index < len(room.changes) else None

    def encoded(self, change: Change, *, with_hash: bool) -> bytes:
        """Return a change's message, and count what it takes once it is encoded."""
        before = change.size
        message = change.encoded(with_hash=with_hash)
        if change.kept and change.size != before:
            self._bytes += change.size - before
            self._drop_oldest()
        return message

    def covered(self, room: Room, after: Position) -> Position:
        """Return up to where a room is known to have nothing after a position that it covers."""
        return max(after, self._position) if room.start != _NOT_YET else after

    async def _follow_always(self) -> None:
        while True:
            try:
                await self._follow()
            except LogUnavailableError as error:
                self._outage.warn("watches_wait_for_postgres", error)
            except Exception:  # noqa: BLE001  # the task's outermost loop
                _log.exception("watches_failed")
            await asyncio.sleep(POLL_INTERVAL_S)

    async def _follow(self) -> None:
        """Read on for ever, for the namespaces that are watched at the moment."""
        head = self._log.head
        while True:
            if self._rewinds != head.rewinds or self._is_draining() or head.trouble_s > WATCH_TROUBLE_S_MAX:
                self._send_away()
            self._let_in()
            if passed := head.free_of(self._rooms.keys(), self._position):
                self._position, self._hash = passed.last, passed.hash
            if head.position > self._position:
                await self._read()
                self._outage.end("watches_go_on")
                await asyncio.sleep(TAIL_PAUSE_S)  # so that the next page holds more than one event
            else:
                await head.wait_beyond(self._position, timeout_s=WATCH_LOOK_S)

    def _send_away(self) -> None:
        """Let all who watch see that their watch has ended, and begin anew for those to come."""
        head = self._log.head
        self._rewinds, self._position, self._hash = head.rewinds, head.position, None
        for room in self._rooms.values():
            room.start = _NOT_YET
            room.changes.clear()
            room.wake()
        self._kept.clear()
        self._bytes = 0

    def _let_in(self) -> None:
        for room in self._rooms.values():
            if room.start == _NOT_YET:
                room.start = self._position
                room.wake()

    async def _read(self) -> None:
        """Read the next page and tell the rooms that it concerns."""
        head, after = self._log.head, self._position
        page = await self._log.read_watched(
            after,
            to=Position(min(head.position, after + TAIL_SPAN_POSITIONS)),
            namespaces=list(self._rooms),
            limit=TAIL_PAGE_EVENTS,
            bytes_max=TAIL_PAGE_BYTES,
        )
        if self._rewinds != head.rewinds:
            return
        if self._hash is not None and page.hash_before != self._hash:
            head.rewind(head.position)  # others have taken the positions that were told
        elif page.last_hash is None:
            await asyncio.sleep(POLL_INTERVAL_S)  # the log is shorter than was known: the head finds out
        else:
            self._position, self._hash = page.last, page.last_hash
            head.advance(page.last, page.last_hash)
            for event in page.events:
                self._tell(event)

    def _tell(self, event: RecordedEvent) -> None:
        room = self._rooms.get(event.namespace)
        if room is None or room.start >= event.position:  # all left meanwhile, or came only now
            return
        change = self._changes.change(event)
        change.kept = True
        room.changes.append(change)
        room.wake()
        self._kept.append((room, change))
        self._bytes += change.size
        self._drop_oldest()

    def _drop_oldest(self) -> None:
        while len(self._kept) > TAIL_EVENTS_MAX or (self._bytes > TAIL_BYTES_MAX and self._kept):
            room, change = self._kept.popleft()
            self._bytes -= change.size
            change.kept = False
            room.changes.pop(0)  # what is oldest of all is the oldest of its room
            room.start = change.position
