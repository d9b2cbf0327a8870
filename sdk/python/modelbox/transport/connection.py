"""One connection to one server, shared by all threads of a process.

The channel is opened by the first call. A forked child forgets the parent's and opens its own.
"""

import contextlib
import logging
import math
import threading
from collections.abc import Iterator
from ipaddress import ip_address
from time import monotonic, sleep, time
from typing import Any, Final

import grpc

from modelbox.backoff import Pauses
from modelbox.errors import (
    ClosedError,
    InvalidFieldError,
    LogForkedError,
    LogRewoundError,
    ModelBoxError,
    UnavailableError,
)
from modelbox.home import HomeLog
from modelbox.ids import new_key
from modelbox.limits import (
    ATTEMPT_TIMEOUT_S,
    BACKOFF_S_MAX,
    BACKOFF_S_MIN,
    CALL_TIMEOUT_S,
    KEEPALIVE_S,
    KEEPALIVE_TIMEOUT_S,
    REFUSED_TELL_S,
    REQUEST_BYTES_MAX,
    WARN_AGAIN_S,
)
from modelbox.transport.failures import error_of
from modelbox.transport.methods import Method, NamedMethod, RequestT, ResponseT
from modelbox.transport.streams import check_threads
from modelbox.transport.tokens import Tokens
from modelbox.user import claimed_user

IDEMPOTENCY_KEY: Final = "modelbox-idempotency-key"
"""The header by which the server knows a call that is sent again."""

_LOG: Final = "modelbox-log"
"""The header that says which log a write is meant for: a server with another one refuses it."""

_MIN_TOKEN: Final = "modelbox-min-token"  # noqa: S105  # the name of a header
_TOKEN: Final = "modelbox-token"  # noqa: S105  # the name of a header

INVALID_TOKEN: Final = "INVALID_TOKEN"  # noqa: S105  # the name of a reason
"""The server's reason when it cannot read a token: one before tokens had a hash says so of those that have."""

_ANNOUNCED: Final = (("modelbox-token-hash", "1"), ("modelbox-metadata-as-json", "1"))
"""The headers that say what this client can: it returns tokens whole, so the server puts the hash into them; it reads
metadata as JSON, so the server need not write it a second time."""

_log = logging.getLogger("modelbox")

_OPTIONS: Final = (
    # An answer may be long: a page of objects with their metadata, or a series of a million points.
    ("grpc.max_receive_message_length", -1),
    ("grpc.keepalive_time_ms", int(KEEPALIVE_S * 1000)),
    ("grpc.keepalive_timeout_ms", int(KEEPALIVE_TIMEOUT_S * 1000)),
    # An idle watch asks too; the server permits it.
    ("grpc.http2.max_pings_without_data", 0),
    # A server that comes back is found within the backoff of our own tries.
    ("grpc.initial_reconnect_backoff_ms", int(BACKOFF_S_MIN * 1000)),
    ("grpc.min_reconnect_backoff_ms", int(BACKOFF_S_MAX * 1000)),
    ("grpc.max_reconnect_backoff_ms", int(BACKOFF_S_MAX * 1000)),
    # Clients of one process that differ only in a fork or a restart must not share a broken connection.
    ("grpc.use_local_subchannel_pool", 1),
)

Headers = tuple[tuple[str, str | bytes], ...]

NO_KEY: Final[Headers] = _ANNOUNCED
"""The headers of a call that writes nothing, and reads what there is."""


class Connection:
    """Calls the server. Safe to use from several threads."""

    def __init__(
        self,
        address: str,
        *,
        timeout_s: float = CALL_TIMEOUT_S,
        tokens: Tokens | None = None,
        home: HomeLog | None = None,
    ) -> None:
        """Open nothing yet.

        Args:
            address: `host:port`.
            timeout_s: How long one call may take with all its tries. Transfers and watches have no limit.
            tokens: Those of another connection, whose server has the same log: what one writes, the other reads.
            home: The log that writes are meant for, once it is known.
        """
        self.address: Final = address
        self.timeout_s: Final = timeout_s
        self.tokens: Final = tokens or Tokens()
        self.home: Final = HomeLog() if home is None else home
        self.refused_s = math.inf
        """How long to go on where nothing listens, in seconds; a server that is restarted is back in about two."""
        self._refused_told_at = -math.inf
        self._inherited: list[grpc.Channel] = []
        self._channel: grpc.Channel | None = None
        self._lock = threading.RLock()
        self._closed = False

    @property
    def channel(self) -> grpc.Channel:
        """The channel.

        Raises:
            ClosedError: The client was closed.
        """
        channel = self._channel
        return channel if channel is not None else self._open()

    def channel_for(self, stream: NamedMethod) -> grpc.Channel:
        """Return the channel for a streaming call.

        Raises:
            NoThreadError: No thread can be started for it.
            ClosedError: The client was closed.
        """
        check_threads(stream.name)
        return self.channel

    def retry_budget_s(self, error: ModelBoxError) -> float:
        """Return how long to go on trying after an error, in seconds."""
        is_refused = isinstance(error, UnavailableError) and error.is_refused
        return min(self.timeout_s, self.refused_s) if is_refused else self.timeout_s

    def call(
        self, method: Method[RequestT, ResponseT], request: RequestT, *, timeout_s: float | None = None
    ) -> ResponseT:
        """Call until the server answers; each try of a write has the same key.

        A try of a write is given up after `ATTEMPT_TIMEOUT_S`. A read is left to the server, which may need longer for
        very much: begun again, it would take longer still. A connection that is dead is noticed by its keepalive.

        Args:
            timeout_s: How long to try, in seconds; the connection's own `timeout_s` if that is less, or none is given.

        Raises:
            ModelBoxError: The server refused, or did not answer in time.
        """
        headers = self.headers(method)
        deadline = monotonic() + min(self.timeout_s, timeout_s or self.timeout_s)
        pauses = Pauses()
        told: ModelBoxError | None = None
        refused_since: float | None = None
        while True:
            left_s = deadline - monotonic()
            try_s = min(left_s, ATTEMPT_TIMEOUT_S) if method.writes else left_s
            try:
                return self.call_once(method, request, headers=headers, timeout_s=try_s)
            except ModelBoxError as error:
                if error.reason == INVALID_TOKEN and self.tokens.shorten():
                    headers = self.headers(method)
                    continue
                told = error if error.reason or told is None else told
                pause_s = pauses.after(error)
                if pause_s is None:
                    raise
                refused_since = self._refused_since(error, refused_since)
                if monotonic() + pause_s >= min(deadline, refused_since + self.refused_s):
                    if told is error:
                        raise
                    # The server's reason says more than that a last, short try had no answer.
                    raise told from None
                sleep(pause_s)

    def _refused_since(self, error: ModelBoxError, since: float | None) -> float:
        """Return since when nothing listens, from now on if something does; warn once that has lasted."""
        now = monotonic()
        if since is None or not (isinstance(error, UnavailableError) and error.is_refused):
            return now
        if now - since >= REFUSED_TELL_S and now - self._refused_told_at >= WARN_AGAIN_S:
            self._refused_told_at = now
            _log.warning("nothing listens at %s; it is tried again for up to %g s", self.address, self.timeout_s)
        return since

    def call_once(
        self, method: Method[RequestT, ResponseT], request: RequestT, *, headers: Headers, timeout_s: float
    ) -> ResponseT:
        """Call once, for at most `timeout_s`.

        Raises:
            ModelBoxError: The server refused, or did not answer in time.
        """
        answer = self.call_encoded(method, self.encode(method, request), headers=headers, timeout_s=timeout_s)
        return method.answer_of(answer)

    def encode(self, method: Method[RequestT, ResponseT], request: RequestT) -> bytes:
        """Return a request as it is sent.

        Raises:
            InvalidFieldError: It is too large.
        """
        encoded = request.SerializeToString()
        if len(encoded) > REQUEST_BYTES_MAX:
            what = f"the request has {len(encoded):,} bytes; at most {REQUEST_BYTES_MAX:,} are allowed"
            raise InvalidFieldError.of(method.name, f"{what}, send less at once")
        return encoded

    def call_patiently(self, method: Method[RequestT, ResponseT], request: RequestT) -> ResponseT:
        """Call once, however long the server works on it; one that is gone is noticed.

        Raises:
            ModelBoxError: The server refused, or went away.
        """
        with self.translated(method):
            multicallable = self.channel.unary_unary(
                method.path,
                request_serializer=method.request.SerializeToString,
                response_deserializer=method.response.FromString,
            )
            response: ResponseT
            response, call = multicallable.with_call(request, metadata=self.headers(method))
            self.keep_token(call)
        return response

    def call_encoded(self, method: NamedMethod, request: bytes, *, headers: Headers, timeout_s: float) -> bytes:
        """Call once as `call_once`, with the request and the answer as bytes.

        Raises:
            ModelBoxError: The server refused, or did not answer in time.
        """
        with self.translated(method):
            multicallable = self.channel.unary_unary(method.path, request_serializer=None, response_deserializer=None)
            response: bytes
            response, call = multicallable.with_call(request, timeout=max(0.001, timeout_s), metadata=headers)
            self.keep_token(call)
        return response

    def headers(self, method: Method[Any, Any]) -> Headers:
        """Return a call's headers: of a write a fresh idempotency key, of a read the token."""
        if method.writes:
            return self.headers_with_key(new_key(time()))
        token = self.tokens.latest
        return (*_ANNOUNCED, (_MIN_TOKEN, token)) if token else _ANNOUNCED

    def headers_with_key(self, key: str) -> Headers:
        """Return the headers of a write with this idempotency key."""
        headers: Headers = ((IDEMPOTENCY_KEY, key), *_ANNOUNCED, *claimed_user())
        return (*headers, (_LOG, self.home.id)) if self.home.id else headers

    def keep_token(self, call: grpc.Call) -> None:
        """Remember the token that an answer brought."""
        for name, value in call.trailing_metadata() or ():
            if name == _TOKEN and isinstance(value, str):
                self.tokens.keep(value)

    @contextlib.contextmanager
    def translated(self, method: NamedMethod) -> Iterator[None]:
        """Turn gRPC's errors into ours, and forget the token of a log that is gone."""
        try:
            yield
        except grpc.RpcError as failure:
            if self._closed:
                raise ClosedError(f"{method.name}: the client was closed") from None
            error = error_of(failure, method=method.name, address=self.address)
            if isinstance(error, (LogForkedError, LogRewoundError)) and self.tokens.forget():
                _log.warning("what this client wrote or read last is not in the server's log: %s", error)
            raise error from None
        except ValueError:
            # gRPC says so when the channel is closed between taking it and calling on it.
            if self._closed:
                raise ClosedError(f"{method.name}: the client was closed") from None
            raise

    def cut(self) -> None:
        """End the calls that are on their way and take no more."""
        self._closed = True
        with self._lock:
            channel, self._channel = self._channel, None
        if channel is not None:
            channel.close()

    def forget(self) -> None:
        """Begin afresh in a forked child."""
        self._lock = threading.RLock()
        self.tokens.renew_lock()
        if self._channel is not None:
            # Kept, never closed: its sockets and threads are the parent's, and to release it here could hang.
            self._inherited.append(self._channel)
            self._channel = None

    def _open(self) -> grpc.Channel:
        with self._lock:
            if self._closed:
                raise ClosedError("the client was closed; make a new ModelBox")
            if self._channel is None:
                self._channel = grpc.insecure_channel(self.address, options=_options(self.address))
            return self._channel


def _options(address: str) -> tuple[tuple[str, int], ...]:
    """Return the channel's options. What the environment names as proxy cannot know this machine's own loopback."""
    return (*_OPTIONS, ("grpc.enable_http_proxy", 0)) if _is_loopback(address.rpartition(":")[0]) else _OPTIONS


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
