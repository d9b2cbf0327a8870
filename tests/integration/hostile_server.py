"""A gRPC server that is no ModelBox, or a broken one: it answers every call as the test says. And one of HTTP alone."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2

from tests.integration.sdk_server import wait_until

DETAILS_KEY: Final = "grpc-status-details-bin"
THREADS: Final = 4


class Said(NamedTuple):
    """One answer: a status code, and the ErrorInfo and RetryInfo that go with it, if any."""

    code: grpc.StatusCode
    reason: str = ""
    domain: str = "modelbox"
    retry_after_s: float | None = None
    details_bytes: bytes = b""

    def details(self) -> list[tuple[str, bytes]]:
        """Return the trailing metadata."""
        if self.details_bytes:
            return [(DETAILS_KEY, self.details_bytes)]
        messages: list[Any] = []
        if self.reason:
            messages.append(error_details_pb2.ErrorInfo(reason=self.reason, domain=self.domain))
        if self.retry_after_s is not None:
            hint = error_details_pb2.RetryInfo()
            hint.retry_delay.FromMilliseconds(round(self.retry_after_s * 1000))
            messages.append(hint)
        status = status_pb2.Status(code=self.code.value[0], message="hostile")
        for message in messages:
            packed = AnyMessage()
            packed.Pack(message)
            status.details.append(packed)
        return [(DETAILS_KEY, status.SerializeToString())] if messages else []


Decide = Callable[[str, bytes, Mapping[str, str]], Said | bytes]
"""Returns what to say to a call, by its method, request and headers; bytes are an answer in good order."""


class HostileServer(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # at run time it takes no arguments
    """Answers every unary call as `decide` says, and notes what it was called with."""

    def __init__(self, decide: Decide | Said) -> None:
        self.decide: Decide = decide if callable(decide) else lambda *_: decide
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.token = ""
        """What goes with answers in good order."""
        self.watches: list[Sequence[bytes | Said]] = []
        """What is sent to each watch in turn."""
        self.requests: list[bytes] = []
        """What the watches asked for."""
        self._lock = threading.Lock()

    def say(self, said: Said) -> None:
        """Answer all calls so from now on."""
        self.decide = lambda *_: said

    def wait_for_calls(self, count: int) -> None:
        """Wait until so many more calls were made."""
        wanted = len(self.calls) + count
        wait_until(lambda: len(self.calls) >= wanted)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes]":
        """Take any method."""
        method = handler_call_details.method.rpartition("/")[2]
        headers = {name: value for name, value in handler_call_details.invocation_metadata if isinstance(value, str)}

        if method == "WatchNamespace":
            return grpc.unary_stream_rpc_method_handler(self._watch(headers))

        def answer(request: bytes | Iterator[bytes], context: grpc.ServicerContext) -> bytes:
            with self._lock:
                self.calls.append((method, headers))
            said = self.decide(method, request if isinstance(request, bytes) else b"".join(request), headers)
            if isinstance(said, bytes):
                if self.token:
                    context.set_trailing_metadata((("modelbox-token", self.token),))
                return said
            context.set_trailing_metadata(tuple(said.details()))
            context.abort(said.code, "hostile")
            raise AssertionError("abort raises")

        if method == "UploadFile":
            # A test only turns these away: the frames would not make one request again.
            return grpc.stream_unary_rpc_method_handler(answer)
        return grpc.unary_unary_rpc_method_handler(answer)

    def _watch(self, headers: dict[str, str]) -> Callable[[bytes, grpc.ServicerContext], Iterator[bytes]]:
        def stream(request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
            with self._lock:
                self.calls.append(("WatchNamespace", headers))
                self.requests.append(request)
                items = self.watches.pop(0) if self.watches else ()
            for item in items:
                if isinstance(item, Said):
                    context.set_trailing_metadata(tuple(item.details()))
                    context.abort(item.code, "hostile")
                else:
                    yield item

        return stream

    @contextlib.contextmanager
    def serving(self, address: str = "127.0.0.1:0") -> Iterator[str]:
        """Serve; give the address."""
        server = grpc.server(ThreadPoolExecutor(THREADS), handlers=[self])
        port = server.add_insecure_port(address)
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(None).wait(10)


class HttpProxy:
    """Speaks HTTP/2 and answers every request with a status and a page of HTML, as a proxy with a broken backend does.

    Source: RFC 9113 (frames) and RFC 7541 (header fields; here all literal, without Huffman codes).
    """

    def __init__(self, status: int) -> None:
        self.answers = 0
        self._fields = _literal(b":status", str(status).encode()) + _literal(b"content-type", b"text/html")

    @contextlib.contextmanager
    def serving(self, address: str) -> Iterator[None]:
        """Serve at an address, `host:port`."""
        host, _, port = address.rpartition(":")
        listener = socket.create_server((host, int(port)))
        connections: list[socket.socket] = []
        threading.Thread(target=self._accept, args=(listener, connections), daemon=True).start()
        try:
            yield
        finally:
            for end in (listener, *connections):
                with contextlib.suppress(OSError):  # the other side may have ended it already
                    end.shutdown(socket.SHUT_RDWR)
                end.close()

    def _accept(self, listener: socket.socket, connections: list[socket.socket]) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                connection, _ = listener.accept()
                connections.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection.makefile("rb") as stream:
            stream.read(len(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
            connection.sendall(_frame(_SETTINGS, 0, 0))
            while len(head := stream.read(9)) == 9:
                body = stream.read(int.from_bytes(head[:3]))
                kind, flags, number = head[3], head[4], int.from_bytes(head[5:])
                if kind == _SETTINGS and not flags & _ACK:
                    connection.sendall(_frame(_SETTINGS, _ACK, 0))
                elif kind == _PING and not flags & _ACK:
                    connection.sendall(_frame(_PING, _ACK, 0, body))
                elif kind == _DATA and body:
                    connection.sendall(_frame(_WINDOW_UPDATE, 0, 0, len(body).to_bytes(4)))
                if kind in {_DATA, _HEADERS} and flags & _END_STREAM:
                    self.answers += 1
                    page = b"<html>Bad Gateway</html>"
                    connection.sendall(
                        _frame(_HEADERS, _END_HEADERS, number, self._fields) + _frame(_DATA, _END_STREAM, number, page)
                    )


_DATA, _HEADERS, _SETTINGS, _PING, _WINDOW_UPDATE = 0, 1, 4, 6, 8
_ACK = _END_STREAM = 1
_END_HEADERS = 4


def _frame(kind: int, flags: int, number: int, body: bytes = b"") -> bytes:
    return len(body).to_bytes(3) + bytes((kind, flags)) + number.to_bytes(4) + body


def _literal(name: bytes, value: bytes) -> bytes:
    return b"\x00" + bytes((len(name),)) + name + bytes((len(value),)) + value


class Forwarder:
    """Hands calls on to a server, but those that `spoil` has an answer for. For `HostileServer`, as what decides."""

    def __init__(self, address: str, spoil: Callable[[str, bytes], Said | None]) -> None:
        self.spoil = spoil
        self._channel = grpc.insecure_channel(address)

    def __call__(self, method: str, request: bytes, headers: Mapping[str, str]) -> Said | bytes:
        """Answer one call."""
        spoilt = self.spoil(method, request)
        if spoilt is not None:
            return spoilt
        path = f"/modelbox.ModelStore/{method}"
        call = self._channel.unary_unary(path, request_serializer=None, response_deserializer=None)
        own = tuple((name, value) for name, value in headers.items() if name.startswith("modelbox-"))
        try:
            response: bytes = call(request, metadata=own, timeout=10)
        except grpc.RpcError as error:
            failed: Any = error
            return Said(failed.code(), details_bytes=dict(failed.trailing_metadata()).get(DETAILS_KEY, b""))
        return response

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()


def every_code(reason: str = "", domain: str = "modelbox") -> Sequence[Said]:
    """Return an answer of each status code but OK."""
    return [Said(code, reason, domain) for code in grpc.StatusCode if code is not grpc.StatusCode.OK]
