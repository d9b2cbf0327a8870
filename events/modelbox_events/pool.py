"""A bounded pool of sessions: one that is free is borrowed, and given back, without a turn of the loop.

asyncpg's own gives each back in a task of its own and sets a timer for it, which costs as much as a short read.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from modelbox_events.errors import LogUnavailableError
from modelbox_events.session import CONNECT_TIMEOUT_S, Session

IDLE_S: Final = 300.0
"""How long a session is kept that nobody needs, unless it is the last one."""
USES_MAX: Final = 50_000
"""How often a session is borrowed before another takes its place: its backend holds on to what it has looked up."""


class Pool:
    """Sessions that are opened when they are needed, at most `size`. The one that was used last is lent first."""

    def __init__(self, open_session: Callable[[], Awaitable[Session]], *, size: int) -> None:
        """Open sessions by `open_session`; none is opened yet."""
        self._open = open_session
        self._places = size  # for more to be borrowed; none while somebody waits
        self._idle: list[Session] = []
        self._borrowed: set[Session] = set()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._returning: set[asyncio.Task[None]] = set()
        self._trimming: asyncio.TimerHandle | None = None
        self._closed = False
        self._returned = asyncio.Event()

    def take(self) -> Session | None:
        """Borrow a session that is there to be used; None where one has to be waited for, asked or opened."""
        if not self._idle or not self._places or self._closed:
            return None
        session = self._idle[-1]
        if session.is_closed() or session.is_doubtful():
            return None
        self._places -= 1
        self._borrowed.add(session)
        return self._idle.pop()

    async def borrow(self) -> Session:
        """Borrow a session that answers; who comes first is served first.

        Raises:
            TimeoutError: All were in use for `CONNECT_TIMEOUT_S`, or none could be opened in that time.
            LogUnavailableError: The pool is closed, or as the opening says.
        """
        if (session := self.take()) is not None:
            return session
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            await self._take_place()
            try:
                session = await self._any()
            except BaseException:
                self._leave_place()
                raise
        self._borrowed.add(session)
        return session

    def give_back(self, session: Session) -> None:
        """Take back a session that was used as it should be."""
        self._borrowed.discard(session)
        session.note_use()
        if self._closed or session.is_closed() or session.is_left_open() or session.uses >= USES_MAX:
            session.terminate()
        else:
            self._idle.append(session)
            if self._trimming is None and len(self._idle) > 1:
                self._trimming = asyncio.get_running_loop().call_later(IDLE_S, self._trim)
        self._leave_place()

    async def give_up(self, session: Session) -> None:
        """Take back a session whose user failed: it is ended unless it answers again."""
        try:
            await session.answers()
        finally:
            self.give_back(session)

    def give_up_later(self, session: Session) -> None:
        """As `give_up`, for who cannot wait."""
        returning = asyncio.create_task(self.give_up(session), name="session given up")
        self._returning.add(returning)
        returning.add_done_callback(self._returning.discard)

    async def close(self) -> None:
        """Lend no more, and close every session; one that is still in use after a while is ended."""
        self._closed = True
        if self._trimming is not None:
            self._trimming.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                while self._borrowed:
                    self._returned.clear()
                    await self._returned.wait()
        for session in (*self._borrowed, *self._idle):
            session.terminate()

    async def _take_place(self) -> None:
        if self._places:
            self._places -= 1
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if not place.cancelled():  # it came in this moment
                self._leave_place()
            raise

    def _leave_place(self) -> None:
        self._returned.set()
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():  # else who waited gave up
                place.set_result(None)
                return
        self._places += 1

    async def _any(self) -> Session:
        """Return a session that answers: one that was used before, else a new one."""
        self._refuse_if_closed()
        session = await self._used_before() or await self._open()
        try:
            self._refuse_if_closed()
        except LogUnavailableError:
            session.terminate()  # `close` did not know of it
            raise
        return session

    async def _used_before(self) -> Session | None:
        while self._idle:
            session = self._idle.pop()
            if session.is_closed():
                session.terminate()
            elif not session.is_doubtful() or await session.answers():
                return session
        return None

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise LogUnavailableError("this process is shutting down")

    def _trim(self) -> None:
        """End those that nobody has needed for a while, but one; look again while there are more."""
        self._trimming = None
        now = asyncio.get_running_loop().time()
        while len(self._idle) > 1 and now - self._idle[0].used_s >= IDLE_S:
            self._idle.pop(0).terminate()
        if len(self._idle) > 1:
            self._trimming = asyncio.get_running_loop().call_later(IDLE_S, self._trim)
