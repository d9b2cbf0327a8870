"""The one place where gRPC's errors become the client's: by the server's reason, else by the status code."""

from collections.abc import Mapping
from typing import Any, Final

import grpc

from modelbox.errors import (
    BY_REASON,
    AlreadyExistsError,
    ConflictError,
    InvalidFieldError,
    ModelBoxError,
    NotFoundError,
    OverloadedError,
    ServerError,
    UnavailableError,
)
from modelbox.transport.status import reason_in

BY_CODE: Final[Mapping[grpc.StatusCode, type[ModelBoxError]]] = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidFieldError,
    grpc.StatusCode.NOT_FOUND: NotFoundError,
    grpc.StatusCode.ALREADY_EXISTS: AlreadyExistsError,
    grpc.StatusCode.ABORTED: ConflictError,
    # Without a reason of ours it comes from the server's limit of calls at one time; nothing that large is sent.
    grpc.StatusCode.RESOURCE_EXHAUSTED: OverloadedError,
    # A server that stops cuts off the calls that it still has.
    grpc.StatusCode.CANCELLED: UnavailableError,
    grpc.StatusCode.UNAVAILABLE: UnavailableError,
    grpc.StatusCode.DEADLINE_EXCEEDED: UnavailableError,
}
"""What a status code means when no reason says more; any other code is a `ServerError`."""


def error_of(failure: grpc.RpcError, *, method: str, address: str) -> ModelBoxError:
    """Return the error that the caller of a failed call gets."""
    # A raised RpcError also is the call that failed; the types do not say so.
    call: Any = failure
    code: grpc.StatusCode = call.code()
    details: str = call.details() or ""
    reason = reason_in(call.trailing_metadata() or ())
    kind = BY_CODE.get(code, ServerError)
    if reason is not None:
        kind = BY_REASON.get(reason.reason, kind)
        return kind(details, reason=reason.reason, field=reason.metadata.get("field", ""))
    if kind is UnavailableError:
        problem = f"no answer from {address} ({_first_line(details)}); does the server run there?"
        return UnavailableError(f"server_addr: {problem}", field="server_addr")
    return kind(f"{method}: {details or code.name}")


def _first_line(text: str) -> str:
    return text.splitlines()[0][:200] if text else "it gave no reason"
