"""Whether the server answers at present, as the attempts to send tell."""

import logging
from time import monotonic
from typing import Final

from modelbox.errors import ModelBoxError, OverloadedError, UnavailableError
from modelbox.limits import WARN_AGAIN_S

_log = logging.getLogger("modelbox")


class Warned:
    """Which kinds of trouble were warned about when: shared by all who send to one server, for one warning does."""

    def __init__(self) -> None:
        """Begin with nothing told."""
        # Without a lock, which a fork could leave taken: that two tell the same at one moment is no harm.
        self._again_at: dict[type[ModelBoxError], float] = {}

    def is_news(self, kind: type[ModelBoxError]) -> bool:
        """Tell whether a kind is to be warned about now; then it is not for `WARN_AGAIN_S`."""
        now = monotonic()
        if now < self._again_at.get(kind, 0.0):
            return False
        self._again_at[kind] = now + WARN_AGAIN_S
        return True


class Reachability:
    """When the server was heard of last, and since when it is away. One thread tells, others look.

    One whose answer says nothing of the request, such as a proxy's refusal, is away too: what is logged waits.
    """

    def __init__(self, warned: Warned | None = None) -> None:
        """Know nothing of it.

        Args:
            warned: What others that send to the same server have warned about.
        """
        self.heard_at = 0.0
        self.away_since: float | None = None
        self.trouble: ModelBoxError | None = None
        """Why the last try failed; None if it did not."""
        self._warned: Final = warned or Warned()
        self._returned = True

    @property
    def away_s(self) -> float:
        """How long it has been away, in seconds; 0 if it is not known to be."""
        since = self.away_since
        return 0.0 if since is None else monotonic() - since

    def heard(self) -> None:
        """Note that it answered what it was asked, or refused it in its own words."""
        self.trouble = None
        self.is_there()

    def is_there(self) -> None:
        """Note that it is there, whatever it said."""
        self.heard_at = monotonic()
        if self.away_since is not None:
            self.away_since = None
            self._returned = True

    def failed(self, error: ModelBoxError) -> None:
        """Note that a try failed; warn when the server begins to be away, and now and then while it is."""
        self.trouble = error
        is_gone = isinstance(error, UnavailableError) and not isinstance(error, OverloadedError)
        if error.retryable and not is_gone:
            self.is_there()
            return
        if self.away_since is None:
            self.away_since = monotonic()
        if self._warned.is_news(type(error)):
            _log.warning("what is logged waits for the server and is sent again: %s", error)

    def take_return(self) -> bool:
        """Tell, once, that the server answers for the first time, or again after it was away."""
        returned = self._returned and self.heard_at > 0
        if returned:
            self._returned = False
        return returned
