"""Many watches of one server: those who read slowly cost it a bounded amount of memory, and lose nothing."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import grpc

from modelbox.proto import modelstore_pb2 as pb
from modelbox.proto.modelstore_pb2_grpc import ModelStoreStub
from tests.acceptance.calls import CALL_TIMEOUT_S, create_model
from tests.acceptance.server_process import ServerProcess

WATCHES = 60
EVENTS = 100
EVENT_BYTES = 200_000
GROWTH_BYTES_MAX = 250 * 1024 * 1024
"""Below the 768 MiB that 60 pages of 64 such events take, and above the bounds of the watches together."""


def test_slow_watchers_cost_a_bounded_amount_of_memory(server: ServerProcess) -> None:
    address = server.start()["grpc_addr"]
    model = create_model(address, "watched")
    with grpc.insecure_channel(address) as channel, ExitStack() as stack:
        for number in range(EVENTS):
            metadata = pb.Metadata(json={"n": str(number), "fill": f'"{"x" * EVENT_BYTES}"'})
            request = pb.UpdateMetadataRequest(parent_id=model, metadata=metadata)
            ModelStoreStub(channel).UpdateMetadata(request, timeout=CALL_TIMEOUT_S)
        before = resident_bytes(server.pid)
        watches = [stack.enter_context(watching(address, number)) for number in range(WATCHES)]
        # Each has begun, and holds what it read ahead of its reader.
        assert [next(watch).position for watch in watches] == [1] * WATCHES
        grown = resident_bytes(server.pid) - before

        for watch in watches[:: WATCHES // 3]:
            assert [next(watch).position for _ in range(EVENTS)] == list(range(2, EVENTS + 2))
    assert grown < GROWTH_BYTES_MAX
    assert server.stop() == 0


@contextmanager
def watching(address: str, number: int) -> Iterator[Any]:
    """Watch over a connection of its own: what gRPC reads ahead for one does not wait for the others."""
    with grpc.insecure_channel(address, options=(("test.channel", number),)) as channel:
        watch = ModelStoreStub(channel).WatchNamespace(pb.WatchNamespaceRequest(namespace="acceptance"))
        watch.initial_metadata()
        yield watch
        watch.cancel()


def resident_bytes(pid: int) -> int:
    """Return the memory that a process has, as Linux counts it."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))
