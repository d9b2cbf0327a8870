"""What can go wrong for a caller, and the table from the server's reasons to these errors.

ModelBoxError
├── InvalidFieldError (also ValueError)  an argument breaks a rule; `field` names it
├── ConfigError                          the client's configuration cannot be used
├── MissingPackageError (also ImportError)  a package that only some need is not installed
├── NotFoundError                        the object does not exist
│   └── NotUploadedError                 the artifact's bytes are kept elsewhere
├── AlreadyExistsError                   something else has the name, tag or key
│   ├── UniqueTagTakenError              another model version holds the tag
│   └── IdempotencyKeyReusedError        the key was used for another request
├── ObjectClosedError                    the object takes no more changes
│   ├── ObjectDeletedError               the object is deleted; restore it
│   └── RunEndedError                    the run has ended otherwise
├── ConflictError                        other writers were faster too often; retry
├── NotCaughtUpError                     the views are behind what this client wrote; retry
├── LogForkedError                       the server's log is not the one this client wrote to
│   └── LogRewoundError                  the server's log lost its end: it was restored or failed over
├── AnotherLogError                      the server has another log than this client works with
├── ChecksumMismatchError                bytes changed on the way; nothing was kept
├── ResultTooLargeError                  the answer does not fit one message; ask for less
├── SearchTooSlowError                   a search took too long; narrow it
├── DamagedError                         the server's stored bytes are damaged
├── UploadInterruptedError               an upload by signed links lacks parts; upload the file again
├── UnavailableError                     the server did not answer; retry
│   ├── OverloadedError                  the server has too much to do; retry
│   └── FlushTimeoutError                what was logged still waits for its acknowledgement
├── ServerError                          the server failed, or answered what this version does not know
│   ├── AccessDeniedError                the server, or what stands before it, does not let this client in
│   └── UnsupportedError                 the server does not know the call, or there is no ModelBox
├── RefusedError                         the server refused something that was logged
├── NoThreadError                        the system gives no thread, which a transfer needs
└── ClosedError                          the client was closed

Must not know: the wire.
"""

from collections.abc import Mapping
from typing import ClassVar, Final, Self


class ModelBoxError(Exception):
    """Base of every error of this package. `reason` is the server's machine-readable reason, empty if it had none."""

    retryable: ClassVar[bool] = False
    """Whether the same call may succeed later, with nothing changed by the caller."""

    def __init__(self, message: str, *, reason: str = "", field: str = "", retry_after_s: float = 0.0) -> None:
        """Keep the message, and what the server said about it.

        Args:
            retry_after_s: How long to wait before the next try, if the server said so, in seconds.
        """
        super().__init__(message)
        self.reason = reason
        self.field = field
        self.retry_after_s = retry_after_s
        self.final = reason in FINAL_REASONS
        """Whether the request itself was refused, by a ModelBox server in its own words or by this client.

        Whatever else an answer says, it says nothing of the request: what was logged is kept, and sent again.
        """


class InvalidFieldError(ModelBoxError, ValueError):
    """An argument breaks a rule; nothing was written."""

    @classmethod
    def of(cls, field: str, problem: str) -> "InvalidFieldError":
        """Name the field and say what is wrong with it and what would be right."""
        error = cls(f"{field}: {problem}", field=field)
        error.final = True
        return error


class ConfigError(ModelBoxError):
    """The client's configuration cannot be used; the message names file, key and remedy."""


class MissingPackageError(ModelBoxError, ImportError):
    """A package that only a part of the client needs is not installed; the message says what installs it."""

    @classmethod
    def of(cls, package: str, command: str) -> "MissingPackageError":
        """Name the package and the command that installs it."""
        return cls(f"{package} is not installed; `{command}` installs it", field=package)


class NotFoundError(ModelBoxError):
    """The object does not exist, or not where it was looked for."""


class NotUploadedError(NotFoundError):
    """The artifact was only tracked: its bytes are kept elsewhere, at its path."""


class AlreadyExistsError(ModelBoxError):
    """Something else has this name, tag or key; nothing was written."""


class UniqueTagTakenError(AlreadyExistsError):
    """Another model version holds the unique tag. Move it with `set_unique_tag`."""


class IdempotencyKeyReusedError(AlreadyExistsError):
    """The idempotency key was used for another request."""


class ObjectClosedError(ModelBoxError):
    """The object was closed and takes no more changes."""


class ObjectDeletedError(ObjectClosedError):
    """The object, or what it belongs to, is deleted. `restore` brings it back."""


class RunEndedError(ObjectClosedError):
    """The run has ended already, and not as the call says; nothing was written."""


class ConflictError(ModelBoxError):
    """Other writers changed the object at the same moment too often; nothing was written."""

    retryable = True


class NotCaughtUpError(ModelBoxError):
    """The server's views have not come to what this client wrote; the same read succeeds later."""

    retryable = True


class LogForkedError(ModelBoxError):
    """The server's log is not the one this client wrote to: it was restored or replaced.

    The client has forgotten the old log; the next read says what the new one holds.
    """


class LogRewoundError(LogForkedError):
    """The server's log lost its end: an older copy was restored, or a standby took over that was behind.

    What this client wrote or read last may be gone, although it was acknowledged. The client has forgotten the lost
    place, so later calls show what the log holds now. Read again what you depend on, and log again what is missing. A
    watch ends with this error: forget what came after the log's end, and begin a new one where you are sure, or with
    the very first change.
    """


class AnotherLogError(ModelBoxError):
    """The server at the address has another log by now than the one that this client works with.

    What was logged is kept, and sent when the client's own log is back. To work with the other log, make a new
    `ModelBox`; to send it what is meant for the first one, run `modelbox client sync --from-another-log`.
    """

    def __init__(self, message: str, *, reason: str = "", field: str = "", retry_after_s: float = 0.0) -> None:
        """Keep what was found, and say what to do."""
        command = "modelbox client sync --from-another-log"
        remedy = f"make a new ModelBox to work with this log, or send here what is for the other one with `{command}`"
        text = f"{message}; what is logged is kept until its own log is there; {remedy}"
        super().__init__(text, reason=reason or ANOTHER_LOG, field=field, retry_after_s=retry_after_s)

    @classmethod
    def of(cls, ours: str, served: str, *, address: str) -> Self:
        """Say which log is meant, and which one is there; empty if the server does not say."""
        found = f"has another log ({served})" if served else "is an older one that does not say which log it has,"
        return cls(f"the server at {address} {found} and not {ours}")


class ChecksumMismatchError(ModelBoxError):
    """The bytes that arrived are not the bytes that were sent; nothing of them was kept."""


class ResultTooLargeError(ModelBoxError):
    """The answer does not fit one message; the message says what narrows it."""


class SearchTooSlowError(ModelBoxError):
    """A search took too long and was ended; narrow it by namespace, parent or filter."""


class DamagedError(ModelBoxError):
    """The bytes that the server keeps of an artifact are missing or changed; upload the file again to heal it."""


class UploadInterruptedError(ModelBoxError):
    """An upload by signed links lacks parts, or was given up in between; uploading the file again goes on with it."""


class UnavailableError(ModelBoxError):
    """The server did not answer. A write may have been recorded; the same call finds out."""

    retryable = True
    is_refused = False
    """Whether nothing listens at the address: the connection was refused, so no server has heard of the call."""


class OverloadedError(UnavailableError):
    """The server has too much to do; nothing was written."""


class ServerError(ModelBoxError):
    """The server failed, or answered what this version of the client does not know."""


class AccessDeniedError(ServerError):
    """The server, or a proxy before it, does not let this client in. What was logged waits until it does."""


class UnsupportedError(ServerError):
    """The server is older than the call, or what answers at its address is no ModelBox. What was logged waits."""


class FlushTimeoutError(UnavailableError):
    """Not all that was logged was acknowledged in time. It is kept and still sent. The cause is the last trouble."""

    def __init__(self, waiting: int, *, calls: int = 0, timeout_s: float, cause: ModelBoxError | None = None) -> None:
        """Say how many points and calls wait, how long was waited, and what came instead of an acknowledgement."""
        problem = f"{counted(waiting, calls)} not acknowledged within {timeout_s:g} s; they are kept and still sent"
        super().__init__(problem if cause is None else f"{problem}; the last answer: {cause}")
        self.waiting = waiting
        self.calls = calls
        self.cause = cause


class RefusedError(ModelBoxError):
    """The server refused points or calls logged since the last flush. The cause says why the first of them.

    With a journal they are set aside: `modelbox client sync --refused` shows, sends again or drops them.
    """

    def __init__(self, points: int, cause: ModelBoxError, *, calls: int = 0, fate: str = "") -> None:
        """Say how many points and calls were refused, why the first of them, and what became of it."""
        problem = f"{counted(points, calls)} refused: {cause}"
        super().__init__(f"{problem}; {fate}" if fate else problem, reason=cause.reason, field=cause.field)
        self.points = points
        self.calls = calls
        self.cause = cause
        self.fate = fate


class NoThreadError(ModelBoxError):
    """The system gives no thread, which transfers and watches need. With Python 3.12 so it is once the program ends."""


class ClosedError(ModelBoxError):
    """The client was closed; make a new `ModelBox`."""


def counted(points: int, calls: int) -> str:
    """Return a number of metric points and calls in words, without what there is none of."""
    counts = ((points, "metric point"), (calls, "call"))
    parts = [f"{count:,} {what}{'s' * (count > 1)}" for count, what in counts if count]
    return " and ".join(parts) or "0 metric points"


ANOTHER_LOG: Final = "ANOTHER_LOG"
"""The server's reason when a call is meant for another log than it has."""

BY_REASON: Final[Mapping[str, type[ModelBoxError]]] = {
    ANOTHER_LOG: AnotherLogError,
    "BLOB_DAMAGED": DamagedError,
    "BLOB_STORE_UNAVAILABLE": UnavailableError,
    "CHECKSUM_MISMATCH": ChecksumMismatchError,
    "CONTENTION": ConflictError,
    "DRAINING": UnavailableError,
    "IDEMPOTENCY_KEY_REUSED": IdempotencyKeyReusedError,
    "INTERNAL": ServerError,
    "INVALID_FIELD": InvalidFieldError,
    "INVALID_FILTER": InvalidFieldError,
    "INVALID_TOKEN": InvalidFieldError,
    "LOG_CORRUPTED": ServerError,
    "LOG_FORKED": LogForkedError,
    "LOG_OVERLOADED": OverloadedError,
    "LOG_REWOUND": LogRewoundError,
    "LOG_UNAVAILABLE": UnavailableError,
    "NEWER_VERSION": UnavailableError,
    "NOT_CAUGHT_UP": NotCaughtUpError,
    "NOT_UPLOADED": NotUploadedError,
    "OBJECT_CLOSED": ObjectClosedError,
    "OBJECT_DELETED": ObjectDeletedError,
    "OBJECT_EXISTS": AlreadyExistsError,
    "OBJECT_NOT_FOUND": NotFoundError,
    "PARTITION_MISSING": UnavailableError,
    "RESULT_TOO_LARGE": ResultTooLargeError,
    "RUN_ENDED": RunEndedError,
    "SEARCH_TOO_SLOW": SearchTooSlowError,
    "TOO_MANY_CALLS": OverloadedError,
    "UNFORESEEN": ServerError,
    "UNIQUE_TAG_NOT_HELD": NotFoundError,
    "UNIQUE_TAG_TAKEN": UniqueTagTakenError,
    "UPLOAD_INCOMPLETE": UploadInterruptedError,
    "UPLOAD_NOT_FOUND": UploadInterruptedError,
    "WATCHES_OVERLOADED": OverloadedError,
    "WRONG_EXPECTED_VERSION": ConflictError,
}
"""The server's reasons and the error each becomes; a reason that is not here is told by its status code."""

FINAL_REASONS: Final[frozenset[str]] = frozenset(
    {
        "CHECKSUM_MISMATCH",
        "IDEMPOTENCY_KEY_REUSED",
        "INVALID_FIELD",
        "OBJECT_CLOSED",
        "OBJECT_DELETED",
        "OBJECT_EXISTS",
        "OBJECT_NOT_FOUND",
        "RUN_ENDED",
        "UNIQUE_TAG_NOT_HELD",
        "UNIQUE_TAG_TAKEN",
    }
)
"""The reasons that speak of the request: the same one is refused again. All others, unknown ones too, may pass."""
