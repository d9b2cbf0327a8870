"""The threads of a courier: whatever interrupts their beginning, each thing is done by one thread alone."""

import threading
from collections.abc import Callable

import pytest

from modelbox.delivery.threads import Threads


def test_a_thread_whose_start_was_interrupted_is_no_second_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two recorders would take the points of one call apart."""
    stop, began = threading.Event(), threading.Semaphore(0)
    at_work: list[str] = []

    def run(name: str) -> Callable[[], None]:
        def work() -> None:
            at_work.append(name)
            began.release()
            stop.wait(10)
            at_work.remove(name)

        return work

    threads = Threads([("recorder", run("recorder")), ("sender", run("sender"))], on_start=lambda: None)
    start = threading.Thread.start

    def interrupted(thread: threading.Thread) -> None:
        start(thread)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        threads.see_to_it()
    monkeypatch.undo()
    assert began.acquire(timeout=10)
    assert threads.see_to_it()
    assert began.acquire(timeout=10)
    assert sorted(at_work) == ["recorder", "sender"]
    assert not began.acquire(timeout=0.2)
    stop.set()
    threads.join(0)
    threads.join(1)
    assert at_work == []
