"""The named bounds of projections."""

from typing import Final

FOLD_BYTES_MAX: Final = 2 * 1024 * 1024
"""Event data folded in one transaction, in bytes: decoding it holds the process for some milliseconds."""

FOLD_TRIES: Final = 3
"""How often an event that fails is tried before its projection is paused."""

FOLD_RETRY_PAUSE_S: Final = 0.1
"""Pause before a failed event is tried again."""

FOLD_PAUSE_S: Final = 0.2
"""Rest after a small page while nobody waits for the views: to move each cursor costs more than the page's events."""

SMALL_PAGE_EVENTS: Final = 256
"""A page with fewer events is small."""

METRICS_REST_S: Final = 1.0
"""How long the view of metrics may lag unless somebody waits for it: each fold writes a row a series."""

STANDBY_INTERVAL_S: Final = 0.5
"""How often a runner that another process keeps waiting looks whether it may lead."""

STATES_INTERVAL_S: Final = 1.0
"""How old the runner's picture of generations may be: others pause, resume and replace them."""

RETRY_PAUSE_S: Final = 0.2
"""Pause after Postgres did not answer; it doubles while it does not."""

RETRY_PAUSE_S_MAX: Final = 2.0
"""The longest such pause."""

POLL_INTERVAL_S: Final = 0.02
"""Cursors that another process moves are read at most this often."""

PROBLEM_CHARS_MAX: Final = 2_000
"""What is kept of the text of a fold's failure."""

PIECE_POINTS: Final = 1_024
"""Points in a sealed piece of a metric series, or up to twice as many: a block holds so many a series on average."""

TAIL_POINTS_MAX: Final = 65_536
"""Points of an object that are in the log alone; the event that reaches this seals them."""

TAIL_TEXT_MAX: Final = 2**20
"""Characters and bytes of an object's points that are in the log alone."""

TAIL_VERSIONS_MAX: Final = 2_048
"""Events of an object's stream that are looked through for points that are in the log alone."""

LONG_READ_POINTS: Final = 65_536
"""A read of more metric points is long: it takes a tenth of a second and more of the thread of all calls."""

LONG_READS_MAX: Final = 2
"""Long reads at once: each holds a connection to Postgres."""

PAGES_AT_ONCE: Final = 4
"""Pages of series that are read at once: of a long one, each holds a connection to Postgres for a second."""

SEARCHES_AT_ONCE: Final = 4
"""Searches at once: one may hold a connection to Postgres for `SEARCH_TIMEOUT_S`."""

LONG_READ_WAIT_S: Final = 60.0
"""How long a long read, a page or a search waits for its turn."""

UPDATES_A_BLOCK: Final = 256
"""What counts up in a row that is often updated does so this often under one key; see metrics/tables.sql."""

FILES_PER_EVENT_MAX: Final = 2**16
"""Above the files that one event can name: each takes more than 16 of its 512 KiB."""

POSITION_MAX: Final = 2**63 - 1
"""Beyond every position: the upper end of an open range."""

HEARTBEAT_LOST_S: Final = 60
"""A running run whose last heartbeat is older is lost; the view in runs/view.sql counts with the same number."""

LINEAGE_NODES_MAX: Final = 10_000
"""Nodes of one answer about lineage."""

LINEAGE_EDGES_PER_NODE: Final = 5
"""Edges of one answer about lineage, for each node that it may have."""

LINEAGE_DEPTH_MAX: Final = 100
"""Steps that a walk through lineage can be held to: with more, each node would be met too often on the way."""

REPLAY_WINDOW_POSITIONS: Final = 50_000
"""Positions that one statement of a replay looks through at most, for events that the projection subscribes to."""

SWAP_LAG_EVENTS_MAX: Final = 2_000
"""Events a rebuilt generation may lack when the active one is held still for it to take over."""

FILTER_CHARS_MAX: Final = 4_096
"""Characters of a filter, and of an order."""

COMPARISONS_MAX: Final = 64
"""Comparisons in a filter: each may be a join."""

NESTING_MAX: Final = 32
"""Parentheses and `not` inside each other in a filter: each is some calls deep in parser, compiler and Postgres."""

IN_VALUES_MAX: Final = 1_000
"""Values of one `in`."""

ORDER_KEYS_MAX: Final = 8
"""Fields of an order."""

ORDER_CHARS_MAX: Final = 255
"""Characters at the beginning of a text by which it is ordered: a page token holds them."""

SEARCH_TIMEOUT_S: Final = 20.0
"""How long a search may take: less than other reads, so that a search without end is told from a lost Postgres."""

MISSING_TIMEOUT_S: Final = 2.0
"""How long is looked for what a search names and nothing has; then nothing is said of it."""

MISSING_KEYS_MAX: Final = 8
"""Keys of a search that are looked for, each by a statement of its own."""

NAMES_OBJECTS_MAX: Final = 500
"""Objects, the newest, of which the names are read that a search could have meant."""

NAMES_ROWS_MAX: Final = 20_000
"""Names that are read of them, and namespaces that are."""

OFFER_INTERVAL_S: Final = 10.0
"""How often a leader that cannot fold every view, as a newer version could, offers the lead to others."""

OFFER_S: Final = 2.0
"""How long it stands back then: others look for the lead every `STANDBY_INTERVAL_S`."""

BEAT_INTERVAL_S: Final = 1.0
"""How often the leader gives a sign of life."""

BEAT_TIMEOUT_S: Final = 2.0
"""How long one may take before it is given on another connection."""

LEASE_S: Final = 3.0
"""Without a sign of life for so long the leader is frozen or cut off, and another process leads."""

END_LEADER_S: Final = 1.0
"""How long to wait for the backend of a frozen leader to be gone; its lock is asked for again anyway."""

HELD_PAUSE_S: Final = 0.5
"""How long the runner leaves a view alone on which somebody else holds a lock."""

SWAP_WAIT_S: Final = 0.1
"""How long a swap waits for reads under way, and new reads for it, at its first try; twice as long at each next one."""

SWAP_WAIT_S_MAX: Final = 0.8
"""How long at most: less than `deadlock_timeout`, so that no read is ended in a swap's favour."""

SWAP_PAUSE_S: Final = 1.0
"""Pause between two tries to swap: readers and folds catch up."""

SWAP_TRIES_MAX: Final = 1_000
"""Tries to swap before a rebuild gives up, about half an hour; it goes on there when it is called again."""
