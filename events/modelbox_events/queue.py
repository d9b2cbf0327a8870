"""The bounded queue of appends that wait for the next batch, fair to every namespace.

A namespace alone may fill it. When it is full, room for an append is made at the cost of the namespace that has most in
it, and that may be the append's own: so the share of each shrinks as more are present, and a quiet one always gets in.
"""

import asyncio
from collections import OrderedDict, deque
from typing import Final

from modelbox_events.batch import Prepared
from modelbox_events.drain import Drain
from modelbox_events.errors import InvalidEventError, LogOverloadedError
from modelbox_events.limits import (
    APPEND_BYTES_MAX,
    BATCH_BYTES_MAX,
    BATCH_EVENTS_MAX,
    BATCH_REQUESTS_MAX,
    QUEUE_BYTES_MAX,
    QUEUE_REQUESTS_MAX,
)

BATCH_REQUESTS_SHARED: Final = 16
"""A queue up to this long is not shared: two small transactions cost more than one."""


class _Line:
    """What one namespace has in the queue."""

    __slots__ = ("requests", "size")

    def __init__(self) -> None:
        self.requests: deque[Prepared] = deque()
        self.size = 0

    def load(self, *, requests: int = 0, size: int = 0) -> float:
        """How much of the queue it takes, with so much more: of its places or its bytes, whichever is more."""
        return max((len(self.requests) + requests) / QUEUE_REQUESTS_MAX, (self.size + size) / QUEUE_BYTES_MAX)


class AppendQueue:
    """Appends by namespace, taken in turn: a namespace with a long line does not hold up the others."""

    def __init__(self) -> None:
        """Start empty."""
        self._lines: OrderedDict[str, _Line] = OrderedDict()
        self._requests = 0
        self._bytes = 0
        self._drain = Drain()
        self._filled = asyncio.Event()
        self._closed = False

    def __len__(self) -> int:
        """Return how many appends wait."""
        return self._requests

    def put(self, request: Prepared) -> None:
        """Add an append; where the queue is full, the last one of the namespace with most in it has to go.

        Raises:
            InvalidEventError: It is larger than any append may be.
            LogOverloadedError: The queue is full, and no namespace has more in it than this one.
        """
        if request.size > APPEND_BYTES_MAX:
            problem = f"{request.size:,} bytes in one append; it takes at most {APPEND_BYTES_MAX:,}: send them in parts"
            raise InvalidEventError("events", problem)
        if not self._requests:
            self._drain.begin()
        namespace = request.append.stream.namespace
        line = self._lines.get(namespace) or _Line()
        while self._requests >= QUEUE_REQUESTS_MAX or self._bytes + request.size > QUEUE_BYTES_MAX:
            self._make_room(line, request)
        line.requests.append(request)
        line.size += request.size
        self._lines.setdefault(namespace, line)
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
        before = self._requests
        most = min(BATCH_REQUESTS_MAX, max(BATCH_REQUESTS_SHARED, -(-self._requests // takers)))
        while self._lines and len(batch) < most:
            namespace, line = next(iter(self._lines.items()))
            request = line.requests[0]
            events += len(request.types)
            size += request.size
            if batch and (events > BATCH_EVENTS_MAX or size > BATCH_BYTES_MAX):
                break
            self._remove(namespace, line, line.requests.popleft())
            if line.requests:
                self._lines.move_to_end(namespace)
            if not request.done.done():  # its caller gave up in this moment
                batch.append(request)
        self._drain.note(before - self._requests)
        return batch

    def drop(self, request: Prepared) -> None:
        """Take out an append whose caller gave up, if it waits still: it takes no place of another's."""
        namespace = request.append.stream.namespace
        line = self._lines.get(namespace)
        if line is not None and request in line.requests:
            line.requests.remove(request)
            self._remove(namespace, line, request)

    def _make_room(self, line: _Line, request: Prepared) -> None:
        """Take the last append out of the line that takes most of the queue.

        Raises:
            LogOverloadedError: That line is the request's own.
        """
        namespace, longest = max(self._lines.items(), key=lambda item: item[1].load())
        if longest is line or longest.load() <= line.load(requests=1, size=request.size):
            raise self._overloaded(line)
        last = longest.requests.pop()
        self._remove(namespace, longest, last)
        if not last.done.done():
            last.done.set_exception(self._overloaded(longest))

    def _remove(self, namespace: str, line: _Line, request: Prepared) -> None:
        line.size -= request.size
        self._requests -= 1
        self._bytes -= request.size
        if not line.requests:
            del self._lines[namespace]

    def _overloaded(self, line: _Line) -> LogOverloadedError:
        # The lines are taken from in turn, so each is drained at its share.
        ahead = max(1, len(line.requests)) * len(self._lines)
        return LogOverloadedError(self._requests, retry_after_s=self._drain.seconds_for(min(ahead, self._requests)))
