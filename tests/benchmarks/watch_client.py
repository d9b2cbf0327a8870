"""A process that watches a namespace many times over: `watch_client ADDRESS NAMESPACE WATCHES`; ends when killed.

It prints a line when all watches have begun. What comes is not decoded: its cost belongs to the watchers.
"""

import asyncio
import sys
import time

import grpc.aio
import uvloop

from modelbox.proto import modelstore_pb2 as pb

METHOD = "/modelbox.ModelStore/WatchNamespace"
CHANNELS = 4


async def main(address: str, namespace: str, watches: int) -> None:
    """Watch until killed."""
    request = pb.WatchNamespaceRequest(namespace=namespace, since=int(time.time()))
    # Each channel a connection of its own: gRPC shares connections of channels that are set alike.
    channels = [grpc.aio.insecure_channel(address, options=(("bench.channel", n),)) for n in range(CHANNELS)]
    calls = [
        channels[n % CHANNELS].unary_stream(METHOD, request_serializer=None, response_deserializer=None)(
            request.SerializeToString()
        )
        for n in range(watches)
    ]
    await asyncio.gather(*(call.initial_metadata() for call in calls))
    print("watching", flush=True)

    async def follow(call: "grpc.aio.UnaryStreamCall[bytes, bytes]") -> None:
        async for _ in call:
            pass

    await asyncio.gather(*map(follow, calls))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
