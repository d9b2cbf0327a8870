"""The named bounds of the client: what it buffers, sends at once and waits for."""

from typing import Final

BATCH_POINTS_MAX: Final = 8_000
"""Points in one call. The wire admits 10,000; this many also fit one change event with the longest numbers."""

BATCH_BYTES_MAX: Final = 480 * 1024
"""Points of one call as the JSON of a change event, in bytes; the event's own fields have the rest of 512 KiB."""

BATCH_SERIES_MAX: Final = 1_000
"""Metric keys in one call."""

POINT_JSON_BYTES_MAX: Final = 60
"""One point with a double, as JSON: step, wallclock and value with their commas."""

VALUE_BYTES_MAX: Final = 256 * 1024
"""One metadata value as JSON, or one metric value that is text or bytes, in bytes."""

HYPERPARAMETER_BYTES_MAX: Final = 16 * 1024
"""One hyperparameter's value as JSON, in bytes."""

HYPERPARAMETERS_MAX: Final = 1_000
"""Hyperparameters in one call; more are sent in several."""

HYPERPARAMETERS_BYTES_MAX: Final = 440 * 1024
"""Hyperparameters in one call with their names, in bytes; more are sent in several."""

REASON_CHARS_MAX: Final = 1_000
"""Why a run ended, in characters; more is cut off."""

VALUE_DEPTH_MAX: Final = 30
"""Lists and objects inside each other in one metadata value."""

BUFFER_POINTS_MAX: Final = 500_000
"""Points that wait in memory for the server; one more is dropped, counted and warned about."""

BUFFER_TEXT_BYTES_MAX: Final = 64 * 1024 * 1024
"""Text and bytes in those points, in bytes."""

DRAIN_POINTS_MAX: Final = 50_000
"""Points that the sender takes from the buffer at once."""

KNOWN_KEYS_MAX: Final = 10_000
"""Metric keys remembered as valid, so that each is checked once."""

COUNTED_OBJECTS_MAX: Final = 1_000
"""Objects whose last steps are remembered, for points without a step; the oldest is asked for again."""

COUNTED_KEYS_MAX: Final = 10_000
"""Metric keys of one object that are counted; points of further ones without a step have step 0."""

STEP_LOOKUPS_MAX: Final = 8
"""Objects whose last steps the server is asked for at one time."""

ENDED_RUNS_TOLD_MAX: Final = 1_000
"""Runs that are warned about because metrics are logged after their end."""

NAMES_TOLD_MAX: Final = 100
"""Keys and names that are warned about by themselves because something of them is odd."""

NESTED_METRICS_MAX: Final = 10_000
"""Entries of the dicts in one call's metrics that are looked at."""

NESTED_METRICS_DEPTH_MAX: Final = 10
"""How deep dicts in metrics may stand in each other."""

LINGER_S: Final = 0.1
"""How long what is logged waits for more before it goes into the journal, in seconds."""

SEND_EVERY_S: Final = 1.0
"""How often the points of an object are sent that is logged on and on, in seconds."""

PACED_OBJECTS_MAX: Final = 1_000
"""Objects of which it is known when points were sent last; of a further one the points are sent at once."""

NAME_CHARS_MAX: Final = 255
"""A metric key or any other name, in characters."""

PATH_CHARS_MAX: Final = 1024
"""Characters of an artifact's path."""

TEXT_CHARS_MAX: Final = 64 * 1024
"""Any other text argument, in characters. The server's own limits are lower; this one keeps a call small."""

REQUEST_BYTES_MAX: Final = 8 * 1024 * 1024
"""One request that is not a transfer, in bytes."""

STEP_MAX: Final = 2**63 - 1
"""The last step a metric can have."""

WALLCLOCK_S_MAX: Final = 253_402_300_799.0
"""The last time a point can have: the end of the year 9999, in seconds since the epoch."""

CALL_TIMEOUT_S: Final = 30.0
"""A call with all its tries, in seconds, unless told otherwise."""

ATTEMPT_TIMEOUT_S: Final = 10.0
"""One try of a call that writes, in seconds."""

REFUSED_TELL_S: Final = 3.0
"""How long a call that somebody waits for goes on where nothing listens before that is warned about, in seconds."""

BACKOFF_S_MIN: Final = 0.05
"""The first pause between two tries, in seconds; each further one is twice as long."""

BACKOFF_S_MAX: Final = 2.0
"""The longest pause between two tries, in seconds."""

RETRY_AFTER_S_MAX: Final = 30.0
"""The longest pause that a server may ask for, in seconds."""

DEFECT_TRIES_MAX: Final = 5
"""Tries of one call that the server fails on, or the client: it may have been restarted in between, or mended."""

FLUSH_TIMEOUT_S: Final = 30.0
"""How long `flush` waits for the acknowledgement, in seconds, unless told otherwise."""

FILES_TIMEOUT_S: Final = 600.0
"""How long a read of an object's files waits for those on their way, while the server takes any, in seconds."""

CLOSE_TIMEOUT_S: Final = 10.0
"""How long `close` and the end of the program wait for the acknowledgement, in seconds, unless told otherwise."""

JOIN_TIMEOUT_S: Final = 1.0
"""How long `close` waits for the sender's thread to end after its connection was cut, in seconds."""

KEEPALIVE_S: Final = 30.0
"""How often an open transfer or watch asks whether the server is still there, in seconds."""

KEEPALIVE_TIMEOUT_S: Final = 20.0
"""How long that question may stay unanswered, in seconds."""

CHUNK_BYTES: Final = 1024 * 1024
"""What is read of a file at once, in bytes, and told as its progress."""

FRAME_BYTES: Final = 512 * 1024
"""Bytes of a file in one frame of an upload. For larger ones the kernel gives memory page by page, each time anew."""

DEDUPE_BYTES_MIN: Final = 64 * 1024
"""A file from this size on is hashed first and not sent if its bytes are there; a smaller one is one call anyway."""

SMALL_FILE_BYTES_MAX: Final = DEDUPE_BYTES_MIN
"""A file up to this size goes with others in one call."""

CONTENT_BYTES_MAX: Final = 1024 * 1024
"""A file logged from memory up to this size is a call of its own; the server takes no larger one in one."""

DIFFERENCE_BYTES_MAX: Final = CONTENT_BYTES_MAX
"""The patch of what is not committed that is kept with a run, in bytes; a larger one is not kept."""

SMALL_FILES_MAX: Final = 100
"""Files in one such call."""

SMALL_FILES_BYTES_MAX: Final = 1024 * 1024
"""All of them, in bytes."""

SAMPLE_BYTES_MIN: Final = 8 * 1024 * 1024
"""Of a file from this size on a piece is compared before it is hashed: the server may know that its bytes are new."""

SAMPLE_BYTES: Final = 4096
"""That piece, from the file's middle on."""

LINK_BYTES_MIN: Final = 8 * 1024 * 1024
"""A file from this size on is fetched straight from the store, where that has links."""

FILES_AT_ONCE: Final = 8
"""Files of one call that are transferred at one time."""

PARTS_OF_A_FILE_AT_ONCE: Final = 4
"""Parts of one file that are sent straight to the store at one time."""

PARTS_AT_ONCE: Final = 8
"""Parts of all files of a client that are sent at one time; each holds a connection."""

LINK_CONNECT_TIMEOUT_S: Final = 5.0
"""How long the host of a signed link may take to answer a connection, in seconds."""

LINK_READ_TIMEOUT_S: Final = 60.0
"""How long it may then be silent, in seconds."""

LINK_ROUNDS_IN_VAIN_MAX: Final = 2
"""Rounds of fresh links, one after the other, with which not a part more arrived: then the server takes the file."""

UNREACHABLE_S: Final = 300.0
"""How long a host that could not be reached, or keeps nothing of what it is sent, is not tried again, in seconds; files
go through the server meanwhile."""

CACHE_BYTES_MAX: Final = 10 * 1024**3
"""Downloaded files kept for the next time, in bytes, unless configured otherwise."""

CACHE_FREE_BYTES_MIN: Final = 1024**3
"""Bytes that the cache leaves free on its disk."""

UPLOAD_FILES_MAX: Final = 100_000
"""Files in one call of `upload_artifact` or `track_artifacts`, folders walked."""

TRACK_FILES_MAX: Final = 300
"""Tracked files in one request."""

PAGE_SIZE: Final = 1_000
"""Objects that one page of a list holds."""

EMPTY_PAGES_MAX: Final = 1_000
"""Pages in a row that may hold nothing, before a list counts as one without end."""

POINTS_PER_PAGE: Final = 50_000
"""Metric points that one page of a series holds."""

COMPARED_RUNS_MAX: Final = 1_000
"""Runs in one comparison."""

OFFLINE_AFTER_S: Final = 3.0
"""How long the creation of an object waits for the server before it is made later, in seconds."""

HEARTBEAT_S: Final = 15.0
"""How often the runs of this process are said to be alive, in seconds, until the server says otherwise."""

HEARTBEAT_S_MIN: Final = 1.0
"""The shortest time between two heartbeats, in seconds, whatever the server says."""

HEARTBEAT_S_MAX: Final = 60.0
"""The longest time between two heartbeats, in seconds, whatever the server says."""

JOURNAL_BYTES_MAX: Final = 1024**3
"""All journals in one folder, in bytes, unless configured otherwise; what comes then stays in memory only."""

JOURNAL_FREE_BYTES_MIN: Final = 256 * 1024**2
"""What the journals leave free on their disk, in bytes."""

HELD_FREE_BYTES_MIN: Final = 1024**3
"""What copies of logged files leave free on the journals' disk, in bytes: the journals need room after them."""

JOURNAL_RETRY_S: Final = 5.0
"""How long a journal that could not be written is left alone, and how old the sum of the others' sizes may be."""

RECORD_BYTES_MAX: Final = REQUEST_BYTES_MAX + 16 * 1024
"""One record of a journal, in bytes."""

RING_CALL_BYTES_MAX: Final = 1024**2 + 64 * 1024
"""One call kept in the ring, in bytes; a larger one is in memory alone until the journal is written."""

WINDOW_BYTES_MAX: Final = 16 * 1024**2
"""Records held in memory beside the journal, in bytes; further ones are read back from it."""

WINDOW_READ_BYTES: Final = 1024**2
"""What is read back from a journal at once, in bytes."""

UNSAVED_BYTES_MAX: Final = 64 * 1024**2
"""Records in memory that the journal could not take, in bytes; then points wait in the buffer."""

COMPACT_RECORDS_MIN: Final = 64
"""Waiting records from which on they are put together into few large ones before they are sent."""

COMPACT_BYTES_MIN: Final = 64 * 1024**2
"""A journal's answered records, in bytes, from which on they are removed while others still wait."""

WARN_AGAIN_S: Final = 600.0
"""How often the same kind of trouble is warned about at most, in seconds."""

STUCK_SCORE: Final = 30
"""Failures of one record after which others are tried before it: of those that a retry mostly helps, 30 in a row."""

STUCK_SCORE_OF_ANSWER: Final = 6
"""What a failure counts that is an answer which no retry is known to help: five of them."""

ASK_S: Final = 3.0
"""How long the question may take whether the server answers at all, in seconds."""

ALONE_MAX: Final = 3
"""Failures of such a record, each after another one was recorded meanwhile, after which it is set aside."""

PASSED_OVER_MAX: Final = 16
"""Such records of one journal that others pass; if more fail, it is the server that fails."""

SUSPECTS_MAX: Final = 256
"""Records of all journals whose failures are remembered."""

LEFT_AFTER: Final = 2
"""Failures in a row, after a first record is stuck, after which the journal of an ended program is left for later."""

REFUSED_BYTES_MAX: Final = 256 * 1024**2
"""What is set aside in one folder of journals, in bytes; what finds no room is dropped, counted and told."""

REFUSED_RECORDS_MAX: Final = 100_000
"""Records set aside by one process, those included that it found."""

KEY_TRUSTED_S: Final = 6 * 24 * 3600.0
"""How long after its first try a record is simply sent again, in seconds: the server remembers keys for seven days."""

TAKEOVER_S: Final = 30.0
"""How often a client looks for journals that nobody keeps any more, in seconds."""

TAKEOVER_FIRST_S: Final = 10.0
"""How long older journals go before a client's own records, in seconds; then they are sent when nothing else waits."""

LOOKS_APART: Final = 10
"""How much longer than a look for what was left reads go on without another, where that found nothing."""

TAKEOVER_PASSES_MAX: Final = 3
"""How often it is tried to send what others left, before whoever waits for it goes on without."""

START_AGAIN_S: Final = 1.0
"""How soon threads are started again after the system had none to give, in seconds."""

TAKEOVER_SWITCHES_MAX: Final = 200
"""How often a takeover goes from one journal to another that holds an older value; each time it reads both."""

LEFTOVER_READ_BYTES_MAX: Final = 64 * 1024**2
"""Older journals that are looked through for what own records depend on, in bytes; of more, all but creations wait."""

UNKNOWN_OBJECT_S_MAX: Final = 60.0
"""How long records of an unknown object wait while another process may still have to create it, in seconds."""

CLOSE_ANSWER_TIMEOUT_S: Final = 1.5
"""How long `close` waits without an answer when everything that waits is in the journal, in seconds."""

CLOSE_AWAY_S: Final = 0.3
"""How long a server must be known to be away for `close` not to wait for it then, in seconds."""
