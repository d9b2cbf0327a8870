"""The named bounds of the wire."""

from typing import Final

MESSAGE_BYTES_MAX: Final = 16 * 1024 * 1024
"""One received message; gRPC refuses a larger one with RESOURCE_EXHAUSTED."""

CONCURRENT_RPCS_MAX: Final = 10_000
"""Calls at once, open watches among them; gRPC refuses one more with RESOURCE_EXHAUSTED."""

PAGE_ITEMS_MAX: Final = 1_000
"""Items in one page of a list."""

PAGE_BYTES_MAX: Final = 2 * 1024 * 1024
"""Encoded items in one page of a list; a page stops at the item that crosses it. Clients take 4 MiB by default."""

PAGE_SLICE_ITEMS: Final = 100
"""Items whose metadata and files are read at once."""

FILES_SHOWN_MAX: Final = 100
"""Files shown inside a model or model version, the newest; ListArtifacts has all."""

POINTS_SHOWN_MAX: Final = 200_000
"""Metric points in one answer as messages, one a point."""

POINTS_SHOWN_AS_COLUMNS_MAX: Final = 2_000_000
"""Metric points in one answer as columns."""

KEYS_ASKED_MAX: Final = 1_000
"""Metric keys in one GetMetrics."""

HISTORY_PAGE_EVENTS: Final = 500
"""Events read at once in search of what was written."""

HISTORY_EVENTS_MAX: Final = 5_000
"""Events that one page of a history looks through; then it ends, however few changes it has found."""

HEARTBEAT_NEXT_S: Final = 15.0
"""How soon a run's next heartbeat is due: a few may be late before the run is taken for lost."""

HEARTBEAT_RUNS_MAX: Final = 1_000
"""Runs in one HeartbeatRuns."""

READ_WAIT_S_MAX: Final = 10.0
"""How long a read waits for the views to reach the token it demands; its own deadline counts too."""

OWN_WRITE_WAIT_S: Final = 0.5
"""How long a read without a token waits for the last write of this process, so that older clients read their writes."""

WATCH_PAGE_EVENTS: Final = 64
"""Events held for one watch: 64 of at most 512 KiB."""

WATCH_SPAN_POSITIONS: Final = 20_000
"""Positions that one query of a watch looks through; bounds its time where a namespace has few events."""

WATCH_LOOK_S: Final = 1.0
"""How often an idle watch looks whether the server is draining. New events wake it at once."""

SMALL_FILES_MAX: Final = 200
"""Files in one UploadFiles or DownloadFiles."""

SMALL_FILE_BYTES_MAX: Final = 1024 * 1024
"""One of them; also what one message of DownloadFiles holds of them."""

SMALL_FILES_BYTES_MAX: Final = 4 * 1024 * 1024
"""All of one UploadFiles."""

SAMPLE_BYTES: Final = 4096
"""The piece of a file that says whether its bytes may be here; it is that from the middle on."""

SAMPLED_FILES_MAX: Final = 64
"""Files of one size that a sample is compared with; with more of them here, a file's SHA-256 is asked for at once."""

PROBLEM_CHARS_MAX: Final = 400
"""Characters of an error's text on the wire: trailing metadata is bounded to 8 KiB."""
