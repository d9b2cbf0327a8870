"""How the SDK calls: tries, keys, tokens and deadlines. The peer is a small gRPC server that answers as it is told."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep

import grpc
import pytest

from modelbox import InvalidFieldError, ModelBox, ServerError, UnavailableError
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transport import connection

ID = "11111111-1111-4111-8111-111111111111"
LOG = "22222222-2222-4222-8222-222222222222"

Answer = Callable[[grpc.ServicerContext], None]


class Peer(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # not generic at run time
    """Answers every call with an empty message, after doing what it is told; keeps the headers of each call."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.answers: list[Answer] = []

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes]":
        method = handler_call_details.method.rpartition("/")[2]
        headers = {key: value for key, value in handler_call_details.invocation_metadata if isinstance(value, str)}
        if method == "GetClusterMembers":  # asked beside the calls that are tested: which log is it?
            return grpc.unary_unary_rpc_method_handler(lambda _request, _context: b"")
        self.calls.append((method, headers))

        def answer(_request: bytes, context: grpc.ServicerContext) -> bytes:
            if self.answers:
                self.answers.pop(0)(context)
            return pb.CreateModelResponse(id=ID).SerializeToString() if method == "CreateModel" else b""

        return grpc.unary_unary_rpc_method_handler(answer)

    def keys(self) -> list[str]:
        """Return the idempotency keys in the order of the calls."""
        return [headers["modelbox-idempotency-key"] for _, headers in self.calls]


@pytest.fixture
def peer() -> Iterator[tuple[Peer, str]]:
    """A running peer and its address."""
    peer = Peer()
    server = grpc.server(ThreadPoolExecutor(8), handlers=[peer])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield peer, f"127.0.0.1:{port}"
    server.stop(0).wait()


def abort(code: grpc.StatusCode) -> Answer:
    return lambda context: context.abort(code, "as it was told")


def token(text: str) -> Answer:
    return lambda context: context.set_trailing_metadata((("modelbox-token", text),))


@pytest.mark.parametrize("code", ["UNAVAILABLE", "ABORTED", "RESOURCE_EXHAUSTED", "CANCELLED"])
def test_a_write_is_tried_again_with_the_same_key(peer: tuple[Peer, str], code: str) -> None:
    server, address = peer
    server.answers += [abort(grpc.StatusCode[code])] * 3
    with ModelBox(address) as client:
        assert client.new_model("a").id == ID
        client.new_model("a")
    first, *again, other = server.keys()
    assert again == [first] * 3
    assert other != first


def test_points_are_sent_again_with_the_same_key(peer: tuple[Peer, str]) -> None:
    server, address = peer
    server.answers += [abort(grpc.StatusCode.UNAVAILABLE), abort(grpc.StatusCode.INTERNAL)]
    with ModelBox(address) as client:
        client.object(ID).log_metrics({"loss": 1.0}, step=0)
        client.flush()
        assert client.delivery().acknowledged == 1
    assert len(server.keys()) == 3
    assert len(set(server.keys())) == 1


def test_a_refusal_is_not_tried_again(peer: tuple[Peer, str]) -> None:
    server, address = peer
    server.answers += [abort(grpc.StatusCode.INVALID_ARGUMENT), abort(grpc.StatusCode.UNIMPLEMENTED)]
    with ModelBox(address) as client:
        with pytest.raises(InvalidFieldError, match="as it was told"):
            client.new_model("a")
        with pytest.raises(ServerError, match="as it was told"):
            client.new_model("a")
    assert len(server.calls) == 2


def test_reads_demand_the_furthest_token_seen(peer: tuple[Peer, str]) -> None:
    server, address = peer
    server.answers += [token(f"{LOG}.5"), token(f"{LOG}.4"), token("no token"), token("other.1")]
    with ModelBox(address) as client:
        client.new_model("a")
        for _ in range(4):
            client.models()
    demanded = [headers.get("modelbox-min-token") for method, headers in server.calls if method == "ListModels"]
    assert demanded == [f"{LOG}.5", f"{LOG}.5", f"{LOG}.5", "other.1"]


def test_a_call_gives_up_in_time(peer: tuple[Peer, str]) -> None:
    server, address = peer
    server.answers += [lambda _: sleep(1.5)]
    began = monotonic()
    with ModelBox(address, timeout_s=0.5) as client, pytest.raises(UnavailableError, match=address) as late:
        client.models()
    assert 0.4 < monotonic() - began < 1.4
    assert late.value.field == "server_addr"


def test_a_server_that_is_not_there_is_named() -> None:
    began = monotonic()
    with ModelBox("localhost:1", timeout_s=0.5) as client, pytest.raises(UnavailableError, match="localhost:1"):
        client.namespaces()
    assert monotonic() - began < 3


def test_a_request_too_large_for_a_call_is_not_sent(peer: tuple[Peer, str]) -> None:
    server, address = peer
    with ModelBox(address) as client, pytest.raises(InvalidFieldError, match="at most 8,388,608"):
        client.new_model("a", metadata={f"k{number}": "x" * 200_000 for number in range(60)})
    assert server.calls == []


def test_a_read_that_takes_longer_than_a_try_is_not_begun_again(
    peer: tuple[Peer, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server knows how long it needs for very much; a write may be tried again, its key says what it is."""
    monkeypatch.setattr(connection, "ATTEMPT_TIMEOUT_S", 0.2)
    server, address = peer
    with ModelBox(address, background=False) as client:
        server.answers.append(lambda _: sleep(1.0))
        assert list(client.models()) == []
        server.answers.append(lambda _: sleep(1.0))
        client.new_model("m")

    assert [method for method, _ in server.calls].count("ListModels") == 1
    assert [method for method, _ in server.calls].count("CreateModel") == 2


def test_a_server_on_this_machine_is_reached_past_a_proxy_of_the_environment(
    peer: tuple[Peer, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("http_proxy", "https_proxy", "grpc_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
    _, address = peer
    port = address.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost"):
        with ModelBox(f"{host}:{port}", background=False, timeout_s=10) as client:
            assert list(client.models()) == []
