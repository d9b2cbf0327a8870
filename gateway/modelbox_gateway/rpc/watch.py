"""Following a namespace: WatchNamespace. First what is recorded, page by page, then each change as it is committed."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import LogForkedError, Position, RecordedEvent, Token
from modelbox_gateway.commands import fields
from modelbox_gateway.errors import DrainingError, InvalidFieldError
from modelbox_gateway.rpc.backend import Backend
from modelbox_gateway.rpc.call import Call
from modelbox_gateway.rpc.changes import Changes
from modelbox_gateway.rpc.limits import WATCH_LOOK_S, WATCH_PAGE_EVENTS, WATCH_SPAN_POSITIONS


class WatchMethods:
    """The method that follows a namespace.

    A watch holds one page of events and nothing else: a watcher that reads slowly holds up only itself.
    """

    def __init__(self, backend: Backend, is_draining: Callable[[], bool]) -> None:
        """Serve from `backend` until `is_draining` says so."""
        self._log = backend.services.log
        self._changes = Changes(self._log.log_id, self._log.registry)
        self._is_draining = is_draining

    async def watch_namespace(
        self, request: pb.WatchNamespaceRequest, call: Call
    ) -> AsyncGenerator[pb.WatchNamespaceResponse, None]:
        """Give every change of a namespace after a time or token, in the order of the log, without an end.

        Raises:
            DrainingError: The server is stopping; go on with the last token.
        """
        namespace = fields.namespace("namespace", request.namespace)
        # A token says more than a time: with one, the time is not looked at.
        since = fields.time_of_seconds("since", 0 if request.after_token else request.since)
        if request.after_token:
            after = await self._place_of(request.after_token)
        else:
            after = await self._log.position_before(since) if request.since else Position(0)
        await call.begin()
        async for event in self._events(namespace, after):
            if event.recorded_at >= since:
                yield self._changes.message(event)

    async def _place_of(self, text: str) -> Position:
        token = Token.parse(text)
        if token.log_id != self._log.log_id:
            raise LogForkedError(self._log.log_id, token.log_id)
        if token.position > self._log.head.position and token.position > (await self._log.read_head()).position:
            raise InvalidFieldError(
                "after_token", f"{token.position} is beyond the end of the log; use a token as it came"
            )
        return token.position

    async def _events(self, namespace: str, after: Position) -> AsyncIterator[RecordedEvent]:
        while True:
            head = self._log.head.position
            while head <= after:
                if self._is_draining():
                    raise DrainingError
                head = await self._log.head.wait_beyond(after, timeout_s=WATCH_LOOK_S)
            if self._is_draining():
                raise DrainingError
            to = Position(min(head, after + WATCH_SPAN_POSITIONS))
            page = await self._log.read_where(after, to=to, namespace=namespace, limit=WATCH_PAGE_EVENTS)
            for event in page:
                yield event
            after = page[-1].position if len(page) == WATCH_PAGE_EVENTS else to
