"""What transfers go through: the server, and the hosts of the links that it signs.

A server that carries files only may stand beside the one that takes all other calls.
"""

import threading
from typing import Final

from modelbox.limits import PARTS_AT_ONCE
from modelbox.transfer.cache import Cache
from modelbox.transfer.links import LinkClient
from modelbox.transport.connection import Connection


class Routes:
    """A connection to the server of files, and one client for all links. Safe to use from several threads."""

    def __init__(self, connection: Connection, *, blob_address: str = "", cache: Cache | None = None) -> None:
        """Open nothing yet.

        Args:
            connection: To the server.
            blob_address: `host:port` of a server that carries files; `connection` does it unless given.
            cache: What was downloaded before.
        """
        self._main = connection
        self.connection: Final = (
            Connection(blob_address, timeout_s=connection.timeout_s, tokens=connection.tokens, home=connection.home)
            if blob_address
            else connection
        )
        self.links: Final = LinkClient()
        self.cache: Final = cache
        self.parts = threading.BoundedSemaphore(PARTS_AT_ONCE)
        """So many parts go at once, of all files together: each holds a connection."""

    def forget(self) -> None:
        """Begin afresh in a forked child."""
        if self.connection is not self._main:
            self.connection.forget()
        self.links.forget()
        self.parts = threading.BoundedSemaphore(PARTS_AT_ONCE)

    def cut(self) -> None:
        """End what is on its way and take no more."""
        if self.connection is not self._main:
            self.connection.cut()
        self.links.close()
