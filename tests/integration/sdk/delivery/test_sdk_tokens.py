"""Tokens with the hash of their place: announced, returned whole, and what a log that lost its end makes of them."""

import logging
from itertools import islice

import grpc
import pytest

from modelbox import LogRewoundError, Model, ModelBox, ModelBoxClient
from modelbox.proto import modelstore_pb2 as pb
from tests.integration.hostile_server import HostileServer, Said

LOG = "0191f3a0-6f7b-7c3e-9a55-0a1b2c3d4e5f"
OBJECT = "00000000-0000-4000-8000-000000000000"
LONG = f"{LOG}.7.0123456789abcdef"
REWOUND = Said(grpc.StatusCode.FAILED_PRECONDITION, "LOG_REWOUND")
INVALID = Said(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_TOKEN")


def change(position: int) -> bytes:
    token = f"{LOG}.{position}.0123456789abcdef"
    return pb.WatchNamespaceResponse(
        event=pb.ServerEvent.OBJECT_CREATED, token=token, position=position
    ).SerializeToString()


def test_every_call_announces_hashes_and_a_read_returns_the_token_whole() -> None:
    hostile = HostileServer(lambda *_: b"")
    hostile.token = LONG
    with hostile.serving() as address, ModelBox(address) as client, ModelBoxClient(address) as low_level:
        client.object(OBJECT).log_metrics({"loss": 1.0}, step=1)
        client.object(OBJECT).log_event("e")
        client.flush()
        client._session.heartbeat.start(OBJECT)
        low_level.log_event(OBJECT, pb.Event(name="e"))
        client.namespaces()
        hostile.watches.append([change(8)])
        assert next(client.watch("demo")).token == f"{LOG}.8.0123456789abcdef"
        hostile.wait_for_calls(0)
    assert {headers.get("modelbox-token-hash") for _, headers in hostile.calls} == {"1"}
    [read] = [headers for method, headers in hostile.calls if method == "ListNamespaces"]
    assert read["modelbox-min-token"] == LONG


def test_a_read_of_a_log_that_lost_its_end_says_so_once_and_later_ones_work(caplog: pytest.LogCaptureFixture) -> None:
    hostile = HostileServer(lambda _method, _request, headers: REWOUND if "modelbox-min-token" in headers else b"")
    with hostile.serving() as address, ModelBox(address) as client:
        client._session.connection.tokens.keep(LONG)
        with caplog.at_level(logging.WARNING, logger="modelbox"), pytest.raises(LogRewoundError):
            client.namespaces()
        assert client.namespaces() == []
        client._session.connection.tokens.forget()
        assert client.namespaces() == []
    assert caplog.text.count("is not in the server's log") == 1


def test_a_watch_of_a_log_that_lost_its_end_ends_with_that_error() -> None:
    hostile = HostileServer(lambda *_: b"")
    hostile.watches = [[change(1), change(2), REWOUND], [change(3)]]
    with hostile.serving() as address, ModelBox(address) as client:
        changes = client.watch("demo")
        assert [one.position for one in islice(changes, 2)] == [1, 2]
        with pytest.raises(LogRewoundError):
            next(changes)
        assert client._session.connection.tokens.latest == ""
        assert next(client.watch("demo")).position == 3


def test_an_interrupted_watch_goes_on_with_the_token_whole() -> None:
    hostile = HostileServer(lambda *_: b"")
    hostile.watches = [[change(1), Said(grpc.StatusCode.UNAVAILABLE)], [change(2)]]
    with hostile.serving() as address, ModelBox(address) as client:
        assert [one.position for one in islice(client.watch("demo"), 2)] == [1, 2]
    asked = [pb.WatchNamespaceRequest.FromString(request).after_token for request in hostile.requests]
    assert asked == ["", f"{LOG}.1.0123456789abcdef"]


def test_a_server_too_old_for_hashes_gets_tokens_without() -> None:
    """As while the servers of one log are replaced one by one."""
    hostile = HostileServer(
        lambda _method, _request, headers: INVALID if headers.get("modelbox-min-token", "").count(".") > 1 else b""
    )
    hostile.watches = [[change(1), INVALID], [change(2)]]
    with hostile.serving() as address, ModelBox(address) as client:
        client._session.connection.tokens.keep(LONG)
        assert client.namespaces() == []
        assert [one.position for one in islice(client.watch("demo"), 2)] == [1, 2]
    asked = [pb.WatchNamespaceRequest.FromString(request).after_token for request in hostile.requests]
    assert asked == ["", f"{LOG}.1"]


def test_the_real_server_gives_hashes_and_tells_a_place_that_its_log_has_not(client: ModelBox, model: Model) -> None:
    tokens = client._session.connection.tokens
    whole = tokens.latest
    assert len(whole.split(".")) == 3
    log_id, position, _ = whole.split(".")
    tokens.forget()
    tokens.keep(f"{log_id}.{position}.{'0' * 16}")
    with pytest.raises(LogRewoundError):
        client.model(model.id)
    assert client.model(model.id) == model
    [change] = islice(client.watch("demo"), 1)
    assert len(change.token.split(".")) == 3
    with pytest.raises(LogRewoundError):
        next(client.watch("demo", after=f"{log_id}.{change.position}.{'0' * 16}"))
