"""Reads that may be long take turns: few of a kind at once hold a connection to Postgres, others find one free.

How long a read is shows as it reads. One that becomes long while others are lets its connection go, and begins again
when it has its turn.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from modelbox_projections.errors import ReadsBusyError
from modelbox_projections.limits import LONG_READ_POINTS, LONG_READ_WAIT_S

Found = TypeVar("Found")


class NoTurnError(Exception):
    """A read has become long, and has no turn: what it read is to be forgotten, and its connection let go."""


class Turn:
    """What a read says of itself as it reads."""

    def __init__(self, turns: asyncio.Semaphore, at_once: int) -> None:
        """Begin short."""
        self._turns = turns
        self._at_once = at_once
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
            raise ReadsBusyError(self._at_once) from error
        self._has_turn = True

    def end(self) -> None:
        """Give the turn to another, if there is one."""
        if self._has_turn:
            self._turns.release()


class Turns:
    """The turns of reads, so many at once."""

    def __init__(self, at_once: int) -> None:
        """Have none taken."""
        self._at_once = at_once
        self._turns = asyncio.Semaphore(at_once)

    async def run(self, read: Callable[[Turn], Awaitable[Found]]) -> Found:
        """Return what a read finds that needs a turn only where it is long.

        Raises:
            ReadsBusyError: It is long, and others were all the time that it waited.
        """
        turn = Turn(self._turns, self._at_once)
        try:
            return await read(turn)
        except NoTurnError:
            await turn.wait()
            return await read(turn)
        finally:
            turn.end()

    @contextlib.asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Have a turn for the length of a block.

        Raises:
            ReadsBusyError: None came.
        """
        turn = Turn(self._turns, self._at_once)
        await turn.wait()
        try:
            yield
        finally:
            turn.end()
