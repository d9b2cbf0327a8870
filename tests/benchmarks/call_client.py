"""A process that calls a server and prints what it measured as JSON.

Its arguments: `call_client ADDRESS OPERATION CLIENTS CALLS PAUSE_S`.
"""

import asyncio
import json
import sys
import time
import uuid
from collections.abc import Awaitable, Callable

import grpc
import grpc.aio
import uvloop

from modelbox.proto import modelstore_pb2 as pb
from modelbox.proto.modelstore_pb2_grpc import ModelStoreStub
from tests.benchmarks.echo_server import METHOD

Operation = Callable[[int], Awaitable[object]]


async def operation_of(name: str, channel: grpc.aio.Channel) -> Operation:
    """Return what one call of an operation does, given its number."""
    stub = ModelStoreStub(channel)
    run = uuid.uuid4().hex
    match name:
        case "echo":
            echo = channel.unary_unary(METHOD, request_serializer=None, response_deserializer=None)
            body = pb.CreateModelRequest(name=run, owner="ana", namespace="bench").SerializeToString()
            return lambda _: echo(body)
        case "create":
            return lambda number: stub.CreateModel(
                pb.CreateModelRequest(name=f"{run} {number}", owner="ana", namespace="bench"),
                metadata=(("modelbox-idempotency-key", f"{run} {number}"),),
            )
        case "get":
            model = await stub.CreateModel(pb.CreateModelRequest(name=run, owner="ana", namespace="bench"))
            return lambda _: stub.GetModel(pb.GetModelRequest(id=model.id))
        case _:
            sys.exit(f"unknown operation {name}")


async def main(address: str, name: str, *, clients: int, calls: int, pause_s: float) -> None:
    """Call from concurrent clients over one channel and print calls a second and the latencies' percentiles."""
    async with grpc.aio.insecure_channel(address) as channel:
        operation = await operation_of(name, channel)
        latencies: list[float] = []

        async def client(first: int) -> None:
            for number in range(first, first + calls):
                start = time.perf_counter()
                await operation(number)
                latencies.append(time.perf_counter() - start)
                if pause_s:
                    await asyncio.sleep(pause_s)

        await asyncio.gather(*(client(-(number + 1) * calls) for number in range(clients)))  # warm up
        latencies.clear()
        start = time.perf_counter()
        await asyncio.gather(*(client(number * calls) for number in range(clients)))
        seconds = time.perf_counter() - start
    latencies.sort()
    p50, p99 = (latencies[int(len(latencies) * fraction)] for fraction in (0.5, 0.99))
    print(json.dumps({"rate": len(latencies) / seconds, "p50_s": p50, "p99_s": p99}))


if __name__ == "__main__":
    address, name, clients, calls, pause_s = sys.argv[1:]
    uvloop.run(main(address, name, clients=int(clients), calls=int(calls), pause_s=float(pause_s)))
