"""Who asks for much does not keep out who asks for little: neither at the door nor before the log."""

import asyncio
import contextlib
from pathlib import Path

import asyncpg
import grpc
import grpc.aio
import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox.proto.modelstore_pb2_grpc import ModelStoreStub
from modelbox_events import Log, LogOverloadedError
from modelbox_events import queue as queue_module
from modelbox_gateway.rpc import server as server_module
from modelbox_gateway.rpc.frame.admission import Admission
from tests.integration.gateway_server import refusal_of, running_gateway, until
from tests.integration.log_cases import append, assert_whole, stream

PLACES = 300
NOISY = 720
CALLS = 40
OWN_CONNECTION = [("grpc.use_local_subchannel_pool", 1)]


async def test_a_quiet_namespace_is_never_refused_beside_a_noisy_one(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the proportion of the shipped queue and 12,000 callers, who come again as soon as they are told to."""
    monkeypatch.setattr(queue_module, "QUEUE_REQUESTS_MAX", PLACES)
    refused = recorded = 0
    hints: set[float] = set()

    async def noisy() -> None:
        nonlocal refused, recorded
        while True:
            try:
                await log.append(append(stream("noisy")))
                recorded += 1
            except LogOverloadedError as error:
                refused += 1
                hints.add(error.retry_after_s)
                await asyncio.sleep(error.retry_after_s)

    callers = [asyncio.create_task(noisy()) for _ in range(NOISY)]
    await until(lambda: refused > NOISY // 4)
    for _ in range(60):
        await log.append(append(stream("quiet")))

    for caller in callers:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    assert recorded > PLACES
    assert len(hints) > 1
    await assert_whole(log)


async def test_calls_of_a_noisy_connection_do_not_keep_out_those_of_a_quiet_one(
    log: Log, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the log's head is held, calls pile up; a read of another client still is let in, and refusals are told."""
    monkeypatch.setattr(server_module, "Admission", lambda: Admission(CALLS))
    operator = await asyncpg.connect(dsn)
    async with running_gateway(log, tmp_path) as gateway:
        noisy = grpc.aio.insecure_channel(gateway.address, options=OWN_CONNECTION)
        async with noisy, grpc.aio.insecure_channel(gateway.address, options=OWN_CONNECTION) as quiet:
            await ModelStoreStub(quiet).ListNamespaces(pb.ListNamespacesRequest())
            async with operator.transaction():
                await operator.execute("SELECT * FROM modelbox.log_head FOR UPDATE")
                stub = ModelStoreStub(noisy)
                calls = [asyncio.ensure_future(_create(stub, number)) for number in range(3 * CALLS)]
                await until(lambda: sum(call.done() for call in calls) >= 2 * CALLS)

                for _ in range(5):
                    await ModelStoreStub(quiet).ListNamespaces(pb.ListNamespacesRequest(), timeout=5)

            results = await asyncio.gather(*calls, return_exceptions=True)
    await operator.close()
    errors = [error for error in results if isinstance(error, grpc.aio.AioRpcError)]
    refusals = [refusal_of(error) for error in errors if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED]
    assert len(refusals) >= CALLS
    assert {refusal.reason for refusal in refusals} == {"TOO_MANY_CALLS"}
    assert all(float(refusal.metadata["retry_after_s"]) > 0 for refusal in refusals)
    assert sum(isinstance(result, pb.CreateModelResponse) for result in results) >= CALLS - 1


async def test_what_a_call_took_is_free_again_when_it_has_ended(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However it ended: answered, refused, given up, or as a stream."""
    admission = Admission(3)
    monkeypatch.setattr(server_module, "Admission", lambda: admission)
    async with running_gateway(log, tmp_path) as gateway:
        for _ in range(10):
            await gateway.stub.ListNamespaces(pb.ListNamespacesRequest())
            with pytest.raises(grpc.aio.AioRpcError, match="name"):
                await gateway.stub.CreateModel(pb.CreateModelRequest())
            watch = gateway.stub.WatchNamespace(pb.WatchNamespaceRequest(namespace="n"))
            await watch.initial_metadata()
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch.read()
            await until(lambda: admission.calls == 0)


async def _create(stub: ModelStoreStub, number: int) -> pb.CreateModelResponse:
    request = pb.CreateModelRequest(name=f"m{number}", owner="me", namespace="noisy", task="t")
    answer: pb.CreateModelResponse = await stub.CreateModel(request, timeout=20)
    return answer
