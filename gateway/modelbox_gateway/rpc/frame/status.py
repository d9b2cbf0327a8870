"""From an error to what the wire says of it: the one table of status codes and reasons.

The reason and its metadata travel as `google.rpc.ErrorInfo` in the rich error of `grpc-status-details-bin`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import error_details_pb2, status_pb2
from grpc import StatusCode

import modelbox_events as events
import modelbox_projections as projections
from modelbox_gateway import errors
from modelbox_gateway.rpc.frame.limits import PROBLEM_CHARS_MAX

DOMAIN: Final = "modelbox"
DETAILS_KEY: Final = "grpc-status-details-bin"
UNFORESEEN: Final = "UNFORESEEN"
"""The reason of an error that no table foresees; its text stays in the server's log.

It says nothing of the request: a retry may meet a server that is mended, or another.
"""

_Details = Callable[[Any], dict[str, object]]


class Rule(NamedTuple):
    """How one class of error travels; `details` are the metadata of its ErrorInfo."""

    code: StatusCode
    reason: str
    details: _Details = lambda _: {}


class RpcStatus(NamedTuple):
    """What the wire says of an error."""

    code: StatusCode
    reason: str
    message: str
    details: bytes


def _fields(*names: str) -> _Details:
    return lambda error: {name: value for name in names if (value := getattr(error, name)) is not None}


TABLE: Final[Mapping[type[Exception], Rule]] = {
    errors.InvalidFieldError: Rule(StatusCode.INVALID_ARGUMENT, "INVALID_FIELD", _fields("field")),
    errors.ObjectNotFoundError: Rule(StatusCode.NOT_FOUND, "OBJECT_NOT_FOUND", _fields("field", "kind", "key")),
    errors.ObjectDeletedError: Rule(
        StatusCode.FAILED_PRECONDITION, "OBJECT_DELETED", _fields("field", "kind", "object_id")
    ),
    errors.RunEndedError: Rule(
        StatusCode.FAILED_PRECONDITION,
        "RUN_ENDED",
        lambda error: {"field": "status"} | _fields("run_id", "status", "wanted")(error),
    ),
    errors.UniqueTagTakenError: Rule(
        StatusCode.ALREADY_EXISTS,
        "UNIQUE_TAG_TAKEN",
        lambda error: {"field": "unique_tags", "tag": error.tag, "holder": error.holder},
    ),
    errors.UniqueTagNotHeldError: Rule(
        StatusCode.NOT_FOUND,
        "UNIQUE_TAG_NOT_HELD",
        lambda error: {"field": "tag"} | _fields("tag", "model_version_id", "holder")(error),
    ),
    errors.ChecksumMismatchError: Rule(
        StatusCode.INVALID_ARGUMENT, "CHECKSUM_MISMATCH", _fields("field", "announced", "arrived")
    ),
    errors.NotUploadedError: Rule(StatusCode.FAILED_PRECONDITION, "NOT_UPLOADED", _fields("field", "path")),
    errors.BlobDamagedError: Rule(StatusCode.DATA_LOSS, "BLOB_DAMAGED", _fields("sha256")),
    errors.BlobStoreUnavailableError: Rule(StatusCode.UNAVAILABLE, "BLOB_STORE_UNAVAILABLE"),
    errors.UploadIncompleteError: Rule(
        StatusCode.FAILED_PRECONDITION,
        "UPLOAD_INCOMPLETE",
        lambda error: {"field": "upload_id"} | _fields("missing", "parts")(error),
    ),
    errors.UploadNotFoundError: Rule(StatusCode.NOT_FOUND, "UPLOAD_NOT_FOUND", lambda _: {"field": "upload_id"}),
    errors.ContentionError: Rule(StatusCode.ABORTED, "CONTENTION", _fields("stream_id", "tries")),
    errors.DrainingError: Rule(StatusCode.UNAVAILABLE, "DRAINING"),
    errors.WatchesOverloadedError: Rule(
        StatusCode.RESOURCE_EXHAUSTED, "WATCHES_OVERLOADED", _fields("bytes_max", "retry_after_s")
    ),
    errors.AnotherLogError: Rule(StatusCode.FAILED_PRECONDITION, "ANOTHER_LOG", _fields("ours", "theirs")),
    errors.TooManyCallsError: Rule(StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_CALLS", _fields("calls", "retry_after_s")),
    errors.ResultTooLargeError: Rule(StatusCode.FAILED_PRECONDITION, "RESULT_TOO_LARGE", _fields("field")),
    events.InvalidEventError: Rule(StatusCode.INVALID_ARGUMENT, "INVALID_FIELD", _fields("field")),
    events.InvalidTokenError: Rule(
        StatusCode.INVALID_ARGUMENT, "INVALID_TOKEN", lambda error: {"field": "token", "token": error.text[:80]}
    ),
    events.WrongExpectedVersionError: Rule(
        StatusCode.ABORTED, "WRONG_EXPECTED_VERSION", _fields("stream_id", "expected", "actual")
    ),
    events.StreamNotFoundError: Rule(StatusCode.NOT_FOUND, "OBJECT_NOT_FOUND", _fields("stream_id")),
    events.StreamExistsError: Rule(StatusCode.ALREADY_EXISTS, "OBJECT_EXISTS", _fields("stream_id")),
    events.StreamClosedError: Rule(StatusCode.FAILED_PRECONDITION, "OBJECT_CLOSED", _fields("stream_id")),
    events.IdempotencyKeyReusedError: Rule(StatusCode.ALREADY_EXISTS, "IDEMPOTENCY_KEY_REUSED", _fields("key")),
    events.LogOverloadedError: Rule(
        StatusCode.RESOURCE_EXHAUSTED, "LOG_OVERLOADED", _fields("waiting", "retry_after_s")
    ),
    events.LogUnavailableError: Rule(StatusCode.UNAVAILABLE, "LOG_UNAVAILABLE"),
    events.PartitionMissingError: Rule(StatusCode.UNAVAILABLE, "PARTITION_MISSING"),
    events.NewerVersionError: Rule(StatusCode.UNAVAILABLE, "NEWER_VERSION"),
    events.ClaimLostError: Rule(StatusCode.ABORTED, "CONTENTION", _fields("stream_id")),
    events.LogRefusedError: Rule(StatusCode.UNAVAILABLE, "LOG_UNAVAILABLE"),
    events.NewerVersionError: Rule(StatusCode.UNAVAILABLE, "NEWER_VERSION"),
    events.LogForkedError: Rule(StatusCode.FAILED_PRECONDITION, "LOG_FORKED", _fields("ours", "theirs")),
    events.LogRewoundError: Rule(StatusCode.FAILED_PRECONDITION, "LOG_REWOUND", _fields("position")),
    events.LogCorruptedError: Rule(StatusCode.DATA_LOSS, "LOG_CORRUPTED", _fields("position")),
    projections.FilterError: Rule(StatusCode.INVALID_ARGUMENT, "INVALID_FILTER", _fields("field", "position")),
    projections.SearchTooSlowError: Rule(StatusCode.RESOURCE_EXHAUSTED, "SEARCH_TOO_SLOW", _fields("limit_s")),
    projections.ReadsBusyError: Rule(StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_CALLS", _fields("reads")),
    projections.NotCaughtUpError: Rule(
        StatusCode.FAILED_PRECONDITION, "NOT_CAUGHT_UP", _fields("name", "wanted", "position")
    ),
}
"""How each error travels that a call can meet."""

NEVER_ON_THE_WIRE: Final[frozenset[type[Exception]]] = frozenset(
    {
        errors.GatewayError,
        errors.ListenError,
        errors.BlobStoreRefusedError,
        events.EventsError,
        events.FeedDamagedError,
        events.FeedForkedError,
        events.FeedTakenError,
        events.FormatLevelError,
        events.UnsafeDatabaseError,
        events.MigrationError,
        events.DatabaseRightsError,
        projections.ProjectionsError,
        projections.InvalidPageTokenError,
        projections.TooManyPointsError,
        projections.NotPreparedError,
        projections.UnknownProjectionError,
        projections.RebuildRunningError,
        projections.FoldFailedError,
        projections.CursorMovedError,
        projections.ViewHeldError,
    }
)
"""Bases, errors of the start, of operators and of background tasks, and one that a field's error stands for.

A call that met one would have a defect.
"""


def status_of(error: Exception, *, has_key: bool = False) -> RpcStatus | None:
    """Return what the wire says of an error, or None for one that no call should meet.

    Args:
        error: What the call met.
        has_key: Whether the call may be sent again with its idempotency key: where its outcome is unknown, it says so.
    """
    rule = TABLE.get(type(error))
    if rule is None:
        return None
    metadata = {name: str(value)[:PROBLEM_CHARS_MAX] for name, value in rule.details(error).items()}
    metadata["retryable"] = str(getattr(error, "retryable", False)).lower()
    retry_after_s = getattr(error, "retry_after_s", None)
    is_unknown = has_key and isinstance(error, events.LogUnavailableError)
    message = f"{error}; retry with the same idempotency key" if is_unknown else str(error)
    return _status(rule, message, metadata, retry_after_s)


def internal_status(request_id: str) -> RpcStatus:
    """Return what the wire says of an unforeseen error: only where to find it in the log."""
    return _status(
        Rule(StatusCode.INTERNAL, UNFORESEEN),
        f"unforeseen error; the server's log has it under request id {request_id}",
        {"request_id": request_id, "retryable": "true"},
        None,
    )


def _status(rule: Rule, message: str, metadata: dict[str, str], retry_after_s: float | None) -> RpcStatus:
    message = message[:PROBLEM_CHARS_MAX]
    status = status_pb2.Status(code=rule.code.value[0], message=message)
    status.details.append(_packed(error_details_pb2.ErrorInfo(reason=rule.reason, domain=DOMAIN, metadata=metadata)))
    if retry_after_s is not None:
        hint = error_details_pb2.RetryInfo()
        hint.retry_delay.FromMilliseconds(round(retry_after_s * 1000))
        status.details.append(_packed(hint))
    return RpcStatus(rule.code, rule.reason, message, status.SerializeToString())


def _packed(detail: Any) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(detail)
    return packed
