"""A server that answers every call with whatever its messages can hold, or with what is none, by chance from a seed."""

import contextlib
import struct
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any, Final

import grpc
from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from modelbox.proto import modelstore_pb2 as pb
from tests.integration.hostile_server import Said

THREADS: Final = 4
STREAMED_MAX: Final = 100
DEPTH_MAX: Final = 4

_METHODS: Final = pb.DESCRIPTOR.services_by_name["ModelStore"].methods_by_name
_REASONS: Final = ("", "INTERNAL", "OBJECT_NOT_FOUND", "FROM_THE_FUTURE", "INVALID_TOKEN", "ANOTHER_LOG", "../reason")
_SHA256: Final = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
_ID: Final = "00000000-0000-4000-8000-000000000000"


def texts(target: Path) -> Sequence[str]:
    """Return what a string may hold: among others each way to name a file that is none of the client's business."""
    up = "../" * 12
    paths = [
        str(target),
        f"{up}{target.relative_to('/')}",
        f"a/{up}{target.relative_to('/')}",
        f"file://{target}",
        "..",
        ".",
        "/",
        "a/../../b",
        "..\\..\\b",
        "C:\\b",
        "a\0b",
        "a\nb",
        "~/b",
        "x" * 300,
        "/".join("x" * 40),
    ]
    links = ["http://127.0.0.1:1/x", "https://127.0.0.1:1/x", "http://[::1", "http://127.0.0.1:99999/", "gopher://x"]
    documents = ["{", "[" * 100_000, "NaN", "1e999", '"\\ud800"', "null", '{"a": 1}', "9" * 5_000]
    return [*paths, *links, *documents, "", _ID, _SHA256, _SHA256[:-1] + "/", "ü" * 500_000]


class AnyAnswer(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # at run time it takes no arguments
    """Answers; the same seed and the same calls, one after another, get the same answers."""

    def __init__(self, seed: int, target: Path) -> None:
        self._random = Random(seed)  # noqa: S311  # the same answers each time
        self._texts = texts(target)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes]":
        """Take any method."""
        method = _METHODS[handler_call_details.method.rpartition("/")[2]]
        kind = message_factory.GetMessageClass(method.output_type)

        def one(_request: Any, context: grpc.ServicerContext) -> bytes:
            if self._random.random() < 0.15:
                self._refuse(context)
            return self._encoded(kind)

        def several(_request: Any, context: grpc.ServicerContext) -> Iterator[bytes]:
            for _ in range(self._random.choice((0, 1, 2, 5, STREAMED_MAX))):
                yield self._encoded(kind)
            if self._random.random() < 0.5:
                self._refuse(context)

        if method.server_streaming:
            return grpc.unary_stream_rpc_method_handler(several)
        if method.client_streaming:
            return grpc.stream_unary_rpc_method_handler(one)
        return grpc.unary_unary_rpc_method_handler(one)

    @contextlib.contextmanager
    def serving(self, address: str) -> Iterator[None]:
        """Serve at an address."""
        unlimited = (("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1))
        server = grpc.server(ThreadPoolExecutor(THREADS), handlers=[self], options=unlimited)
        server.add_insecure_port(address)
        server.start()
        try:
            yield
        finally:
            server.stop(None).wait(10)

    def _refuse(self, context: grpc.ServicerContext) -> None:
        code = self._random.choice([code for code in grpc.StatusCode if code is not grpc.StatusCode.OK])
        said = Said(
            code,
            self._random.choice(_REASONS),
            self._random.choice(("modelbox", "example.com")),
            retry_after_s=self._random.choice((None, 0.0, 0.2, 1e9)),
            details_bytes=self._random.choice((b"", b"", b"\xff\x00")),
        )
        context.set_trailing_metadata(tuple(said.details()))
        context.abort(
            code, self._random.choice(self._texts)[:1000].replace("\0", "").encode("ascii", "replace").decode()
        )

    def _encoded(self, kind: type[Message]) -> bytes:
        chance = self._random.random()
        if chance < 0.08:
            return self._random.randbytes(self._random.choice((1, 3, 200)))
        if chance < 0.12:
            return b""
        message = kind()
        self._fill(message, depth=0)
        encoded = message.SerializeToString()
        return encoded[: len(encoded) // 2] if chance > 0.95 else encoded

    def _fill(self, message: Message, *, depth: int) -> None:
        for field in message.DESCRIPTOR.fields:
            if self._random.random() < 0.2:
                continue
            if field.is_repeated:
                self._fill_several(message, field, depth=depth)
            elif field.message_type is None:
                setattr(message, field.name, self._value(field))
            elif depth < DEPTH_MAX:
                child = getattr(message, field.name)
                child.SetInParent()
                self._fill(child, depth=depth + 1)

    def _fill_several(self, message: Message, field: Any, *, depth: int) -> None:
        several = getattr(message, field.name)
        for _ in range(self._random.choice((0, 1, 3, 3, 200 if depth == 0 else 4))):
            if field.message_type is None:
                several.append(self._value(field))
            elif field.message_type.GetOptions().map_entry:
                key, value = field.message_type.fields
                if value.message_type is None:
                    several[self._value(key)] = self._value(value)
                elif depth < DEPTH_MAX:
                    self._fill(several[self._value(key)], depth=depth + 1)
            elif depth < DEPTH_MAX:
                self._fill(several.add(), depth=depth + 1)

    def _value(self, field: Any) -> Any:
        choose = self._random.choice
        match field.cpp_type:
            case FieldDescriptor.CPPTYPE_STRING if field.type == FieldDescriptor.TYPE_BYTES:
                return self._random.randbytes(choose((0, 1, 5, 100_000)))
            case FieldDescriptor.CPPTYPE_STRING:
                return choose(self._texts)
            case FieldDescriptor.CPPTYPE_BOOL:
                return choose((True, False))
            case FieldDescriptor.CPPTYPE_DOUBLE | FieldDescriptor.CPPTYPE_FLOAT:
                return choose(
                    (0.0, -1.0, 1.7e9, float("nan"), float("inf"), struct.unpack("f", b"\xff\xff\x7f\x7f")[0])
                )
            case FieldDescriptor.CPPTYPE_INT32 | FieldDescriptor.CPPTYPE_ENUM:
                return choose((0, 1, 2, 5, -1, 2**31 - 1, -(2**31)))
            case FieldDescriptor.CPPTYPE_UINT32:
                return choose((0, 1, 2, 5, 2**32 - 1))
            case FieldDescriptor.CPPTYPE_INT64:
                return choose((0, 1, 5, -1, 1_700_000_000, 2**63 - 1, -(2**63)))
            case _:
                return choose((0, 1, 5, 100_000, 2**64 - 1))
