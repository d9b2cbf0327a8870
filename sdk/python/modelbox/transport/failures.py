"""The one place where gRPC's errors become the client's: by the server's reason, else by the status code."""

import re
from collections.abc import Mapping
from typing import Any, Final

import grpc

from modelbox.errors import (
    BY_REASON,
    AccessDeniedError,
    AlreadyExistsError,
    ConflictError,
    InvalidFieldError,
    ModelBoxError,
    NotFoundError,
    OverloadedError,
    ServerError,
    UnavailableError,
    UnsupportedError,
)
from modelbox.transport.status import said_in

BY_CODE: Final[Mapping[grpc.StatusCode, type[ModelBoxError]]] = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidFieldError,
    grpc.StatusCode.NOT_FOUND: NotFoundError,
    grpc.StatusCode.ALREADY_EXISTS: AlreadyExistsError,
    grpc.StatusCode.ABORTED: ConflictError,
    # Without a reason of ours it comes from the server's limit of calls at one time, or from a proxy's of bytes.
    grpc.StatusCode.RESOURCE_EXHAUSTED: OverloadedError,
    # A server that stops cuts off the calls that it still has.
    grpc.StatusCode.CANCELLED: UnavailableError,
    grpc.StatusCode.UNAVAILABLE: UnavailableError,
    grpc.StatusCode.DEADLINE_EXCEEDED: UnavailableError,
    grpc.StatusCode.UNAUTHENTICATED: AccessDeniedError,
    grpc.StatusCode.PERMISSION_DENIED: AccessDeniedError,
    grpc.StatusCode.UNIMPLEMENTED: UnsupportedError,
}
"""What a status code means when no reason says more; any other code is a `ServerError`."""

# No code tells it: what gRPC says of a server that answers in HTTP/1.
_HTTP_1: Final = ("http1.x", "Failed parsing HTTP/2")
_UNCLEAR: Final = "what answers there is no ModelBox, or of another version"
_REMEDIES: Final[Mapping[type[ModelBoxError], str]] = {
    AccessDeniedError: "it does not let this client in; ask who runs it, or the proxy before it",
    UnsupportedError: f"{_UNCLEAR}; check server_addr and the versions",
    ServerError: "it failed, or something before it did; its log says more",
}


_REFUSED: Final = "Connection refused"
"""How gRPC words ECONNREFUSED, on every system and in every language; it has no code of its own for it."""

_CONNECTING: Final = re.compile(
    r"^failed to connect to all addresses; last error: (?:[A-Z_]+: )?(?:(?:ipv[46]|unix):\S+: )?"
)


def error_of(failure: grpc.RpcError, *, method: str, address: str) -> ModelBoxError:
    """Return the error that the caller of a failed call gets."""
    # A raised RpcError also is the call that failed; the types do not say so.
    call: Any = failure
    code: grpc.StatusCode = call.code()
    details: str = call.details() or ""
    reason, retry_after_s = said_in(call.trailing_metadata() or ())
    kind = BY_CODE.get(code, ServerError)
    if reason is not None:
        kind = BY_REASON.get(reason.reason, kind)
        field = reason.metadata.get("field", "")
        return kind(details or reason.reason, reason=reason.reason, field=field, retry_after_s=retry_after_s)
    if any(words in details for words in _HTTP_1):
        problem = f"an HTTP server answers at {address}; give the port of gRPC, which is another one"
        return kind(f"server_addr: {problem}", field="server_addr", retry_after_s=retry_after_s)
    if kind is UnavailableError:
        is_slow = code is grpc.StatusCode.DEADLINE_EXCEEDED
        question = "does it run, and what does its /health say?" if is_slow else "does the server run there?"
        problem = f"no answer from {address} ({_why(details)}); {question}"
        error = UnavailableError(f"server_addr: {problem}", field="server_addr", retry_after_s=retry_after_s)
        error.is_refused = _REFUSED in details
        return error
    problem = f"{method}: {address} answers {code.name} ({_first_line(details)})"
    remedy = _REMEDIES.get(kind)
    return kind(f"{problem}; {remedy}" if remedy else problem, retry_after_s=retry_after_s)


def _why(details: str) -> str:
    """Return why there was no answer, without gRPC's account of the addresses that it tried: they differ each time."""
    return "connection refused" if _REFUSED in details else _CONNECTING.sub("", _first_line(details))


def _first_line(text: str) -> str:
    return text.splitlines()[0][:200] if text else "it gave no reason"
