"""How the connections are set that fold, rebuild and swap: what Postgres ends by itself, and after which time.

An account or a database may have other defaults, so each limit is said here. A process that is frozen, or whose host is
gone, ends nothing itself: without these limits what it holds would be held for ever.
"""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Final

import asyncpg

from modelbox_events.database import translated
from modelbox_projections.errors import ViewHeldError

_BY_KEY: Final[Mapping[str, str]] = {
    # What a page changes is found by key, row by row. A plan that was made when a table was small may outlive that.
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_sort": "off",
}

RUNNER: Final[Mapping[str, str]] = {
    **_BY_KEY,
    # A crash of Postgres may undo what the views had reached; the log gives it again, so no commit need wait.
    "synchronous_commit": "off",
    # A page waits this long for a view that a rebuild or an operator holds; then the others are folded without it.
    "lock_timeout": "250ms",
    "statement_timeout": "30s",
    # Where no other process may end a frozen leader, Postgres does.
    "idle_in_transaction_session_timeout": "10s",
    "idle_session_timeout": "60s",
}

BUILDER: Final[Mapping[str, str]] = {
    **_BY_KEY,
    "synchronous_commit": "off",
    # Longer than `deadlock_timeout`, after which Postgres takes the locks of autovacuum away.
    "lock_timeout": "5s",
    "statement_timeout": "1h",  # digests sort whole tables
    "idle_in_transaction_session_timeout": "60s",
    "idle_session_timeout": "120s",
}

SWAP: Final[Mapping[str, str]] = {
    "lock_timeout": "1s",
    "statement_timeout": "10s",
    # Readers wait for a swap that has begun.
    "idle_in_transaction_session_timeout": "3s",
}

TAKEOVER: Final[Mapping[str, str]] = {"statement_timeout": "5s"}


@contextlib.contextmanager
def locks_told() -> Iterator[None]:
    """Turn a lock that did not come in time into `ViewHeldError`, all else that is "not now" as for the log."""
    with translated():
        try:
            yield
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
            raise ViewHeldError(str(error)) from error
