"""Logged events: kept once, listed by wallclock, from a time on, page by page."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log, Position
from modelbox_gateway.rpc.frame.call import IDEMPOTENCY_KEY
from tests.integration.gateway_server import Gateway, refusal_of, running_gateway

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
LARGE = f'"{"x" * 200_000}"'


@pytest.fixture
async def gateway(log: Log, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(log, tmp_path / "blobs") as running:
        yield running


@pytest.fixture
async def model(gateway: Gateway) -> str:
    return str((await gateway.stub.CreateModel(pb.CreateModelRequest(name="m", namespace="vision"))).id)


def at(time: datetime, *, nanos: int = 0) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(time)
    stamp.nanos += nanos
    return stamp


def event(name: str = "oom", time: datetime | None = NOON, *, source: str = "node-1", **json: str) -> pb.Event:
    wallclock = None if time is None else at(time)
    return pb.Event(
        name=name, source=pb.EventSource(name=source), wallclock_time=wallclock, metadata=pb.Metadata(json=json)
    )


async def log_event(gateway: Gateway, parent: str, event: pb.Event, key: str = "") -> pb.LogEventResponse:
    metadata = ((IDEMPOTENCY_KEY, key),) if key else None
    request = pb.LogEventRequest(parent_id=parent, event=event)
    answer: pb.LogEventResponse = await gateway.stub.LogEvent(request, metadata=metadata)
    return answer


async def events_of(gateway: Gateway, parent: str, **fields: Any) -> list[pb.Event]:
    return list((await gateway.stub.ListEvents(pb.ListEventsRequest(parent_id=parent, **fields))).events)


async def test_an_event_comes_back_as_it_was_logged(gateway: Gateway, model: str) -> None:
    sent = event(rank="3", trace='{"a":[1,null,"x"],"big":9007199254740993}')
    sent.wallclock_time.nanos = 123_456_789

    created = await log_event(gateway, model, sent)

    [found] = await events_of(gateway, model)
    assert not created.exists
    assert created.created_at.seconds > 0
    assert (found.name, found.source.name, len(found.id)) == ("oom", "node-1", 36)
    assert found.wallclock_time == at(NOON + timedelta(microseconds=123_456)), "to the microsecond"
    assert dict(found.metadata.json) == dict(sent.metadata.json)
    trace: Any = found.metadata.metadata["trace"].struct_value
    assert trace["a"][2] == "x"


async def test_an_equal_event_is_kept_once(gateway: Gateway, log: Log, model: str) -> None:
    """Whoever reports it, in whatever order of its keys; the answer is the first one's."""
    first, *others = await asyncio.gather(*(log_event(gateway, model, event(a="1", b="2")) for _ in range(10)))
    await log_event(gateway, model, event("later", NOON + timedelta(hours=1)))
    again = await log_event(gateway, model, event(b="2", a="1"), key="another")

    assert [answer.exists for answer in (first, *others)].count(False) == 1
    assert again.exists
    assert {answer.created_at.ToNanoseconds() for answer in (first, *others)} == {again.created_at.ToNanoseconds()}
    assert [found.name for found in await events_of(gateway, model)] == ["oom", "later"]
    assert [e.type for e in await log.read(Position(0))] == ["ModelCreated", "EventLogged", "EventLogged"]


@pytest.mark.parametrize(
    "other",
    [
        event("oom2"),
        event(source="node-2"),
        event(source=""),
        event(time=NOON + timedelta(microseconds=1)),
        event(a="1"),
    ],
    ids=["name", "source", "no source", "wallclock", "metadata"],
)
async def test_an_event_that_differs_in_anything_is_another(gateway: Gateway, model: str, other: pb.Event) -> None:
    await log_event(gateway, model, event())

    assert not (await log_event(gateway, model, other)).exists
    assert len(await events_of(gateway, model)) == 2


async def test_the_same_event_on_two_objects_is_two(gateway: Gateway, model: str) -> None:
    version = (await gateway.stub.CreateModelVersion(pb.CreateModelVersionRequest(model=model))).model_version

    for parent in (model, version):
        assert not (await log_event(gateway, parent, event())).exists

    assert len({(await events_of(gateway, parent))[0].id for parent in (model, version)}) == 2


async def test_an_event_without_a_wallclock_happened_now_and_once_a_key(gateway: Gateway, model: str) -> None:
    before = datetime.now(UTC)
    first = await log_event(gateway, model, event(time=None), key="k")
    again = await log_event(gateway, model, event(time=None), key="k")

    [found] = await events_of(gateway, model)
    assert first == again
    assert before <= found.wallclock_time.ToDatetime(UTC) <= datetime.now(UTC)


async def test_events_are_listed_by_wallclock_in_pages(gateway: Gateway, model: str) -> None:
    """Those of the same wallclock as they were logged; one that is logged meanwhile shifts nothing."""
    hours = [3, 1, 2, 1, 1]
    for n, hour in enumerate(hours):
        await log_event(gateway, model, event(f"e{n}", NOON + timedelta(hours=hour)))
    names, token = [], ""

    for size in (2, 2, 1):
        request = pb.ListEventsRequest(parent_id=model, page_size=2, page_token=token)
        page = await gateway.stub.ListEvents(request)
        assert len(page.events) == size
        names += [found.name for found in page.events]
        token = page.next_page_token
        await log_event(gateway, model, event(f"early-{size}", NOON))

    assert (names, token) == (["e1", "e3", "e4", "e2", "e0"], "")


async def test_since_is_honoured_to_the_microsecond_and_includes_itself(gateway: Gateway, model: str) -> None:
    for n in range(4):
        await log_event(gateway, model, event(f"e{n}", NOON + timedelta(microseconds=n)))

    async def since(time: Timestamp, **fields: Any) -> list[str]:
        return [found.name for found in await events_of(gateway, model, since=time, **fields)]

    assert await since(at(NOON + timedelta(microseconds=2))) == ["e2", "e3"]
    assert await since(at(NOON + timedelta(microseconds=2), nanos=999)) == ["e2", "e3"]
    assert await since(at(NOON + timedelta(seconds=1))) == []
    assert len(await since(Timestamp(seconds=-62_135_596_800))) == 4, "Go's zero time is before all"
    first = await gateway.stub.ListEvents(
        pb.ListEventsRequest(parent_id=model, since=at(NOON + timedelta(microseconds=1)), page_size=1)
    )
    assert await since(at(NOON + timedelta(microseconds=1)), page_token=first.next_page_token) == ["e2", "e3"]


async def test_a_page_token_belongs_to_its_object_and_time(gateway: Gateway, model: str) -> None:
    for n in range(2):
        await log_event(gateway, model, event(f"e{n}"))
    page = await gateway.stub.ListEvents(pb.ListEventsRequest(parent_id=model, page_size=1))

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await events_of(gateway, model, since=at(NOON), page_token=page.next_page_token)

    assert refusal_of(refused.value).field == "page_token"
