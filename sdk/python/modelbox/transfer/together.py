"""Several pieces of work at once, with bounds.

Threads of our own instead of an executor: what is still to be sent when the interpreter ends finds executors closed.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar, cast

Item = TypeVar("Item")
Result = TypeVar("Result")


def together(
    work: Callable[[Item], Result], items: Sequence[Item], *, at_once: int, stop: Callable[[], None]
) -> list[Result]:
    """Do the work for every item, and return the results in the order of the items.

    The caller's thread does its share. After the first error nothing new begins, and it is raised when all that was
    begun has ended.

    Args:
        at_once: Items that are worked on at one time.
        stop: Called after an error, so that what was begun ends soon.
    """
    shared = _Shared(work, items, stop)
    threads = [threading.Thread(target=shared.run, daemon=True) for _ in range(min(at_once, len(items)) - 1)]
    begun = []
    for thread in threads:
        try:
            thread.start()
        except RuntimeError:  # the interpreter ends, and takes no more threads: this one does it all
            break
        begun.append(thread)
    try:
        shared.run()
    finally:
        shared.end()
        for thread in begun:
            thread.join()
    if shared.error is not None:
        raise shared.error
    return shared.results


class _Shared(Generic[Item, Result]):
    def __init__(self, work: Callable[[Item], Result], items: Sequence[Item], stop: Callable[[], None]) -> None:
        self._work = work
        self._stop = stop
        self._waiting = list(enumerate(items))[::-1]
        self._results: list[Result | None] = [None] * len(items)
        self._lock = threading.Lock()
        self.error: BaseException | None = None

    @property
    def results(self) -> list[Result]:
        return cast("list[Result]", self._results)  # without an error every item has its result

    def run(self) -> None:
        while (taken := self._take()) is not None:
            number, item = taken
            try:
                self._results[number] = self._work(item)
            except BaseException as error:  # noqa: BLE001  # raised by the thread that waits for all
                self._fail(error)

    def end(self) -> None:
        with self._lock:
            left = bool(self._waiting)
            self._waiting.clear()
        if left:
            self._stop()

    def _take(self) -> tuple[int, Item] | None:
        with self._lock:
            return self._waiting.pop() if self._waiting else None

    def _fail(self, error: BaseException) -> None:
        with self._lock:
            self._waiting.clear()
            if self.error is None:
                self.error = error
        self._stop()
