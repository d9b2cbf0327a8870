"""The feed: the log in NATS JetStream, sequence = position, for anyone to read.

Must not know: event types.
"""

from modelbox_events.feed.look import FeedReport, look
from modelbox_events.feed.relay import Relay, RelayState, RelayStatus
from modelbox_events.feed.subjects import SUBJECTS, is_feed_name, stream_name, subject
from modelbox_events.feed.trouble import Trouble

__all__ = [
    "SUBJECTS",
    "FeedReport",
    "Relay",
    "RelayState",
    "RelayStatus",
    "Trouble",
    "is_feed_name",
    "look",
    "stream_name",
    "subject",
]
