"""The one table from errors to the wire: complete, and readable by a client."""

from uuid import UUID

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from modelbox_events import EventsError, LogOverloadedError, LogRefusedError, NewerVersionError
from modelbox_gateway.errors import GatewayError, InvalidFieldError, UniqueTagTakenError
from modelbox_gateway.rpc.frame import status
from modelbox_gateway.rpc.frame.limits import PROBLEM_CHARS_MAX
from modelbox_projections import ProjectionsError

HOLDER = UUID("0191f3a0-6f7b-7c3e-9a55-0a1b2c3d4e5f")


def classes_under(base: type[Exception]) -> set[type[Exception]]:
    return {base}.union(*(classes_under(child) for child in base.__subclasses__()))


@pytest.mark.parametrize("base", [EventsError, ProjectionsError, GatewayError])
def test_every_error_is_in_the_table_or_never_meets_a_call(base: type[Exception]) -> None:
    ours = {found for found in classes_under(base) if not found.__module__.startswith("tests.")}

    assert ours <= status.TABLE.keys() | status.NEVER_ON_THE_WIRE
    assert not status.TABLE.keys() & status.NEVER_ON_THE_WIRE


def test_a_reason_always_has_the_same_code() -> None:
    codes: dict[str, set[grpc.StatusCode]] = {}
    for rule in status.TABLE.values():
        codes.setdefault(rule.reason, set()).add(rule.code)

    assert all(len(found) == 1 for found in codes.values())
    assert status.UNFORESEEN not in codes


def test_an_error_travels_with_its_reason_and_field() -> None:
    found = status.status_of(UniqueTagTakenError("production", HOLDER))

    assert found is not None
    sent = status_pb2.Status.FromString(found.details)
    info = error_details_pb2.ErrorInfo()
    assert sent.details[0].Unpack(info)
    assert (found.code, sent.code) == (grpc.StatusCode.ALREADY_EXISTS, grpc.StatusCode.ALREADY_EXISTS.value[0])
    assert (info.domain, info.reason) == ("modelbox", "UNIQUE_TAG_TAKEN")
    assert dict(info.metadata) == {
        "field": "unique_tags",
        "tag": "production",
        "holder": str(HOLDER),
        "retryable": "false",
    }


def test_an_overloaded_log_says_when_to_retry() -> None:
    found = status.status_of(LogOverloadedError(5000, retry_after_s=0.25))

    assert found is not None
    sent = status_pb2.Status.FromString(found.details)
    hint = error_details_pb2.RetryInfo()
    assert sent.details[1].Unpack(hint)
    assert hint.retry_delay.ToMilliseconds() == 250
    assert found.code is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_long_problem_is_cut_to_fit_the_trailing_metadata() -> None:
    found = status.status_of(InvalidFieldError("f" * 10_000, "ß" * 10_000))

    assert found is not None
    assert len(found.message) == PROBLEM_CHARS_MAX
    assert len(found.details) < 4 * PROBLEM_CHARS_MAX


def test_an_unforeseen_error_keeps_its_text_to_itself() -> None:
    assert status.status_of(KeyError("secret")) is None
    assert "request-7" in status.internal_status("request-7").message


def test_an_unforeseen_error_says_nothing_of_the_request_and_may_be_retried() -> None:
    found = status.internal_status("request-7")

    info = error_details_pb2.ErrorInfo()
    assert status_pb2.Status.FromString(found.details).details[0].Unpack(info)
    assert (found.code, info.reason, info.metadata["retryable"]) == (grpc.StatusCode.INTERNAL, "UNFORESEEN", "true")


@pytest.mark.parametrize("error", [LogRefusedError("no", sqlstate="25006"), NewerVersionError("outcome 99")])
def test_what_is_wrong_with_the_log_itself_is_unavailable_and_retryable(error: Exception) -> None:
    found = status.status_of(error)

    assert found is not None
    info = error_details_pb2.ErrorInfo()
    assert status_pb2.Status.FromString(found.details).details[0].Unpack(info)
    assert (found.code, info.metadata["retryable"]) == (grpc.StatusCode.UNAVAILABLE, "true")
