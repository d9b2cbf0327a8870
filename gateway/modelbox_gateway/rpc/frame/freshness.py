"""Read-your-writes: which position of the log a read must have seen, and which one its answer has seen."""

import contextlib
from collections.abc import Sequence

from modelbox_events import Appended, Log, Position, Token
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.frame.limits import BESIDE_WAIT_S, OWN_WRITE_WAIT_S
from modelbox_projections import Cursors, NotCaughtUpError


class Freshness:
    """Knows the last write that this process acknowledged; a log that was set back may have lost it."""

    def __init__(self, log: Log, cursors: Cursors) -> None:
        """Compare `log` and how far the views have come."""
        self._log = log
        self._cursors = cursors
        self._last_write = Position(0)
        self._rewinds = log.head.rewinds

    def wrote(self, call: Call, appended: Appended | None) -> None:
        """Take note of a write, and answer the call with its token; None found everything as it should be."""
        if appended is None:
            self.found(call)
            return
        if appended.hash is not None:
            self._log.chain_hashes.note(appended.last_position, appended.hash)
        self._answer(call, appended.token)
        self._last_write = max(self._own_write(), appended.last_position)

    def found(self, call: Call) -> None:
        """Answer a write that found everything as it should be: reads from here on see it."""
        self._answer(call, Token(self._log.log_id, self._log.head.position))

    async def reads_log(self, call: Call) -> None:
        """Answer a read of the log itself, which lacks nothing: of a token only its log is looked at.

        Raises:
            InvalidTokenError: What the call demands is not a token.
            LogForkedError: The token is of another log.
            LogRewoundError: The token names what the log lost.
        """
        if (token := call.min_token) is not None:
            await self._log.chain_hashes.check(token)
        self.found(call)

    async def reached(self, call: Call, views: Sequence[str]) -> None:
        """Return when the views have come as far as the call demands, and answer it with how far that is.

        Beyond what it demands, it waits a short while for the last write of this process: another client's, or of one
        that knows no tokens.

        Raises:
            InvalidTokenError: What it demands is not a token.
            NotCaughtUpError: The views did not get there in time.
            LogForkedError: The token is of another log.
            LogRewoundError: The token names what the log lost.
        """
        token = call.min_token
        if token is not None:
            position = await self._log.chain_hashes.check(token)
            await self._cursors.wait(views, position, timeout_s=call.wait_s)
        if self._cursors.position(*views) < (last_write := self._own_write()):
            with contextlib.suppress(NotCaughtUpError):  # it was not demanded: the answer's token says how old it is
                await self._cursors.wait(views, last_write, timeout_s=min(OWN_WRITE_WAIT_S, call.wait_s))
        self._answer(call, self._cursors.as_of(views))

    async def keeps_up(self, call: Call, views: Sequence[str]) -> bool:
        """Tell whether these views too have come as far as the call's answer says; waits a short while for them.

        For what an answer tells beside what was asked for: it is not worth an error, and its token tells nothing of it.
        """
        seen = Position(0) if call.token is None else call.token.position
        try:
            await self._cursors.wait(views, seen, timeout_s=min(BESIDE_WAIT_S, call.wait_s))
        except NotCaughtUpError:
            return False
        return True

    async def reached_head(self, call: Call, views: Sequence[str]) -> None:
        """Return when the views have everything that was recorded before this moment.

        Raises:
            NotCaughtUpError: They did not get there in time.
        """
        head = await self._log.read_head()
        self._answer(call, Token(head.log_id, head.position).at(head.hash))
        await self._cursors.wait(views, head.position, timeout_s=call.wait_s)

    def _answer(self, call: Call, token: Token) -> None:
        call.token, call.chain_hashes = token, self._log.chain_hashes

    def _own_write(self) -> Position:
        if self._rewinds != self._log.head.rewinds:
            self._rewinds, self._last_write = self._log.head.rewinds, Position(0)
        return self._last_write
