"""The bounded queue of appends that wait for the next batch, fair to every namespace."""

import asyncio
from collections import OrderedDict, deque
from typing import Final

from modelbox_events.batch import Prepared
from modelbox_events.errors import LogOverloadedError
from modelbox_events.limits import (
    BATCH_BYTES_MAX,
    BATCH_EVENTS_MAX,
    BATCH_REQUESTS_MAX,
    QUEUE_BYTES_MAX,
    QUEUE_REQUESTS_MAX,
)

RETRY_AFTER_S: Final = 0.25
BATCH_REQUESTS_SHARED: Final = 16
"""A queue up to this long is not shared: two small transactions cost more than one."""


class AppendQueue:
    """Appends by namespace, taken in turn: a namespace with a long line does not hold up the others."""

    def __init__(self) -> None:
        """Start empty."""
        self._lines: OrderedDict[str, deque[Prepared]] = OrderedDict()
        self._requests = 0
        self._bytes = 0
        self._filled = asyncio.Event()
        self._closed = False

    def __len__(self) -> int:
        """Return how many appends wait."""
        return self._requests

    def put(self, request: Prepared) -> None:
        """Add an append.

        Raises:
            LogOverloadedError: The queue holds as much as it may.
        """
        if self._requests >= QUEUE_REQUESTS_MAX or self._bytes + request.size > QUEUE_BYTES_MAX:
            raise LogOverloadedError(self._requests, retry_after_s=RETRY_AFTER_S)
        self._lines.setdefault(request.append.stream.namespace, deque()).append(request)
        self._requests += 1
        self._bytes += request.size
        self._filled.set()

    async def wait(self) -> bool:
        """Wait until there is an append; return False once the queue is closed and empty."""
        while not self._requests:
            if self._closed:
                return False
            self._filled.clear()
            await self._filled.wait()
        return True

    def close(self) -> None:
        """Let those who wait go when the queue is empty."""
        self._closed = True
        self._filled.set()

    def take(self, *, takers: int) -> list[Prepared]:
        """Take the next batch: one append of each namespace in turn, within a batch's bounds.

        Args:
            takers: How many could take one now. A long queue is shared between them.
        """
        batch: list[Prepared] = []
        events = size = 0
        most = min(BATCH_REQUESTS_MAX, max(BATCH_REQUESTS_SHARED, -(-self._requests // takers)))
        while self._lines and len(batch) < most:
            namespace, line = next(iter(self._lines.items()))
            request = line[0]
            events += len(request.types)
            size += request.size
            if batch and (events > BATCH_EVENTS_MAX or size > BATCH_BYTES_MAX):
                break
            line.popleft()
            if line:
                self._lines.move_to_end(namespace)
            else:
                del self._lines[namespace]
            self._requests -= 1
            self._bytes -= request.size
            if not request.done.done():  # its caller gave up before it was sent
                batch.append(request)
        return batch
