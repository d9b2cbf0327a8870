"""Bad input, as the tests send it: requests in which placeholders stand for ids, and the field that must be named."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.message import Message

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Log
from tests.integration.gateway_server import Gateway, Refusal, refusal_of

UNKNOWN = "0191f3a0-6f7b-7c3e-9a55-0a1b2c3d4e5f"
"""An id that no object has."""
MODEL = "{model}"
"""Stands for the id of a model that exists."""

INVALID, NOT_FOUND = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND

Bad = tuple[Any, str]
"""A request and the field that is at fault."""


def metadata(key: str, json: str) -> pb.Metadata:
    """Return metadata with one key."""
    return pb.Metadata(json={key: json})


async def refused(gateway: Gateway, log: Log, call: Callable[[], Awaitable[Any]]) -> Refusal:
    """Make a call that must be refused without writing anything."""
    before = (await log.read_head()).position
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call()
    assert (await log.read_head()).position == before
    await gateway.stub.ListModels(pb.ListModelsRequest())  # the connection still serves
    return refusal_of(error.value)


async def assert_named(
    gateway: Gateway, log: Log, cases: Sequence[Bad], *, ids: Mapping[str, str], code: grpc.StatusCode, reason: str
) -> None:
    """Send each request, with `ids` for its placeholders: each must be refused so, naming its field."""
    for template, field in cases:
        sent = type(template)()
        sent.CopyFrom(template)
        _fill(sent, ids)
        rpc = getattr(gateway.stub, type(sent).__name__.removesuffix("Request"))

        refusal = await refused(gateway, log, partial(rpc, sent))

        assert (refusal.code, refusal.reason, refusal.field) == (code, reason, field), refusal
        assert refusal.message.startswith(f"{field}: ")


def _fill(message: Message, ids: Mapping[str, str]) -> None:
    """Put ids where placeholders stand, in the message and in those that it repeats."""
    for field, value in message.ListFields():
        if isinstance(value, str) and value in ids:
            setattr(message, field.name, ids[value])
        elif field.message_type is not None and not isinstance(value, (Message, Mapping)):
            for member in value:
                if isinstance(member, Message):
                    _fill(member, ids)
