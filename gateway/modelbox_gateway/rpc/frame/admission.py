"""Which calls are let in: those meant for this log, and so many at once that a busy client does not keep others out.

Whose namespace a call is for is known only when it is under way; whose connection it came by is known at once.
"""

from modelbox_events.drain import Drain
from modelbox_gateway.errors import AnotherLogError, TooManyCallsError
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.frame.limits import CALLS_MAX


class Admission:
    """Lets calls in: all of them while there are few, and then those of connections that have less than their share.

    So a quiet client is always let in. There are never more than twice `calls_max` calls at once.
    """

    def __init__(self, calls_max: int = CALLS_MAX) -> None:
        """Share `calls_max` calls at once between the connections that have any."""
        self._calls_max = calls_max
        self._of: dict[str, int] = {}
        self._total = 0
        self._drain = Drain()

    @property
    def calls(self) -> int:
        """How many calls are under way."""
        return self._total

    def enter(self, peer: str) -> None:
        """Let a call of a connection in.

        Raises:
            TooManyCallsError: There are too many, and this connection has its share of them.
        """
        mine = self._of.get(peer, 0)
        if self._total >= self._calls_max:
            share = self._calls_max // (len(self._of) + (mine == 0))
            if mine >= share:
                raise TooManyCallsError(self._total, retry_after_s=self._drain.seconds_for(mine - share + 1))
        self._of[peer] = mine + 1
        self._total += 1
        if self._total == self._calls_max:
            self._drain.begin()

    def leave(self, peer: str) -> None:
        """Say that a call that was let in has ended."""
        self._total -= 1
        self._drain.note(1)
        if self._of[peer] == 1:
            del self._of[peer]
        else:
            self._of[peer] -= 1

    def admit(self, call: Call, *, log: str) -> None:
        """Let a call in.

        Args:
            call: The call; `leave` says that it has ended.
            log: The genesis of the log that it works on.

        Raises:
            AnotherLogError: It is meant for another log.
            TooManyCallsError: As of `enter`.
        """
        if call.log is not None and call.log != log:
            raise AnotherLogError(log, call.log)
        self.enter(call.peer)
