"""The last token this client has seen: what it has written or read, its later reads must show.

A token is `<log id>.<position>`, or `<log id>.<position>.<hash>` with the beginning of the hash that the log has there,
by which the server tells a log that lost its end. It is kept and returned whole.
"""

import threading
from typing import Final

_DIGITS_MAX: Final = 19  # of the largest position


class Tokens:
    """Keeps the furthest token of the newest log. Safe to use from several threads."""

    def __init__(self) -> None:
        """Know none."""
        self._lock = threading.RLock()
        self._log_id = ""
        self._position = 0
        self._hash = ""

    @property
    def latest(self) -> str:
        """The token to send, empty if none was seen."""
        with self._lock:
            return ".".join(filter(None, (self._log_id, str(self._position), self._hash))) if self._log_id else ""

    def keep(self, token: str) -> None:
        """Remember a token that the server sent, if it is further than the one known, or says more of its place."""
        log_id, _, place = token.partition(".")
        position, _, chain_hash = place.partition(".")
        if not (log_id and position.isascii() and position.isdecimal() and len(position) <= _DIGITS_MAX):
            return
        with self._lock:
            # Another log's token replaces ours: positions of two logs do not compare.
            known = (self._position, bool(self._hash)) if log_id == self._log_id else (-1, False)
            if (int(position), bool(chain_hash)) > known:
                self._log_id, self._position, self._hash = log_id, int(position), chain_hash

    def forget(self) -> bool:
        """Know none again: the log they belong to is gone. Return whether one was known."""
        with self._lock:
            was_known = bool(self._log_id)
            self._log_id, self._position, self._hash = "", 0, ""
            return was_known

    def shorten(self) -> bool:
        """Leave the hash out: another server of the same log may be too old for it. Return whether there was one."""
        with self._lock:
            was_long, self._hash = bool(self._hash), ""
            return was_long

    def renew_lock(self) -> None:
        """Take a fresh lock in a forked child: a thread of the parent may have held the old one."""
        self._lock = threading.RLock()


def without_hash(token: str) -> str:
    """Return a token in the form that every server takes."""
    return ".".join(token.split(".")[:2])
