"""What the functions of the database answer an append, under the names that they have there."""

from enum import IntEnum
from typing import Final


class Outcome(IntEnum):
    """How a request was judged; see `functions/append_requests.sql`."""

    RECORDED = 0
    DUPLICATE = 1
    WRONG_VERSION = 2
    STREAM_NOT_FOUND = 3
    STREAM_CLOSED = 4
    OPENED_EXISTS = 5
    KEY_REUSED = 6
    VERSION_OVERFLOW = 7
    CLAIM_LOST = 8


WRONG_LEVEL: Final = "55MB1"
"""The SQLSTATE of a batch of another format level than the log's."""
REHEARSED: Final = "55MB2"
"""The SQLSTATE with which a rehearsed batch ends where all went well."""
