"""A process with a bare grpc.aio server that answers what it is sent: the ceiling for every unary call."""

import asyncio

import grpc
import grpc.aio
import uvloop

METHOD = "/bench.Echo/Echo"


async def echo(data: bytes, _: object) -> bytes:
    """Return the request."""
    return data


async def main() -> None:
    """Serve on a free port and print it."""
    server = grpc.aio.server()
    methods = {"Echo": grpc.unary_unary_rpc_method_handler(echo)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("bench.Echo", methods),))
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    await server.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
