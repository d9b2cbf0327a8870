"""What can go wrong in the log and the feed.

EventsError
├── InvalidEventError            bad input; a retry cannot help
├── InvalidTokenError            bad input; a retry cannot help
├── WrongExpectedVersionError    another writer came first; read again and decide again
├── StreamNotFoundError          the stream does not exist; a retry cannot help
├── StreamExistsError            a stream exists that should not
├── ClaimLostError               another writer came first; read again and decide again
├── StreamClosedError            the stream takes no more events
├── IdempotencyKeyReusedError    same key, other body; a retry cannot help
├── LogOverloadedError           the queue is full; retry after the delay
├── LogUnavailableError          Postgres did not answer; safe to retry with the same key
│   ├── PartitionMissingError    no partition holds the next position; an operator is needed
│   ├── LogRefusedError          Postgres refuses for reasons of its own; an operator is needed
│   └── NewerVersionError        the log speaks a newer version than this process
├── FormatLevelError             the log may not hold it yet; retry when every process is of this version
├── LogCorruptedError            an event is not as it was recorded
├── LogForkedError               a token or a feed belongs to another log
├── LogRewoundError              the log lacks what it once held; begin anew, or from an older token
├── FeedForkedError              the feed and the log disagree; an operator must decide
├── FeedDamagedError             the feed lost messages or cannot read them; it is made anew from the log
├── FeedTakenError               a stream that is not this log's takes the feed's subjects; an operator must decide
├── UnsafeDatabaseError          Postgres is set so that an acknowledgement could be lost
├── DatabaseRightsError          the account lacks a right in Postgres; the error holds the SQL that grants it
└── MigrationError               the database's schema is not one this version can serve
"""

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID


class EventsError(Exception):
    """Base of every error of this package."""

    retryable: ClassVar[bool] = False
    """Whether the same call may succeed later, with nothing changed by the caller."""


class InvalidEventError(EventsError):
    """An event or a field of it breaks a rule; nothing was written."""

    def __init__(self, field: str, problem: str) -> None:
        """Name the field and say what is wrong with it and what would be right."""
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class InvalidTokenError(EventsError):
    """A token is not one that this system wrote."""

    def __init__(self, text: str) -> None:
        """Quote at most the first 80 characters of the token."""
        super().__init__(
            f"token {text[:80]!r} is not '<log id>.<position>' with or without a hash; use it as a call returned it"
        )
        self.text = text


class WrongExpectedVersionError(EventsError):
    """Another writer came first; nothing was written. Read again and decide again."""

    def __init__(self, stream_id: UUID, expected: str, actual: int) -> None:
        """Say which version was expected and which one the stream has (0: opened, without an event of its own)."""
        super().__init__(f"stream {stream_id} is at version {actual}, expected {expected}")
        self.stream_id = stream_id
        self.expected = expected
        self.actual = actual


class StreamNotFoundError(EventsError):
    """The stream does not exist, or not in this namespace; nothing was written."""

    def __init__(self, stream_id: UUID) -> None:
        """Name the stream."""
        super().__init__(f"stream {stream_id} does not exist; create its object first")
        self.stream_id = stream_id


class StreamExistsError(EventsError):
    """An object that the event would open exists already, or another stream that should not; nothing was written."""

    def __init__(self, stream_id: UUID) -> None:
        """Name the stream that exists."""
        super().__init__(f"stream {stream_id} exists already")
        self.stream_id = stream_id


class ClaimLostError(EventsError):
    """Another append claimed the state that this one was decided on; nothing was written. Read and decide again."""

    retryable = True

    def __init__(self, stream_id: UUID) -> None:
        """Name the stream of claims."""
        super().__init__(f"another append came first on the claims of {stream_id}; read again and decide again")
        self.stream_id = stream_id


class StreamClosedError(EventsError):
    """The stream was closed and takes no more events."""

    def __init__(self, stream_id: UUID) -> None:
        """Name the stream."""
        super().__init__(f"stream {stream_id} is closed and takes no more events")
        self.stream_id = stream_id


class IdempotencyKeyReusedError(EventsError):
    """The key was used for another request; nothing was written. Draw a new key for a new request."""

    def __init__(self, key: str) -> None:
        """Name the key."""
        super().__init__(f"idempotency key {key!r} was used for another request; use a new key for a new request")
        self.key = key


class LogOverloadedError(EventsError):
    """More appends wait than this process may hold; nothing was written."""

    retryable = True

    def __init__(self, waiting: int, *, retry_after_s: float) -> None:
        """Say how many appends wait and when to try again."""
        super().__init__(f"{waiting} appends are waiting; try again in {retry_after_s:g} s")
        self.waiting = waiting
        self.retry_after_s = retry_after_s


class LogUnavailableError(EventsError):
    """Postgres did not answer in time. Whether the append was recorded is told by a retry with the same key."""

    retryable = True

    def __init__(self, problem: str, *, sqlstate: str = "") -> None:
        """Say what Postgres did, and with which SQLSTATE (empty where it said nothing)."""
        super().__init__(f"the log is unavailable: {problem}")
        self.problem = problem
        self.sqlstate = sqlstate


class PartitionMissingError(LogUnavailableError):
    """No partition holds the next position; appends go on as soon as one exists."""


class LogRefusedError(LogUnavailableError):
    """Postgres answers and refuses, and no request is at fault: read-only, a right or a password taken away.

    A retry with the same key succeeds once an operator has mended it.
    """

    def __init__(self, problem: str, *, sqlstate: str = "") -> None:
        """Say what Postgres refused, and with which SQLSTATE (empty where this process found the reason itself)."""
        super().__init__(f"{problem} (SQLSTATE {sqlstate})" if sqlstate else problem, sqlstate=sqlstate)


class NewerVersionError(LogUnavailableError):
    """The log speaks a newer version than this process; another process, or this one after an update, may be able."""

    def __init__(self, problem: str) -> None:
        """Say what this process does not know."""
        super().__init__(f"the log speaks a newer version than this process: {problem}")


class LogCorruptedError(EventsError):
    """The log is not as it was recorded: an event was changed, removed or moved behind its back."""

    def __init__(self, position: int, problem: str) -> None:
        """Name the first bad position."""
        super().__init__(f"position {position}: {problem}; restore the log from a backup and compare")
        self.position = position
        self.problem = problem


class LogForkedError(EventsError):
    """A token belongs to another log: the database was restored or replaced."""

    def __init__(self, ours: UUID, theirs: UUID) -> None:
        """Name both logs."""
        super().__init__(f"the token is of log {theirs}, this is log {ours}; read again without a token")
        self.ours = ours
        self.theirs = theirs


class LogRewoundError(EventsError):
    """The log was set back: it lacks an event that it once held, or holds another in its place.

    A standby that was behind took over, or an older backup was restored. Begin anew, or from an older token.
    """

    def __init__(self, position: int) -> None:
        """Name the last position that the caller knew."""
        super().__init__(
            f"the log was set back: what it held at position {position} is lost or replaced; "
            "read again without a token, and watch from the beginning, a time or an older token"
        )
        self.position = position


class FormatLevelError(EventsError):
    """The log may not hold this yet: a process of an older version lives, which would not understand it."""

    retryable = True

    def __init__(self, what: str, needed: int, level: int) -> None:
        """Say what was refused, the level that it needs and the log's."""
        super().__init__(
            f"{what} needs format level {needed}, the log has {level}; stop the servers of older versions, "
            "and wait until one of this version raised it"
        )
        self.needed = needed
        self.level = level


class FeedForkedError(EventsError):
    """The feed holds something that the log does not; the relay has stopped and appends go on."""

    def __init__(self, sequence: int, problem: str, *, retired: bool = False) -> None:
        """Name the first feed sequence in doubt; a feed that was `retired` takes nothing more at all."""
        remedy = "if the log was restored from a backup, begin its next epoch: modelbox log fork --reason …"
        if not retired:
            remedy += "; if another program published into the feed, make it anew: modelbox relay rebuild"
        super().__init__(f"feed sequence {sequence}: {problem}; the relay has stopped: {remedy}")
        self.sequence = sequence
        self.problem = problem


class FeedDamagedError(EventsError):
    """Messages inside the feed are missing or cannot be read. The log has them all."""

    def __init__(self, problem: str) -> None:
        """Say what was found."""
        super().__init__(f"the feed is damaged: {problem}; make it anew from the log: modelbox relay rebuild")
        self.problem = problem


class FeedTakenError(EventsError):
    """A stream that belongs neither to this log nor to one that it was forked from takes the feed's subjects."""

    def __init__(self, feed: str, holder: str, *, is_feed: bool = False) -> None:
        """Name the feed and the stream that is in its way, and say whether that is a feed too."""
        remedy = "remove that stream or its subjects, or give this log a NATS account of its own"
        if is_feed:
            remedy = (
                "if it is a feed of this log from after a backup that was restored, retire it: modelbox relay rebuild "
                "--take-over; else give this log a NATS account of its own"
            )
        super().__init__(f"feed {feed}: stream {holder} takes its subjects and is not of this log's; {remedy}")
        self.feed = feed
        self.holder = holder


class UnsafeDatabaseError(EventsError):
    """Postgres is set so that an acknowledged append could be lost."""

    def __init__(self, setting: str, value: str) -> None:
        """Name the setting and its value."""
        super().__init__(f"Postgres runs with {setting}={value}; set {setting}=on, or acknowledged events can be lost")
        self.setting = setting
        self.value = value


class DatabaseRightsError(EventsError):
    """The account that the service connects with lacks a right in Postgres."""

    def __init__(self, problem: str, remedy: Sequence[str]) -> None:
        """Say what Postgres refuses, and the SQL that an administrator runs in this database."""
        super().__init__(
            f"Postgres refuses: {problem}; as its administrator run: {' '.join(f'{sql};' for sql in remedy)}"
        )
        self.problem = problem
        self.remedy = tuple(remedy)


class MigrationError(EventsError):
    """The database's schema is not one that this version can serve."""
