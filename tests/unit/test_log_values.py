"""Ids, tokens, the queue's fairness, and what a double in JSON looks like."""

import asyncio
import math
from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelbox_events import (
    ANY_VERSION,
    Append,
    Context,
    InvalidEventError,
    InvalidTokenError,
    LogOverloadedError,
    NewEvent,
    Position,
    StreamRef,
    Token,
    new_id,
    object_id,
)
from modelbox_events.batch import Prepared
from modelbox_events.limits import BATCH_REQUESTS_MAX, QUEUE_REQUESTS_MAX
from modelbox_events.queue import BATCH_REQUESTS_SHARED, AppendQueue
from modelbox_events.registry import REGISTRY
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_events.types.metrics import doubles_from_json, doubles_to_json


def test_ids_are_safe_against_moved_separators() -> None:
    assert object_id("model", "ab", "c") != object_id("model", "a", "bc")
    assert object_id("model", "a", "b") != object_id("model", "a/b")
    assert object_id("model", "a") != object_id("run", "a")


def test_ids_of_equal_keys_never_change() -> None:
    assert object_id("model", "default", "digits") == UUID("2015d94c-0e9d-5fe4-8997-23cd3afce4ba")


def test_fresh_ids_sort_by_time() -> None:
    ids = [new_id() for _ in range(100)]
    assert ids == sorted(ids)


@given(st.integers(0, 2**63 - 1))
def test_a_token_reads_as_it_was_written(position: int) -> None:
    token = Token(UUID(int=7), Position(position))
    assert Token.parse(str(token)) == token


@pytest.mark.parametrize(
    "text", ["", "7", "x.7", f"{UUID(int=7)}.", f"{UUID(int=7)}.-1", f"{UUID(int=7)}.٣", "a" * 500]
)
def test_garbage_is_no_token(text: str) -> None:
    with pytest.raises(InvalidTokenError):
        Token.parse(text)


@pytest.mark.parametrize(
    ("time", "problem"),
    [
        (datetime(2026, 1, 1), "has no time zone"),  # noqa: DTZ001  # what is refused
        (datetime.max, "has no time zone"),  # noqa: DTZ901
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-12))), "not of the years 1 to 9999 in UTC"),
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=12))), "not of the years 1 to 9999 in UTC"),
    ],
)
async def test_a_time_that_is_not_one_moment_is_refused(time: datetime, problem: str) -> None:
    """It would be another moment on another machine."""
    to = StreamRef("default", "model", new_id())
    event = NewEvent(MetadataUpdated(object_id=to.id, metadata={}))
    with pytest.raises(InvalidEventError, match=problem) as refused:
        Prepared(
            Append(stream=to, events=[event], expected_version=ANY_VERSION, context=Context(occurred_at=time)), REGISTRY
        )
    assert refused.value.field == "context.occurred_at"


@given(st.lists(st.floats(width=64)))
def test_doubles_survive_json(values: list[float]) -> None:
    back = doubles_from_json(doubles_to_json(values))
    assert all(a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(values, back, strict=True))


def test_finite_doubles_whose_sum_overflows_stay_numbers() -> None:
    assert doubles_to_json([1e308, 1e308]) == [1e308, 1e308]


async def test_a_long_line_of_one_namespace_does_not_hold_up_another() -> None:
    queue = AppendQueue()
    for _ in range(BATCH_REQUESTS_MAX * 2):
        queue.put(_prepared("busy"))
    queue.put(_prepared("quiet"))

    batch = queue.take(takers=1)

    assert len(batch) == BATCH_REQUESTS_MAX
    assert [request.append.stream.namespace for request in batch[:2]] == ["busy", "quiet"]


async def test_a_long_queue_is_shared_between_takers() -> None:
    queue = AppendQueue()
    for _ in range(100):
        queue.put(_prepared("a"))

    assert len(queue.take(takers=2)) == 50
    assert len(queue.take(takers=1)) == 50


async def test_a_short_queue_is_taken_whole() -> None:
    queue = AppendQueue()
    for _ in range(BATCH_REQUESTS_SHARED):
        queue.put(_prepared("a"))

    assert len(queue.take(takers=2)) == BATCH_REQUESTS_SHARED


async def test_the_queue_is_bounded() -> None:
    queue = AppendQueue()
    for _ in range(QUEUE_REQUESTS_MAX):
        queue.put(_prepared("a"))

    with pytest.raises(LogOverloadedError, match="try again in"):
        queue.put(_prepared("a"))
    assert len(queue) == QUEUE_REQUESTS_MAX


async def test_an_append_given_up_before_it_was_sent_is_not_sent() -> None:
    queue = AppendQueue()
    request = _prepared("a")
    queue.put(request)
    request.done.cancel()

    assert queue.take(takers=1) == []


async def test_a_closed_queue_lets_go_when_it_is_empty() -> None:
    queue = AppendQueue()
    waiting = asyncio.create_task(queue.wait())
    await asyncio.sleep(0)

    queue.close()

    assert await waiting is False


def _prepared(namespace: str) -> Prepared:
    stream = StreamRef(namespace, "model", new_id())
    event = NewEvent(MetadataUpdated(object_id=stream.id, metadata={}))
    return Prepared(Append(stream=stream, events=[event], expected_version=ANY_VERSION), REGISTRY)
