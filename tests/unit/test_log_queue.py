"""The queue's bounds: shared by the namespaces that are present, and told as they are."""

import pytest

from modelbox_events import (
    ANY_VERSION,
    Append,
    InvalidEventError,
    LogOverloadedError,
    NewEvent,
    StreamRef,
    new_id,
)
from modelbox_events import drain as drain_module
from modelbox_events import queue as queue_module
from modelbox_events.batch import Prepared
from modelbox_events.drain import RETRY_AFTER_S_MAX, RETRY_AFTER_S_MIN, RETRY_AFTER_S_UNKNOWN, Drain
from modelbox_events.limits import APPEND_BYTES_MAX, EVENT_BYTES_MAX, QUEUE_BYTES_MAX
from modelbox_events.queue import AppendQueue
from modelbox_events.registry import REGISTRY
from modelbox_events.types.metadata import MetadataUpdated

PLACES = 12


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> AppendQueue:
    """A queue with few places."""
    monkeypatch.setattr(queue_module, "QUEUE_REQUESTS_MAX", PLACES)
    return AppendQueue()


async def test_the_namespace_with_most_in_a_full_queue_makes_room_for_others(queue: AppendQueue) -> None:
    """Its last append goes, and is told so: nothing of it was written."""
    busy = [_prepared("busy") for _ in range(PLACES)]
    for request in busy:
        queue.put(request)

    queue.put(_prepared("quiet"))

    assert len(queue) == PLACES
    assert [request.done.done() for request in busy] == [False] * (PLACES - 1) + [True]
    assert isinstance(busy[-1].done.exception(), LogOverloadedError)


async def test_the_share_of_each_shrinks_as_more_are_present(queue: AppendQueue) -> None:
    admitted = dict.fromkeys("abcd", 0)
    requests: list[tuple[str, Prepared]] = []
    for namespace in "a" * 40 + "b" * 40 + "c" * 40 + "d" * 40:
        request = _prepared(namespace)
        try:
            queue.put(request)
        except LogOverloadedError:
            continue
        requests.append((namespace, request))
    for namespace, request in requests:
        admitted[namespace] += not request.done.done()
        if request.done.done():
            request.done.exception()

    assert len(queue) == sum(admitted.values()) == PLACES
    assert admitted == dict.fromkeys("abcd", PLACES // 4)


async def test_who_has_most_cannot_push_others_out(queue: AppendQueue) -> None:
    quiet = [_prepared("quiet") for _ in range(3)]
    for request in [*quiet, *(_prepared("busy") for _ in range(PLACES - 3))]:
        queue.put(request)

    for _ in range(10):
        with pytest.raises(LogOverloadedError):
            queue.put(_prepared("busy"))

    assert not any(request.done.done() for request in quiet)


async def test_large_appends_count_by_their_bytes() -> None:
    queue = AppendQueue()
    large = [_prepared("busy", size=8 * 2**20) for _ in range(QUEUE_BYTES_MAX // (8 * 2**20))]
    for request in large[:-1]:
        queue.put(request)
    for _ in range(20):
        queue.put(_prepared("quiet", size=EVENT_BYTES_MAX))

    refused = [request for request in large if request.done.done()]
    assert 1 <= len(refused) <= 2
    assert all(isinstance(request.done.exception(), LogOverloadedError) for request in refused)


async def test_an_append_larger_than_any_may_be_is_told_its_size_and_the_limit() -> None:
    """A retry cannot help, however idle the log is: it is not overloaded."""
    with pytest.raises(InvalidEventError, match=rf"bytes in one append; it takes at most {APPEND_BYTES_MAX:,}"):
        AppendQueue().put(_prepared("a", size=70 * 10**6))
    AppendQueue().put(_prepared("a", size=APPEND_BYTES_MAX))


def test_the_hint_when_to_retry_follows_how_fast_the_queue_is_drained(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(drain_module, "monotonic", lambda: now)
    drain = Drain()
    assert drain.seconds_for(1) == RETRY_AFTER_S_UNKNOWN

    for _ in range(40):
        now += 0.1
        drain.note(10)
    assert drain.seconds_for(100) == pytest.approx(1.0, rel=0.2)
    assert drain.seconds_for(1) == RETRY_AFTER_S_MIN

    now += 60.0  # it stands still
    assert drain.seconds_for(100) == RETRY_AFTER_S_MAX

    drain.begin()  # it was only empty
    assert drain.seconds_for(100) == RETRY_AFTER_S_UNKNOWN


def _prepared(namespace: str, *, size: int = 0) -> Prepared:
    stream = StreamRef(namespace, "model", new_id())
    event = NewEvent(MetadataUpdated(object_id=stream.id, metadata={}))
    request = Prepared(Append(stream=stream, events=[event], expected_version=ANY_VERSION), REGISTRY)
    request.size = size or request.size
    return request


async def test_an_append_whose_caller_gave_up_takes_no_place(queue: AppendQueue) -> None:
    """Nor does it count as waiting, or weigh when room is made; what is under way already is left alone."""
    given_up = [_prepared("busy") for _ in range(PLACES)]
    for request in given_up:
        queue.put(request)
    taken = queue.take(takers=1)[0]
    queue.put(_prepared("busy"))
    for request in given_up:
        queue.drop(request)
        queue.drop(request)

    assert taken is given_up[0]
    assert len(queue) == 1
    for _ in range(PLACES - 1):
        queue.put(_prepared("busy"))
    with pytest.raises(LogOverloadedError):
        queue.put(_prepared("busy"))
