"""Which log a client works with: what it logs goes to no other one.

An address says little: another project's server may have it tomorrow. A log's genesis says which it is; it stays when
the log is forked, restored or moved.

Must not know: the server.
"""

from dataclasses import dataclass

from modelbox.errors import AnotherLogError


@dataclass(slots=True)
class HomeLog:
    """The log that a client works with, by its genesis; empty until it has heard of one, and then that one for good."""

    id: str = ""

    def learn(self, served: str) -> None:
        """Take note of the log that the server has, empty if it does not say; the first one is ours."""
        self.id = self.id or served

    def check(self, served: str, *, address: str) -> None:
        """See that the server has our log.

        Raises:
            AnotherLogError: It has not, or does not say.
        """
        if self.id and served != self.id:
            raise AnotherLogError.of(self.id, served, address=address)
