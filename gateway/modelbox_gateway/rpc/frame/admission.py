"""Which calls are let in: those meant for this log, and so many at once that a busy client does not keep others out.

Whose namespace a call is for is known only when it is under way; whose connection it came by is known at once.
"""

from typing import Any
from uuid import UUID

import grpc

from modelbox_events.drain import Drain
from modelbox_gateway.errors import AnotherLogError, TooManyCallsError
from modelbox_gateway.rpc.frame.call import LOG, AnyContext, Call
from modelbox_gateway.rpc.frame.limits import CALLS_MAX
from modelbox_gateway.rpc.frame.method import Handler, refuse


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

    def guard(self, name: str, handler: Handler, *, genesis: UUID) -> Handler:
        """Return a method that lets its calls in first.

        Args:
            name: The method's.
            handler: The method.
            genesis: That of the log that it works on.
        """
        ours = str(genesis)
        inner: Any = handler.unary_unary or handler.unary_stream or handler.stream_unary

        async def serve(request: Any, context: AnyContext) -> Any:
            peer = context.peer()
            try:
                _check_log(context, ours)
                self.enter(peer)
            except (AnotherLogError, TooManyCallsError) as error:
                await refuse(Call(name, context), context, error)
            try:
                return await inner(request, context)
            finally:
                self.leave(peer)

        if handler.unary_unary:
            return grpc.unary_unary_rpc_method_handler(serve)
        if handler.unary_stream:
            return grpc.unary_stream_rpc_method_handler(serve)
        return grpc.stream_unary_rpc_method_handler(serve)


def _check_log(context: AnyContext, ours: str) -> None:
    for name, value in context.invocation_metadata() or ():
        if name == LOG and value != ours:
            raise AnotherLogError(ours, str(value))
