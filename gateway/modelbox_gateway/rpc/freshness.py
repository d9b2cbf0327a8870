"""Read-your-writes: which place in the log a read must have seen, and which one its answer has seen."""

from collections.abc import Sequence

from modelbox_events import Appended, Log, LogForkedError, Position, Token
from modelbox_gateway.rpc.call import Call
from modelbox_gateway.rpc.limits import OWN_WRITE_WAIT_S
from modelbox_projections import Cursors, NotCaughtUpError


class Freshness:
    """Knows the last write that this process acknowledged."""

    def __init__(self, log: Log, cursors: Cursors) -> None:
        """Compare `log` and how far the views have come."""
        self._log = log
        self._cursors = cursors
        self._last_write = Position(0)

    def wrote(self, call: Call, appended: Appended | None) -> None:
        """Take note of a write, and answer the call with its token; None found everything as it should be."""
        if appended is None:
            self.found(call)
            return
        call.token = appended.token
        self._last_write = max(self._last_write, appended.last_position)

    def found(self, call: Call) -> None:
        """Answer a write that found everything as it should be: reads from here on see it."""
        call.token = Token(self._log.log_id, self._log.head.position)

    def reads_log(self, call: Call) -> None:
        """Answer a read of the log itself, which lacks nothing: of a token only the log it names is looked at.

        Raises:
            InvalidTokenError: What the call demands is not a token.
            LogForkedError: The token is of another log.
        """
        token = call.min_token
        if token is not None and token.log_id != self._log.log_id:
            raise LogForkedError(self._log.log_id, token.log_id)
        call.token = Token(self._log.log_id, self._log.head.position)

    async def reached(self, call: Call, views: Sequence[str]) -> None:
        """Return when the views have come as far as the call demands, and answer it with how far that is.

        A call that demands nothing waits a short while for the last write of this process.

        Raises:
            InvalidTokenError: What it demands is not a token.
            NotCaughtUpError: The views did not get there in time.
            LogForkedError: The token is of another log.
        """
        token = call.min_token
        if token is not None:
            await self._cursors.wait(views, token, timeout_s=call.wait_s)
        elif self._position(views) < self._last_write:
            try:
                last_write = Token(self._log.log_id, self._last_write)
                await self._cursors.wait(views, last_write, timeout_s=min(OWN_WRITE_WAIT_S, call.wait_s))
            except NotCaughtUpError:
                pass  # nothing was demanded: the answer's token says how old it is
        call.token = Token(self._log.log_id, self._position(views))

    async def reached_head(self, call: Call, views: Sequence[str]) -> None:
        """Return when the views have everything that was recorded before this moment.

        Raises:
            NotCaughtUpError: They did not get there in time.
        """
        head = await self._log.read_head()
        call.token = Token(head.log_id, head.position)
        await self._cursors.wait(views, call.token, timeout_s=call.wait_s)

    def _position(self, views: Sequence[str]) -> Position:
        return min(self._cursors.position(name) for name in views)
