"""A watch: the changes of a namespace, each once and in order, over any number of connections."""

import logging
from collections.abc import Iterator
from datetime import datetime
from time import monotonic, sleep
from typing import Any, Final

from modelbox.backoff import Pauses
from modelbox.errors import ModelBoxError, UnavailableError
from modelbox.fields import check_text, check_time
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transport.connection import INVALID_TOKEN, Connection
from modelbox.transport.methods import WATCH_NAMESPACE
from modelbox.transport.tokens import without_hash
from modelbox.values import Change
from modelbox.wire import change_of

_log = logging.getLogger("modelbox")
_ENDED: Final = UnavailableError("the server ended the watch")


def watch_request(namespace: str, since: float | datetime | None, after: str) -> pb.WatchNamespaceRequest:
    """Return the request of a watch.

    Raises:
        InvalidFieldError: An argument breaks a rule.
    """
    return pb.WatchNamespaceRequest(
        namespace=check_text("namespace", namespace),
        # Whole seconds on the wire: rounded down, so that nothing of the second asked for is left out.
        since=0 if since is None else int(check_time("since", since)),
        after_token=check_text("after", after),
    )


class Watch:
    """One watch over all its connections."""

    def __init__(self, connection: Connection, request: pb.WatchNamespaceRequest) -> None:
        """Open nothing yet."""
        self._connection = connection
        self._request = request
        self._established = False
        self._interrupted = False

    def changes(self) -> Iterator[Change]:
        """Return the changes as they happen, without end; after an interruption from the last one on.

        Raises:
            UnavailableError: The server cannot be reached at the beginning. Later it is waited for.
            LogRewoundError: The server's log lost its end, and with it the last change that was seen, or may have.
            LogForkedError: The server has another log by now.
            ModelBoxError: The server refused.
        """
        began = monotonic()
        pauses = Pauses()
        while True:
            interruption: ModelBoxError | None = None
            try:
                for change in self._connected():
                    self._interrupted = False
                    self._request.after_token = change.token
                    pauses = Pauses()
                    yield change
            except ModelBoxError as error:
                if self._shortened(error):
                    continue
                interruption = error
            # A server that is stopping may also end the stream in good order.
            pause_s = pauses.after(interruption or _ENDED)
            if interruption is not None:
                is_late = monotonic() >= began + self._connection.retry_budget_s(interruption)
                if pause_s is None or (is_late and not self._established):
                    raise interruption
            self._tell(interruption)
            sleep(pause_s or 0.0)

    def _tell(self, interruption: ModelBoxError | None) -> None:
        if interruption is not None and self._established and not self._interrupted:
            self._interrupted = True
            _log.warning("the watch was interrupted and goes on from where it was: %s", interruption)

    def _shortened(self, error: ModelBoxError) -> bool:
        """Leave the hash out of the tokens if a server is too old for it; return whether that helps."""
        if error.reason != INVALID_TOKEN:
            return False
        short = without_hash(self._request.after_token)
        was_long, self._request.after_token = short != self._request.after_token, short
        return self._connection.tokens.shorten() or was_long

    def _connected(self) -> Iterator[Change]:
        with self._connection.translated(WATCH_NAMESPACE):
            multicallable = self._connection.channel_for(WATCH_NAMESPACE).unary_stream(
                WATCH_NAMESPACE.path,
                request_serializer=WATCH_NAMESPACE.request.SerializeToString,
                response_deserializer=WATCH_NAMESPACE.response.FromString,
            )
            # The call is the iterator of its answers; the types do not say so.
            call: Any = multicallable(self._request, metadata=self._connection.headers(WATCH_NAMESPACE))
            try:
                # The server says at once that it has begun, however long the first change takes.
                call.initial_metadata()
                self._established = self._established or call.is_active()
                for response in call:
                    yield change_of(response)
            finally:
                # Reached too when the caller stops following: then the server is told.
                call.cancel()
