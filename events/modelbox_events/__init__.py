"""What happened: event types, the log in Postgres, and the feed to NATS.

Must not know: what readers make of the events (projections), or who asks for them (gateway).
"""

from modelbox_events.database import Database
from modelbox_events.epochs import Epoch, Epochs
from modelbox_events.errors import (
    ClaimLostError,
    EventsError,
    FeedForkedError,
    FormatLevelError,
    IdempotencyKeyReusedError,
    InvalidEventError,
    InvalidTokenError,
    LogCorruptedError,
    LogForkedError,
    LogOverloadedError,
    LogRefusedError,
    LogRewoundError,
    LogUnavailableError,
    MigrationError,
    NewerVersionError,
    PartitionMissingError,
    StreamClosedError,
    StreamExistsError,
    StreamNotFoundError,
    UnsafeDatabaseError,
    WrongExpectedVersionError,
)
from modelbox_events.event import (
    ANY_VERSION,
    NO_STREAM,
    STREAM_EXISTS,
    Append,
    Appended,
    AuthType,
    ChangeEvent,
    Claim,
    Codec,
    Context,
    ExpectedVersion,
    NewEvent,
    RecordedEvent,
    StreamRef,
)
from modelbox_events.head import Head
from modelbox_events.ids import Position, new_id, object_id
from modelbox_events.log import Log
from modelbox_events.migrate import migrate
from modelbox_events.places import Place, Places, continues
from modelbox_events.read import LogHead, StreamState
from modelbox_events.token import Token
from modelbox_events.verify import Verified, verify

__all__ = [
    "ANY_VERSION",
    "NO_STREAM",
    "STREAM_EXISTS",
    "Append",
    "Appended",
    "AuthType",
    "ChangeEvent",
    "Claim",
    "ClaimLostError",
    "Codec",
    "Context",
    "Database",
    "Epoch",
    "Epochs",
    "EventsError",
    "ExpectedVersion",
    "FeedForkedError",
    "FormatLevelError",
    "Head",
    "IdempotencyKeyReusedError",
    "InvalidEventError",
    "InvalidTokenError",
    "Log",
    "LogCorruptedError",
    "LogForkedError",
    "LogHead",
    "LogOverloadedError",
    "LogRefusedError",
    "LogRewoundError",
    "LogUnavailableError",
    "MigrationError",
    "NewEvent",
    "NewerVersionError",
    "PartitionMissingError",
    "Place",
    "Places",
    "Position",
    "RecordedEvent",
    "StreamClosedError",
    "StreamExistsError",
    "StreamNotFoundError",
    "StreamRef",
    "StreamState",
    "Token",
    "UnsafeDatabaseError",
    "Verified",
    "WrongExpectedVersionError",
    "continues",
    "migrate",
    "new_id",
    "object_id",
    "verify",
]
