"""What happens to the log as a whole. These events stand in a stream of its own, `log_stream`."""

from datetime import datetime
from typing import Final
from uuid import UUID

from modelbox_events.event import ChangeEvent, StreamRef

LOG_NAMESPACE: Final = "modelbox.log"
"""The namespace of the log's own stream: who watches it hears of forks and corrections."""
LOG_STREAM: Final = "log"


def log_stream(genesis: UUID) -> StreamRef:
    """Return the stream in which a log tells of itself; its id is the log's genesis."""
    return StreamRef(LOG_NAMESPACE, LOG_STREAM, genesis)


class LogForked(ChangeEvent, frozen=True, kw_only=True):
    """An operator gave the log a new epoch: what is known of the one before beyond `position` is of another log."""

    log_id: UUID
    ancestor: UUID
    position: int
    reason: str


class ClockCorrected(ChangeEvent, frozen=True, kw_only=True):
    """The log's time stood ahead of the clock and was set back: from here on `recorded_at` begins anew.

    `ahead_until` is the time that the events before may bear.
    """

    ahead_until: datetime
    reason: str


class EventRedacted(ChangeEvent, frozen=True, kw_only=True):
    """The data of the event at `position` was taken away. `rest_hash` is the SHA-256 (hex) of its other columns.

    It is made of the columns in `read_redacted.sql`, in PostgreSQL's binary form of a record.
    """

    position: int
    type: str
    rest_hash: str
    reason: str
