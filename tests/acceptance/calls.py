"""Calls to a server over gRPC, as the acceptance tests need them."""

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc

from modelbox.proto import modelstore_pb2 as pb
from modelbox.proto.modelstore_pb2_grpc import ModelStoreStub

CALL_TIMEOUT_S = 20.0


def create_model(address: str, name: str, *, key: str = "", wait_for_ready: bool = True) -> str:
    """Create a model, or find it, and return its id."""
    with grpc.insecure_channel(address) as channel:
        metadata = (("modelbox-idempotency-key", key or uuid.uuid4().hex),)
        request = pb.CreateModelRequest(name=name, namespace="acceptance")
        answer = ModelStoreStub(channel).CreateModel(
            request, metadata=metadata, timeout=CALL_TIMEOUT_S, wait_for_ready=wait_for_ready
        )
    model_id: str = answer.id
    return model_id


def watch(address: str) -> Iterator[int]:
    """Yield a number for each change, until the server ends the call."""
    with grpc.insecure_channel(address) as channel:
        changes = ModelStoreStub(channel).WatchNamespace(pb.WatchNamespaceRequest(namespace="acceptance"))
        try:
            for number, _ in enumerate(changes):
                yield number
        except grpc.RpcError:
            return


@contextmanager
def endless_upload(address: str) -> Iterator[None]:
    """Keep an upload open that sends a byte now and then and never ends."""
    sent = threading.Event()
    over = threading.Event()

    def frames(model_id: str) -> Iterator[pb.UploadFileRequest]:
        yield pb.UploadFileRequest(metadata=pb.FileMetadata(parent_id=model_id, path="endless"))
        while not over.wait(0.1):
            sent.set()
            yield pb.UploadFileRequest(chunks=b"x")

    model_id = create_model(address, "with an endless upload")
    with grpc.insecure_channel(address) as channel:
        call = ModelStoreStub(channel).UploadFile.future(frames(model_id))
        assert sent.wait(CALL_TIMEOUT_S)
        yield
        over.set()
        assert call.exception(CALL_TIMEOUT_S) is not None


def position_of(info: dict[str, Any]) -> int:
    """Return the log's position of a `server info`."""
    return int(info["position"])
