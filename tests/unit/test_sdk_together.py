"""Several pieces of work at once: in order, bounded, stopped by the first error."""

import threading

import pytest

from modelbox.errors import UnavailableError
from modelbox.transfer.retry_budget import RetryBudget
from modelbox.transfer.together import together


def nothing() -> None:
    return None


def test_results_come_in_the_order_of_the_items() -> None:
    assert together(lambda item: item * 2, list(range(100)), at_once=8, stop=nothing) == list(range(0, 200, 2))
    assert together(lambda item: item, [], at_once=8, stop=nothing) == []


def test_so_many_are_worked_on_at_one_time() -> None:
    lock, now, most = threading.Lock(), [0], [0]
    barrier = threading.Barrier(4)

    def work(_: int) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        barrier.wait(10)
        with lock:
            now[0] -= 1

    together(work, list(range(16)), at_once=4, stop=nothing)
    assert most == [4]


def test_after_an_error_nothing_new_begins_and_it_is_raised() -> None:
    begun: list[int] = []
    stops: list[bool] = []

    def work(item: int) -> None:
        begun.append(item)
        if item == 3:
            raise ValueError(item)

    with pytest.raises(ValueError, match="3"):
        together(work, list(range(100)), at_once=1, stop=lambda: stops.append(True))
    assert begun == [0, 1, 2, 3]
    assert stops == [True]


def test_work_whose_threads_cannot_be_started_is_done_by_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    """As at the end of the interpreter."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    threads: set[int] = set()
    assert together(lambda _: threads.add(threading.get_ident()), list(range(9)), at_once=8, stop=nothing) == [None] * 9
    assert threads == {threading.get_ident()}


def test_a_retry_budget_ends_so_long_after_the_first_failure_and_begins_anew_when_something_comes_forward() -> None:
    budget = RetryBudget(0.12)
    tries = 0
    while budget.pause(UnavailableError("away")):
        tries += 1
    assert 1 <= tries <= 2
    budget.renew()
    assert budget.pause(UnavailableError("away"))
