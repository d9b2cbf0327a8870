"""Long reads take turns: few of them at once hold a connection to Postgres, and share the thread with all other calls.

How long a read is shows as it reads. One that becomes long while others are lets its connection go, and begins again
when it has its turn.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from modelbox_projections.errors import ReadsBusyError
from modelbox_projections.limits import LONG_READ_POINTS, LONG_READ_WAIT_S, LONG_READS_MAX

Found = TypeVar("Found")


class NoTurnError(Exception):
    """A read has become long, and has no turn: what it read is to be forgotten, and its connection let go."""


class Turn:
    """What a read says of itself as it reads."""

    def __init__(self, turns: asyncio.Semaphore) -> None:
        """Begin short."""
        self._turns = turns
        self._points = 0
        self._has_turn = False

    async def read(self, points: int) -> None:
        """Say that so many points more are read.

        Raises:
            NoTurnError: It is long now, and as many others are as may be.
        """
        self._points += points
        if self._points > LONG_READ_POINTS and not self._has_turn:
            if self._turns.locked():
                raise NoTurnError
            await self.wait()

    async def wait(self) -> None:
        """Wait for a turn.

        Raises:
            ReadsBusyError: None came.
        """
        try:
            async with asyncio.timeout(LONG_READ_WAIT_S):
                await self._turns.acquire()
        except TimeoutError as error:
            raise ReadsBusyError(LONG_READS_MAX) from error
        self._has_turn = True

    def end(self) -> None:
        """Give the turn to another, if there is one."""
        if self._has_turn:
            self._turns.release()


class Turns:
    """The turns of long reads."""

    def __init__(self) -> None:
        """Have `LONG_READS_MAX`."""
        self._turns = asyncio.Semaphore(LONG_READS_MAX)

    async def run(self, read: Callable[[Turn], Awaitable[Found]]) -> Found:
        """Return what a read finds.

        Raises:
            ReadsBusyError: It is long, and others were all the time that it waited.
        """
        turn = Turn(self._turns)
        try:
            return await read(turn)
        except NoTurnError:
            await turn.wait()
            return await read(turn)
        finally:
            turn.end()
