"""The named bounds of the wire."""

from typing import Final

MESSAGE_BYTES_MAX: Final = 16 * 1024 * 1024
"""One received message; gRPC refuses a larger one with RESOURCE_EXHAUSTED."""

CALLS_MAX: Final = 10_000
"""Calls at once, open watches among them; beyond it, each connection gets its share, and twice as many is the end."""

CONNECTION_CALLS_MAX: Final = 2_000
"""Calls at once on one connection; a client holds back what is more, until others of its own have ended."""

PAGE_ITEMS_MAX: Final = 1_000
"""Items in one page of a list."""

PAGE_BYTES_MAX: Final = 2 * 1024 * 1024
"""Encoded items in one page of a list; a page stops at the item that crosses it. Clients take 4 MiB by default."""

PAGE_SLICE_ITEMS: Final = 100
"""Items whose metadata and files are read at once."""

KEYS_LISTED_MAX: Final = 100
"""Metrics, and hyperparameters, of each object in a list, the first by key, unless all are asked for; Get calls have
all."""

BUILT_ON_LOOP_BYTES_MAX: Final = 32 * 1024
"""JSON that is made into messages without leaving the thread of all calls."""

FILES_SHOWN_MAX: Final = 100
"""Files shown inside a model or model version, the newest; ListArtifacts has all."""

POINTS_SHOWN_MAX: Final = 200_000
"""Metric points in one answer as messages, one a point."""

POINTS_SHOWN_AS_COLUMNS_MAX: Final = 2_000_000
"""Metric points in one answer as columns."""

POINTS_PER_PAGE_MAX: Final = 10_000
"""Metric points in one page as messages, one a point."""

POINTS_PER_PAGE_AS_COLUMNS_MAX: Final = 50_000
"""Metric points in one page as columns."""

NAMES_COMPARED_MAX: Final = 2_000
"""Names that are compared with one that there is not, in search of the most similar."""

NAMESPACES_COMPARED_MAX: Final = 1_000
"""Namespaces that are looked at for it, the first by name."""

NAMES_TOLD_MAX: Final = 5
"""Names that are told in place of one that there is not."""

KEYS_ASKED_MAX: Final = 1_000
"""Metric keys in one GetMetrics."""

NAMES_WAIT_S: Final = 1.0
"""How long a change waits for the views to know the names of what it is about; then ids have to do."""

HISTORY_PAGE_EVENTS: Final = 500
"""Events read at once in search of what was written."""

HISTORY_EVENTS_MAX: Final = 5_000
"""Events that one page of a history looks through; then it ends, however few changes it has found."""

HISTORY_VERSIONS_MAX: Final = 1_000
"""Model versions, the newest, of which a model's history tells that they were deleted and restored."""

HISTORY_DELETED_MAX: Final = 100
"""Those of them that were ever deleted, the newest, of which it tells so: each has a stream to read."""

HEARTBEAT_NEXT_S: Final = 15.0
"""How soon a run's next heartbeat is due: a few may be late before the run is taken for lost."""

HEARTBEAT_RUNS_MAX: Final = 1_000
"""Runs in one HeartbeatRuns."""

ANSWER_SHARE: Final = 0.9
"""The part of a call's time that may be spent before it is answered; the rest is for the answer's way."""

READ_WAIT_S_MAX: Final = 10.0
"""How long a read waits for the views to reach the token it demands; its own deadline counts too."""

OWN_WRITE_WAIT_S: Final = 0.5
"""How long a read waits for the last write of this process, which it does not demand."""

BESIDE_WAIT_S: Final = 0.5
"""How long a read waits for views of which it tells more than was asked for; then it does not."""

WATCH_PAGE_EVENTS: Final = 64
"""Events in one page of a watch that catches up."""

WATCH_PAGE_BYTES: Final = 512 * 1024
"""Their data, in bytes; the page ends after the event that crosses it."""

WATCH_PAGES_BYTES_MAX: Final = 64 * 1024 * 1024
"""Data in the pages of all watches of a process, in bytes; a watch waits for its turn before it reads one."""

WATCH_MESSAGES_BYTES_MAX: Final = 64 * 1024 * 1024
"""Messages of all watches of a process that their readers have not taken yet, in bytes."""

WATCH_TURN_S: Final = 15.0
"""How long a watch waits for its turn before it is ended: slow readers hold what all of them may."""

WATCH_RETRY_AFTER_S: Final = 5.0
"""When a watch that was ended for that may come again."""

WATCH_SPAN_POSITIONS: Final = 20_000
"""Positions that one query of a watch looks through; bounds its time where a namespace has few events."""

WATCH_LOOK_S: Final = 1.0
"""How often an idle process looks whether watches are to end. New events wake it at once."""

WATCH_TROUBLE_S_MAX: Final = 10.0
"""How long Postgres may not answer before watches end with what it says: their clients wait knowingly then."""

TAIL_EVENTS_MAX: Final = 4_096
"""Changes kept for all watches; one that is further behind reads pages of its own."""

TAIL_BYTES_MAX: Final = 16 * 1024 * 1024
"""What they take, in bytes."""

TAIL_PAGE_EVENTS: Final = 500
"""Changes read at once for all watches."""

TAIL_PAGE_BYTES: Final = 2 * 1024 * 1024
"""Their data, in bytes; the page ends after the event that crosses it."""

TAIL_SPAN_POSITIONS: Final = 2_000
"""Positions that one such read looks through."""

TAIL_PAUSE_S: Final = 0.005
"""Rest after it, so that the next one holds more than one event."""

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

ID_PREFIX_DIGITS_MIN: Final = 4
"""Hexadecimal digits of an id's beginning that FindObjects looks for."""

FOUND_OBJECTS_MAX: Final = 10
"""Objects in one answer of FindObjects."""
