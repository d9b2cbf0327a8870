"""The named bounds of the log: what one append, one batch and one queue may hold."""

from typing import Final

APPEND_EVENTS_MAX: Final = 2_000
"""Events in one append."""

EVENT_BYTES_MAX: Final = 512 * 1024
"""Encoded data of one event, in bytes; with its headers it fits a NATS message of 1 MiB."""

BATCH_REQUESTS_MAX: Final = 500
"""Appends that one transaction takes."""

BATCH_EVENTS_MAX: Final = 2_000
"""Events that one transaction takes."""

BATCH_BYTES_MAX: Final = 8 * 1024 * 1024
"""Encoded data that one transaction takes, in bytes."""

QUEUE_REQUESTS_MAX: Final = 5_000
"""Appends that may wait in a process; one more costs the namespace that has most of them one of its own."""

APPEND_BYTES_MAX: Final = 32 * 1024 * 1024
"""Encoded data of one append, in bytes: half of what may wait in a process, so that there is room for it at times."""

QUEUE_BYTES_MAX: Final = 64 * 1024 * 1024
"""Encoded data that may wait in a process, in bytes."""

READS_LEVEL: Final = 3
"""The highest format of a log that this version reads and writes; a lease says so of its process."""

NAME_CHARS_MAX: Final = 255
"""Names, namespaces, owners, metric keys, tags and idempotency keys, in characters."""

PAGE_EVENTS_MAX: Final = 2_000
"""Events in one page read from the log."""

PAGE_BYTES_MAX: Final = 32 * 1024 * 1024
"""Data in one page read in log order, in bytes; the page ends after the event that crosses it."""

SPAN_EVENTS_AT_ONCE: Final = 128
"""Events of a span of a stream that are read before others of this process have a turn."""

STREAM_VERSION_MAX: Final = 2**31 - 1
"""The last version a stream can have (int4)."""
