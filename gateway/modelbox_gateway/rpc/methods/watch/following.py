"""How a namespace is followed: first what is recorded, page by page, then each change as it is committed."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import LogRewoundError, Position, Token
from modelbox_events.limits import EVENT_BYTES_MAX
from modelbox_gateway.errors import DrainingError, InvalidFieldError
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.frame.limits import (
    WATCH_MESSAGES_BYTES_MAX,
    WATCH_PAGE_BYTES,
    WATCH_PAGE_EVENTS,
    WATCH_PAGES_BYTES_MAX,
    WATCH_SPAN_POSITIONS,
    WATCH_TROUBLE_S_MAX,
)
from modelbox_gateway.rpc.methods.watch.about import Abouts
from modelbox_gateway.rpc.methods.watch.budget import Budget
from modelbox_gateway.rpc.methods.watch.changes import Change, Changes
from modelbox_gateway.rpc.methods.watch.tail import Room, Tail
from modelbox_gateway.rules import fields


class WatchMethods:
    """The method that follows a namespace.

    Watches that are up to date are told from one tail of the log. One that is behind, because it begins in the past
    or reads slowly, holds up only itself: it reads pages of its own, of which all watches together hold a bounded
    number of bytes.

    Attributes:
        tail: The end of the log, for all watches.
        pages: The bytes of pages.
        messages: The bytes of messages under way.
    """

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend` until it is draining."""
        self._log = backend.services.log
        self._changes = Changes(lambda: self._log.log_id, self._log.registry)
        self._abouts = Abouts(backend)
        self._is_draining = backend.is_draining
        self.tail = Tail(self._log, self._changes, backend.is_draining)
        self.pages = Budget(WATCH_PAGES_BYTES_MAX)
        self.messages = Budget(WATCH_MESSAGES_BYTES_MAX)

    async def watch_namespace(self, request: pb.WatchNamespaceRequest, call: Call) -> AsyncGenerator[bytes, None]:
        """Give every change of a namespace after a time or token, in the order of the log, without an end.

        Raises:
            DrainingError: The server is stopping; go on with the last token.
            LogRewoundError: The log was set back, at the start or while the watch was open.
            WatchesOverloadedError: Slow watches hold what all of them may; go on with the last token later.
        """
        namespace = fields.namespace("namespace", request.namespace)
        rewinds = self._log.head.rewinds
        # A token says more than a time: with one, the time is not looked at.
        since = fields.time_of_seconds("since", 0 if request.after_token else request.since)
        has_begun = True
        if request.after_token:
            after = await self._position_of(request.after_token)
        elif request.since:
            after = await self._log.position_before(since)
            # From the first event of that time on, whatever times a corrected clock gives to later ones.
            has_begun = after < self._log.head.position
        else:
            after = Position(0)
        await call.begin()
        with self.tail.room(namespace) as room:
            async with aclosing(self._follow(room, namespace, after, rewinds=rewinds)) as changes:
                async for change in changes:
                    has_begun = has_begun or change.recorded_at >= since
                    if has_begun:
                        await change.look_up(self._abouts)
                        message = self.tail.encoded(change, with_hash=call.takes_hash)
                        async with self.messages.hold(len(message)):
                            yield message

    async def _position_of(self, text: str) -> Position:
        position = await self._log.chain_hashes.check(Token.parse(text))
        if position > self._log.head.position and position > (await self._log.read_head()).position:
            raise InvalidFieldError("after_token", f"{position} is beyond the end of the log; use a token as it came")
        return position

    async def _follow(
        self, room: Room, namespace: str, after: Position, *, rewinds: int
    ) -> AsyncGenerator[Change, None]:
        head = self._log.head
        while True:
            if self._is_draining():
                raise DrainingError
            if rewinds != head.rewinds:
                raise LogRewoundError(after)
            if head.trouble is not None and head.trouble_s > WATCH_TROUBLE_S_MAX:
                raise head.trouble
            if after >= room.start:
                change = self.tail.next(room, after)
                if change is None:
                    after = self.tail.covered(room, after)
                    await room.wait()
                else:
                    yield change
                    after = change.position
            elif after < head.position:
                to = Position(min(head.position, after + WATCH_SPAN_POSITIONS))
                last = after
                async with aclosing(self._page(namespace, after, to)) as page:
                    async for change in page:
                        yield change
                        last = change.position
                # Only an empty page says that there is no more: one that is short may have ended with its bytes.
                after = last if last > after else to
            else:
                await room.wait()

    async def _page(self, namespace: str, after: Position, to: Position) -> AsyncGenerator[Change, None]:
        """Give the next changes up to a position."""
        async with self.pages.hold(WATCH_PAGE_BYTES + EVENT_BYTES_MAX) as hold:
            page = await self._log.read_where(
                after, to=to, namespace=namespace, limit=WATCH_PAGE_EVENTS, bytes_max=WATCH_PAGE_BYTES
            )
            page.reverse()  # so that each is let go once it is told
            left = sum(len(event.data or b"") for event in page)
            while page:
                hold.shrink(left)
                event = page.pop()
                left -= len(event.data or b"")
                yield self._changes.change(event)
