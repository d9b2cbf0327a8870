"""A watch: the changes of a namespace, each once and in order, over any number of connections."""

import logging
from collections.abc import Iterator
from datetime import datetime
from time import sleep
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


def watch(connection: Connection, request: pb.WatchNamespaceRequest) -> Iterator[Change]:
    """Return the changes as they happen, without end; after an interruption from the last one on.

    Raises:
        UnavailableError: The server cannot be reached at the beginning. Later it is waited for.
        ModelBoxError: The server refused.
    """
    connection.wait_ready(timeout_s=connection.timeout_s)
    pauses = backoff()
    while True:
        try:
            for change in _watch_once(connection, request):
                request.after_token = change.token
                pauses = backoff()
                yield change
        except ModelBoxError as error:
            if not error.retryable:
                raise
            _log.warning("the watch was interrupted and goes on from where it was: %s", error)
        # A server that is stopping also ends the stream in good order.
        sleep(next(pauses))


def _watch_once(connection: Connection, request: pb.WatchNamespaceRequest) -> Iterator[Change]:
    with connection.translated(WATCH_NAMESPACE):
        multicallable = connection.channel.unary_stream(
            WATCH_NAMESPACE.path,
            request_serializer=WATCH_NAMESPACE.request.SerializeToString,
            response_deserializer=WATCH_NAMESPACE.response.FromString,
        )
        # The call is the iterator of its answers; the types do not say so.
        responses: Any = multicallable(request, metadata=connection.headers(WATCH_NAMESPACE))
        try:
            for response in responses:
                yield change_of(response)
        finally:
            # Reached too when the caller stops following: then the server is told.
            responses.cancel()
