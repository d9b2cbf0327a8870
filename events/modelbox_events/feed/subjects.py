"""Names in the feed: the JetStream stream of a log, and the subject of each event.

Must not know: NATS.
"""

from typing import Final
from urllib.parse import quote
from uuid import UUID

SUBJECTS: Final = "modelbox.>"
"""Every subject of the feed."""

STREAM_PREFIX: Final = "MODELBOX_"
"""What the names of feeds begin with, and of no stream that is not ours."""

# Printable ASCII except the wildcards of NATS and the percent sign that encodes them.
_SAFE: Final = "".join(char for char in map(chr, range(0x21, 0x7F)) if char not in "*>%")


def stream_name(log_id: UUID) -> str:
    """Return the name of the stream that carries this log; another log never shares it."""
    return f"{STREAM_PREFIX}{log_id.hex[:8]}"


def is_feed_name(stream: str) -> bool:
    """Return whether a stream is named as feeds are."""
    return stream.startswith(STREAM_PREFIX)


def token(text: str) -> str:
    """Return the text as one token of a subject; `urllib.parse.unquote` gives it back.

    Dots, wildcards, blanks, control characters and all beyond ASCII are percent-encoded as UTF-8 (RFC 3986).
    """
    return quote(text, safe=_SAFE).replace(".", "%2E")  # `quote` never encodes a dot


def subject_prefix(namespace: str, stream_type: str) -> str:
    """Return the part of the subject before the stream's id, with its last dot."""
    return f"modelbox.{token(namespace)}.{token(stream_type)}."


def subject(namespace: str, stream_type: str, stream_id: UUID, event_type: str) -> str:
    """Return the subject of an event: `modelbox.<namespace>.<stream type>.<stream id>.<event type>`."""
    return f"{subject_prefix(namespace, stream_type)}{stream_id}.{token(event_type)}"
