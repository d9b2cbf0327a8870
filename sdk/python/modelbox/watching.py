"""A watch: the changes of a namespace, each once and in order, over any number of connections."""

import logging
from collections.abc import Iterator
from datetime import datetime
from time import monotonic, sleep
from typing import Any

from modelbox.backoff import backoff
from modelbox.errors import ModelBoxError
from modelbox.fields import check_text, check_time
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transport.connection import Connection
from modelbox.transport.methods import WATCH_NAMESPACE
from modelbox.values import Change
from modelbox.wire import change_of

_log = logging.getLogger("modelbox")


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
            ModelBoxError: The server refused.
        """
        deadline = monotonic() + self._connection.timeout_s
        pauses = backoff()
        while True:
            try:
                for change in self._connected():
                    self._interrupted = False
                    self._request.after_token = change.token
                    pauses = backoff()
                    yield change
            except ModelBoxError as error:
                if not error.retryable or not (self._established or monotonic() < deadline):
                    raise
                if self._established and not self._interrupted:
                    self._interrupted = True
                    _log.warning("the watch was interrupted and goes on from where it was: %s", error)
            # A server that is stopping may also end the stream in good order.
            sleep(next(pauses))

    def _connected(self) -> Iterator[Change]:
        with self._connection.translated(WATCH_NAMESPACE):
            multicallable = self._connection.channel.unary_stream(
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
