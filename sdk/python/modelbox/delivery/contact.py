"""Whether the server answers at present, as the tries to send tell.

Must not know: what is sent.
"""

import logging
from time import monotonic

from modelbox.errors import ModelBoxError, OverloadedError, UnavailableError

_log = logging.getLogger("modelbox")


class Contact:
    """When the server was heard of last, and since when it is away. One thread tells, others look."""

    def __init__(self) -> None:
        """Know nothing of it."""
        self.heard_at = 0.0
        self.away_since: float | None = None
        self._returned = True

    @property
    def away_s(self) -> float:
        """How long it has been away, in seconds; 0 if it is not known to be."""
        since = self.away_since
        return 0.0 if since is None else monotonic() - since

    def heard(self) -> None:
        """Note that it answered, whatever it said."""
        self.heard_at = monotonic()
        if self.away_since is not None:
            self.away_since = None
            self._returned = True

    def failed(self, error: ModelBoxError) -> None:
        """Note that a try failed; warn when the server begins to be away."""
        if not isinstance(error, UnavailableError) or isinstance(error, OverloadedError):
            self.heard()
        elif self.away_since is None:
            self.away_since = monotonic()
            _log.warning("what is logged waits for the server and is sent again: %s", error)

    def take_return(self) -> bool:
        """Tell, once, that the server answers for the first time, or again after it was away."""
        returned = self._returned and self.heard_at > 0
        if returned:
            self._returned = False
        return returned
