"""A number of bytes that many share: whoever wants more than is left waits for its turn."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator

from modelbox_gateway.errors import WatchesOverloadedError
from modelbox_gateway.rpc.frame.limits import WATCH_RETRY_AFTER_S, WATCH_TURN_S


class Hold:
    """What one holder has of a budget."""

    def __init__(self, budget: "Budget", size: int) -> None:
        """Use `Budget.hold`."""
        self._budget = budget
        self.size = size

    def shrink(self, size: int) -> None:
        """Give back what is not needed; a size above the present one changes nothing."""
        if size < self.size:
            self._budget.give_back(self.size - size)
            self.size = size


class Budget:
    """Bytes for all watches of a process, given out in the order in which they were asked for."""

    def __init__(self, bytes_max: int) -> None:
        """Share out so many bytes."""
        self._bytes_max = bytes_max
        self._left = bytes_max
        self._line: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def held(self) -> int:
        """How many bytes are held now."""
        return self._bytes_max - self._left

    @contextlib.asynccontextmanager
    async def hold(self, size: int) -> AsyncIterator[Hold]:
        """Hold so many bytes, or all there are if that is less.

        Raises:
            WatchesOverloadedError: So many were not free for `WATCH_TURN_S`.
        """
        size = min(size, self._bytes_max)
        if self._line or self._left < size:
            await self._turn(size)
        else:
            self._left -= size
        hold = Hold(self, size)
        try:
            yield hold
        finally:
            self.give_back(hold.size)

    def give_back(self, size: int) -> None:
        """Take bytes back, and give them to those who wait."""
        self._left += size
        while self._line and (self._line[0][1].done() or self._line[0][0] <= self._left):
            wanted, turn = self._line.popleft()
            if not turn.done():  # else whoever waited gave up
                self._left -= wanted
                turn.set_result(None)

    async def _turn(self, size: int) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append((size, turn))
        try:
            async with asyncio.timeout(WATCH_TURN_S):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():  # it came at the moment of giving up
                self.give_back(size)
            turn.cancel()
            self.give_back(0)  # who stood behind may fit where this one did not
            if isinstance(error, TimeoutError):
                raise WatchesOverloadedError(self._bytes_max, retry_after_s=WATCH_RETRY_AFTER_S) from error
            raise
