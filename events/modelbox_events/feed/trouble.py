"""What can keep the feed from following the log, in a word that an alarm can watch."""

from enum import StrEnum

from nats.errors import AuthorizationError, NoRespondersError
from nats.js.errors import APIError, ServiceUnavailableError

from modelbox_events.errors import FeedDamagedError, FeedForkedError, FeedTakenError, LogUnavailableError


class Trouble(StrEnum):
    """What is wrong with the feed."""

    UNREACHABLE = "unreachable"
    """NATS does not answer."""
    REFUSED = "refused"
    """NATS refuses the relay's credentials, or they lack a permission."""
    NOT_STORING = "not_storing"
    """NATS answers, but JetStream stores nothing: a full disk, a limit, a stream without a leader."""
    DAMAGED = "damaged"
    """Messages inside the feed are missing or cannot be read."""
    TAKEN = "taken"
    """A stream that is not this log's takes the feed's subjects."""
    FORKED = "forked"
    """The feed holds something that the log does not."""
    LOG_UNAVAILABLE = "log_unavailable"
    """Postgres does not answer."""
    FAILED = "failed"
    """Something that was not foreseen; the log of the process has the traceback."""


class EpochEndedError(Exception):
    """The log was forked: what is published from now on belongs to another feed."""


class PublishUnknownError(Exception):
    """Whether the last messages are stored is unknown; a new connection will tell."""

    def __init__(self, problem: str, trouble: Trouble) -> None:
        """Quote the answer, or say that there was none."""
        super().__init__(problem)
        self.trouble = trouble


_TROUBLES: dict[type[BaseException], Trouble] = {
    FeedForkedError: Trouble.FORKED,
    FeedTakenError: Trouble.TAKEN,
    FeedDamagedError: Trouble.DAMAGED,
    LogUnavailableError: Trouble.LOG_UNAVAILABLE,
    AuthorizationError: Trouble.REFUSED,
    # In this order: a stream that is offline is a "503" of the API too.
    ServiceUnavailableError: Trouble.NOT_STORING,
    NoRespondersError: Trouble.NOT_STORING,
    APIError: Trouble.NOT_STORING,
    OSError: Trouble.UNREACHABLE,
    TimeoutError: Trouble.UNREACHABLE,
}


def trouble_of(error: BaseException, *, complaint: str | None = None) -> Trouble:
    """Return what an error of relaying means.

    Args:
        error: What was raised.
        complaint: What NATS said about the connection meanwhile: a missing permission only shows there, all that is
            raised is that no answer came.
    """
    if isinstance(error, PublishUnknownError):
        trouble = error.trouble
    else:
        found = (trouble for kind, trouble in _TROUBLES.items() if isinstance(error, kind))
        trouble = next(found, Trouble.UNREACHABLE)
    speaks_of_rights = complaint is not None and any(word in complaint.lower() for word in ("permission", "authoriz"))
    return Trouble.REFUSED if speaks_of_rights and trouble is not Trouble.LOG_UNAVAILABLE else trouble
