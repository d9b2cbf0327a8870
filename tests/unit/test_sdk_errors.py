"""The client's errors are the inverse of the server's table, and importing the client is light."""

import inspect
import subprocess
import sys

from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2

import modelbox
from modelbox import errors
from modelbox.errors import BY_REASON, FINAL_REASONS, ModelBoxError
from modelbox.transport.status import DETAILS_KEY, Reason, Said, said_in
from modelbox_gateway.rpc.frame.status import TABLE, UNFORESEEN

OLDER = {"INTERNAL"}
"""Reasons that older servers give."""


def test_every_reason_of_the_server_has_its_error_and_no_other_is_known() -> None:
    assert set(BY_REASON) == {rule.reason for rule in TABLE.values()} | {UNFORESEEN} | OLDER


def test_final_is_what_a_server_says_of_the_request_and_no_other_reason() -> None:
    """A record is given up for these alone: each new reason must be looked at before it joins them."""
    of_the_server_or_the_moment = {
        "ANOTHER_LOG",
        "BLOB_DAMAGED",
        "BLOB_STORE_UNAVAILABLE",
        "CONTENTION",
        "DRAINING",
        "INTERNAL",
        "LOG_CORRUPTED",
        "LOG_FORKED",
        "NEWER_VERSION",
        "LOG_OVERLOADED",
        "LOG_REWOUND",
        "LOG_UNAVAILABLE",
        "NOT_CAUGHT_UP",
        "PARTITION_MISSING",
        "TOO_MANY_CALLS",
        "UNFORESEEN",
        "UPLOAD_INCOMPLETE",
        "UPLOAD_NOT_FOUND",
        "WRONG_EXPECTED_VERSION",
    }
    of_reads = {
        "INVALID_FILTER",
        "INVALID_TOKEN",
        "NOT_UPLOADED",
        "RESULT_TOO_LARGE",
        "SEARCH_TOO_SLOW",
        "WATCHES_OVERLOADED",
    }
    assert set(BY_REASON) - of_the_server_or_the_moment - of_reads == FINAL_REASONS
    assert not any(BY_REASON[reason].retryable for reason in FINAL_REASONS)


def test_both_sides_agree_on_what_may_be_tried_again() -> None:
    """A server's error that a retry can help is one that the client tries again, and no other is.

    Two are told apart on purpose: an expected version is the server's own, which decides again, and a view that is
    behind comes up by itself.
    """
    server = {rule.reason: bool(getattr(error, "retryable", False)) for error, rule in TABLE.items()}
    server |= {"WRONG_EXPECTED_VERSION": True, "NOT_CAUGHT_UP": True}
    assert {reason: BY_REASON[reason].retryable for reason in server} == server


def test_every_error_is_public() -> None:
    defined = {
        name for name, member in inspect.getmembers(errors, inspect.isclass) if member.__module__ == errors.__name__
    }
    assert defined <= set(modelbox.__all__)
    assert all(issubclass(getattr(errors, name), ModelBoxError) for name in defined)


def test_a_reason_is_read_from_the_standard_messages() -> None:
    info = error_details_pb2.ErrorInfo(reason="INVALID_FIELD", domain="modelbox", metadata={"field": "näme"})
    other = error_details_pb2.ErrorInfo(reason="OTHER", domain="elsewhere")
    hint = error_details_pb2.RetryInfo()
    hint.retry_delay.FromMilliseconds(1_500)
    details = []
    for message in (hint, other, info):
        detail = AnyMessage()
        detail.Pack(message)
        details.append(detail)
    status = status_pb2.Status(code=3, message="m", details=details).SerializeToString()
    said = Said(Reason("INVALID_FIELD", {"field": "näme"}), retry_after_s=1.5)
    assert said_in([("x", "y"), (DETAILS_KEY, status)]) == said
    assert said_in([(DETAILS_KEY, status_pb2.Status(code=3).SerializeToString())]) == Said()
    assert said_in([(DETAILS_KEY, b"\xff\xff")]) == Said()
    assert said_in([]) == Said()


def test_importing_the_client_is_light() -> None:
    heavy = ("numpy", "torch", "asyncpg", "rich", "click", "nats", "starlette", "modelbox_events", "modelbox_gateway")
    program = f"import modelbox, sys; print([name for name in {heavy!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.strip() == "[]"
