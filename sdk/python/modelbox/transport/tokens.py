"""The last token this client has seen: what it has written or read, its later reads must show.

A token is `<log id>.<position>`.
"""

import threading


class Tokens:
    """Keeps the furthest token of the newest log. Safe to use from several threads."""

    def __init__(self) -> None:
        """Know none."""
        self._lock = threading.Lock()
        self._log_id = ""
        self._position = 0

    @property
    def latest(self) -> str:
        """The token to send, empty if none was seen."""
        with self._lock:
            return f"{self._log_id}.{self._position}" if self._log_id else ""

    def keep(self, token: str) -> None:
        """Remember a token that the server sent, if it is further than the one known."""
        log_id, _, position = token.partition(".")
        if not (log_id and position.isascii() and position.isdecimal()):
            return
        with self._lock:
            # Another log's token replaces ours: positions of two logs do not compare.
            if log_id != self._log_id or int(position) > self._position:
                self._log_id, self._position = log_id, int(position)

    def forget(self) -> None:
        """Know none again: the log they belong to is gone."""
        with self._lock:
            self._log_id, self._position = "", 0

    def renew_lock(self) -> None:
        """Take a fresh lock in a forked child: a thread of the parent may have held the old one."""
        self._lock = threading.Lock()
