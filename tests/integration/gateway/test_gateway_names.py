"""A watch and a history name what an event of an earlier version has ids alone for; a claim has to be a name."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import STREAM_EXISTS, Append, Log, NewEvent, Position, StreamRef
from modelbox_events.types.model_version import UniqueTagMoved
from modelbox_gateway.claimed import ClaimedUsers
from tests.integration.gateway_server import Gateway, running_gateway

CLAIM = "modelbox-claimed-user-bin"


@pytest.fixture
async def gateway(log: Log, tmp_path: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(log, tmp_path / "blobs") as running:
        yield running


async def test_a_unique_tag_that_was_moved_before_names_were_told_is_named(gateway: Gateway) -> None:
    stub = gateway.stub
    model = (await stub.CreateModel(pb.CreateModelRequest(name="digits"))).id
    create = pb.CreateModelVersionRequest(model=model, unique_tags=["production"])
    first = (await stub.CreateModelVersion(create)).model_version
    second = (await stub.CreateModelVersion(pb.CreateModelVersionRequest(model=model, name="better"))).model_version
    moved = UniqueTagMoved(
        model_id=UUID(model),
        tag="production",
        model_version_id=UUID(second),
        from_model_version_id=UUID(first),
    )
    stream = StreamRef("default", "model", UUID(model))
    await gateway.services.log.append(Append(stream=stream, events=[NewEvent(moved)], expected_version=STREAM_EXISTS))

    watching = stub.WatchNamespace(pb.WatchNamespaceRequest())
    async with asyncio.timeout(30):
        changes = [await watching.read() for _ in range(4)]
    watching.cancel()
    last = changes[-1]
    assert (last.unique_tag, last.model, last.version, last.version_name) == ("production", "digits", "2", "better")
    assert (last.from_version, last.actor) == ("1", "anonymous")

    history = (await stub.GetHistory(pb.GetHistoryRequest(id=model, page_size=1))).entries
    assert [(one.field, one.old, one.new) for one in history] == [("unique_tags.production", "1", "2")]


async def test_whoever_claims_no_name_is_anonymous(gateway: Gateway) -> None:
    for number, claimed in enumerate((b"", b"\n", b"x" * 256)):
        model = await gateway.stub.CreateModel(pb.CreateModelRequest(name=str(number)), metadata=((CLAIM, claimed),))
        [entry] = (await gateway.stub.GetHistory(pb.GetHistoryRequest(id=model.id))).entries
        assert entry.actor == "anonymous"


async def test_the_same_call_of_another_user_is_the_same_call(gateway: Gateway) -> None:
    """What one account's journal holds, another one's program may send: it is recorded once."""
    key = ("modelbox-idempotency-key", "k1")
    model = (await gateway.stub.CreateModel(pb.CreateModelRequest(name="digits"))).id
    update = pb.UpdateObjectRequest(id=model, owner="ada")
    for user in (b"anna", b"bob"):
        await gateway.stub.UpdateObject(update, metadata=(key, (CLAIM, user)))
    entries = (await gateway.stub.GetHistory(pb.GetHistoryRequest(id=model))).entries
    assert [(one.field, one.actor) for one in entries] == [("owner", "claimed:anna"), ("exists", "anonymous")]


async def test_a_name_that_was_erased_is_told_as_such(gateway: Gateway, dsn: str) -> None:
    database = gateway.services.log.database
    await gateway.stub.CreateModel(pb.CreateModelRequest(name="digits"), metadata=((CLAIM, b"anna"),))
    events = await gateway.services.log.read(Position(0))
    connection = await asyncpg.connect(dsn)
    await connection.execute("DELETE FROM modelbox_gateway.claimed_users")
    await connection.close()
    assert set((await ClaimedUsers(database).actors_of(events)).values()) == {"claimed:[erased]"}
