"""Following a namespace: WatchNamespace."""

from collections.abc import Iterable

from modelbox.proto import modelstore_pb2 as pb
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.method import Method, server_stream
from modelbox_gateway.rpc.methods.watch.following import WatchMethods


def methods(backend: Backend) -> Iterable[Method]:
    """Return the method that follows a namespace."""
    return (server_stream("WatchNamespace", pb.WatchNamespaceRequest, WatchMethods(backend).watch_namespace),)
