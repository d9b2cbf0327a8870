"""Which log the server has that records are sent to; a journal goes to no other log than the one it is meant for.

The server is asked before the first record, and again whenever it may be another one. In between, each write says which
log it is meant for.
"""

from collections.abc import Callable
from typing import Final

from modelbox.errors import AnotherLogError, ModelBoxError
from modelbox.home import HomeLog
from modelbox.journal.backlog import Backlog

WhichLog = Callable[[], str]
"""Asks the server which log it has; empty if it does not say. Raises a `ModelBoxError`."""


class Destination:
    """Compares the log that the server has with those that records are meant for. For one thread."""

    def __init__(self, which_log: WhichLog, home: HomeLog, *, address: str, takes_foreign: bool = False) -> None:
        """Know nothing of the server yet.

        Args:
            home: The client's log; the first that the server is found to have.
            takes_foreign: Whether journals that are meant for another log are sent to this one, on purpose.
        """
        self._which_log: Final = which_log
        self._home: Final = home
        self._address: Final = address
        self._takes_foreign: Final = takes_foreign
        self._served: str | None = None

    def check(self, backlog: Backlog) -> None:
        """See that a backlog's records may go to the server; one that is meant for no log yet is bound to this one.

        Raises:
            AnotherLogError: They are meant for another log.
            ModelBoxError: The server did not say which log it has.
        """
        served = self._ask(backlog) if self._served is None else self._served
        self._served = served
        self._home.learn(served)
        self._home.check(served, address=self._address)
        if foreign := self.foreign(backlog):
            raise foreign
        if served:
            backlog.bind(served)

    def doubt(self) -> None:
        """Ask again before the next record: the server may be another one by now."""
        self._served = None

    def foreign(self, backlog: Backlog) -> AnotherLogError | None:
        """Return what to say of a journal that is meant for another log than this client's, None if it is not."""
        if self._takes_foreign or not backlog.log or backlog.log == self._home.id:
            return None
        return AnotherLogError.of(backlog.log, self._home.id, address=self._address)

    def _ask(self, backlog: Backlog) -> str:
        try:
            return self._which_log()
        except ModelBoxError as error:
            # Who cannot say it may still record: what no log is known of goes there, as to a server that is older.
            if error.retryable or self._home.id or backlog.log:
                raise
            return ""
