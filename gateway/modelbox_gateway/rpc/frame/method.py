"""The frame around every method: bytes to a request, an answer to bytes, an error to a status; wrapped at start."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from types import TracebackType
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

import grpc
import structlog
from google.protobuf.message import Message
from grpc import RpcMethodHandler, StatusCode
from structlog.contextvars import bind_contextvars

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import LogUnavailableError
from modelbox_gateway.errors import GatewayError
from modelbox_gateway.metrics import observe_rpc
from modelbox_gateway.rpc.frame.call import AnyContext, Call
from modelbox_gateway.rpc.frame.status import DETAILS_KEY, internal_status, status_of
from modelbox_gateway.rpc.frame.undecodable import decode

Request = TypeVar("Request", bound=Message)
Frame = TypeVar("Frame")

MODEL_STORE: Final = pb.DESCRIPTOR.services_by_name["ModelStore"].full_name
"""The service of which methods are, unless they say so."""

Handler: TypeAlias = "RpcMethodHandler[Any, Any]"

Unary = Callable[[Request, Call], Awaitable[Message | bytes]]
"""One request, one answer; a long one may come encoded."""
ServerStream = Callable[[Request, Call], AsyncGenerator[Message | bytes, None]]
"""One request, many answers; one that many callers get may come encoded."""
ClientStream = Callable[[AsyncIterator[Frame], Call], Awaitable[Message]]
"""Many requests, one answer."""

Trouble = Callable[[], LogUnavailableError | None]
"""Returns what keeps the log from working."""

_log = structlog.get_logger()


class Around(NamedTuple):
    """What the frame of every call needs.

    Attributes:
        admit: Lets a call in, or raises what it is refused with.
        leave: Takes note that a call which was let in has ended.
        identify: Takes note of who asks. It may have to ask Postgres: so a call's time and errors are kept as those of
            its work.
        trouble: What keeps the log from working, asked shortly before a call's deadline: its client hears that then,
            and not just that nothing came.
    """

    admit: Callable[[Call], None]
    leave: Callable[[Call], None]
    identify: Callable[[bytes], Awaitable[None]]
    trouble: Trouble


class Method(NamedTuple):
    """A method that is served.

    Attributes:
        name: As the service has it.
        wrap: Returns how gRPC calls it.
        service: Of which service it is.
        carries_files: Whether a server of role `blobs` has it too.
    """

    name: str
    wrap: Callable[[Around], Handler]
    service: str
    carries_files: bool


def unary(
    name: str,
    request_type: type[Request],
    handle: Unary[Request],
    *,
    service: str = MODEL_STORE,
    carries_files: bool = False,
) -> Method:
    """Return a method of one request and one answer; see `Method`."""

    def wrap(around: Around) -> Handler:
        async def serve(data: bytes, context: AnyContext) -> bytes:
            async with _Frame(name, context, around, is_timed=True) as call:
                if call.claimed_user is not None:
                    await around.identify(call.claimed_user)
                return _encoded(await handle(decode(request_type, data), call))

        return grpc.unary_unary_rpc_method_handler(serve)

    return Method(name, wrap, service, carries_files)


def server_stream(
    name: str,
    request_type: type[Request],
    handle: ServerStream[Request],
    *,
    service: str = MODEL_STORE,
    carries_files: bool = False,
) -> Method:
    """Return a method of one request and many answers; see `Method`."""

    def wrap(around: Around) -> Handler:
        async def serve(data: bytes, context: AnyContext) -> None:
            async with (
                _Frame(name, context, around) as call,
                aclosing(handle(decode(request_type, data), call)) as told,
            ):
                async for answer in told:
                    await context.write(_encoded(answer))

        return grpc.unary_stream_rpc_method_handler(serve)

    return Method(name, wrap, service, carries_files)


def client_stream(
    name: str,
    read: Callable[[bytes], Frame],
    handle: ClientStream[Frame],
    *,
    service: str = MODEL_STORE,
    carries_files: bool = False,
) -> Method:
    """Return a method of many requests, which `read` decodes, and one answer; see `Method`."""

    def wrap(around: Around) -> Handler:
        async def serve(frames: AsyncIterator[bytes], context: AnyContext) -> bytes:
            async with _Frame(name, context, around) as call:
                if call.claimed_user is not None:
                    await around.identify(call.claimed_user)
                answer = await handle((read(frame) async for frame in frames), call)
                return answer.SerializeToString()

        return grpc.stream_unary_rpc_method_handler(serve)

    return Method(name, wrap, service, carries_files)


class _Frame:
    """What surrounds the handling of every call: the outermost place where an error can arrive."""

    __slots__ = ("_around", "_call", "_context", "_found", "_is_timed", "_task", "_timer")

    def __init__(self, name: str, context: AnyContext, around: Around, *, is_timed: bool = False) -> None:
        """With `is_timed`, the call is given up shortly before its deadline where the log is in trouble."""
        self._call = Call(name, context)
        self._context = context
        self._around = around
        self._is_timed = is_timed
        self._found: LogUnavailableError | None = None
        self._task: asyncio.Task[Any] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Call:
        call = self._call
        try:
            self._around.admit(call)
        except GatewayError as error:
            await refuse(call, self._context, error)
        # Each call is a task of its own, so this reaches every log line of the call and no other's.
        bind_contextvars(method=call.method, request_id=call.request_id)
        if self._is_timed and (answer_s := call.answer_s) is not None:
            self._task = asyncio.current_task()
            self._timer = asyncio.get_running_loop().call_later(answer_s, self._look)
        return call

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._timer is not None:
                self._timer.cancel()
            await self._end(error)
        finally:
            self._around.leave(self._call)

    async def _end(self, error: BaseException | None) -> None:
        if self._found is not None and self._task is not None:
            is_ours = not self._task.uncancel()  # else the client went away at the same moment
            error = self._found if is_ours and isinstance(error, asyncio.CancelledError) else error
        if error is None:
            await self._call.complete()
            self._context.set_trailing_metadata(self._call.trailing_metadata())
            _observe(self._call, StatusCode.OK)
        elif isinstance(error, Exception):
            await refuse(self._call, self._context, error)
        else:
            # The client went away or its deadline passed: nobody hears an answer.
            _observe(self._call, StatusCode.CANCELLED)

    def _look(self) -> None:
        """Give up a call whose deadline is near where the log is in trouble; any other may still be in time."""
        if self._task is not None and (found := self._around.trouble()):
            self._found = found
            self._task.cancel()


async def refuse(call: Call, context: AnyContext, error: Exception) -> None:
    """End a call with an error, in the words of the table."""
    status = status_of(error, has_key=call.has_key)
    if status is None:
        _log.error("rpc_failed", exc_info=error)
        status = internal_status(call.request_id)
    elif status.code is StatusCode.DATA_LOSS:  # only who runs the server can mend it
        _log.error("rpc_met_damage", reason=status.reason, error=status.message)
    else:
        _log.debug("rpc_refused", reason=status.reason, error=status.message)
    _observe(call, status.code)
    trailing: tuple[tuple[str, str | bytes], ...] = ((DETAILS_KEY, status.details), *call.trailing_metadata())
    await context.abort(status.code, status.message, trailing)


def _encoded(answer: Message | bytes) -> bytes:
    return answer if isinstance(answer, bytes) else answer.SerializeToString()


def _observe(call: Call, code: StatusCode) -> None:
    observe_rpc(call.method, code.name, call.elapsed_s)
