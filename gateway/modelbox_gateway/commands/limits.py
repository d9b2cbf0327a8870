"""The named bounds of what commands try, read and remember."""

from typing import Final

TRIES_MAX: Final = 20
"""How often a command is decided again because another writer came first."""

STATES_CACHED_MAX: Final = 10_000
"""Folded states kept in memory, of each kind of aggregate."""

STREAMS_CACHED_MAX: Final = 100_000
"""Objects whose stream is remembered, or something else that never changes of them."""

STREAM_PAGE_EVENTS: Final = 500
"""Events of a stream read at once."""

STREAM_PAGE_BYTES: Final = 2 * 1024 * 1024
"""Their data, in bytes; the page ends after the event that crosses it."""
