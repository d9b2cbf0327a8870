"""The client: where a program begins."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Self

from modelbox.comparison import ComparisonCalls
from modelbox.config import (
    keeps_differences,
    resolve_address,
    resolve_blob_address,
    resolve_cache,
    resolve_journal,
    resolve_namespace,
)
from modelbox.fields import check_text
from modelbox.kinds.artifact import ArtifactCalls
from modelbox.kinds.checkpoint import CheckpointCalls
from modelbox.kinds.dataset import DatasetCalls
from modelbox.kinds.experiment import ExperimentCalls
from modelbox.kinds.model import ModelCalls
from modelbox.limits import CALL_TIMEOUT_S, CLOSE_TIMEOUT_S, FLUSH_TIMEOUT_S
from modelbox.object_ref import ObjectRef
from modelbox.other_words import CALLS, WordsOnly, knows, takes
from modelbox.proto import modelstore_pb2 as pb
from modelbox.registry import with_calls
from modelbox.sending import ask
from modelbox.session import Session
from modelbox.transport import methods
from modelbox.values import Change, ClusterMember, Delivery, FoundObject, Namespace
from modelbox.watching import Watch, watch_request
from modelbox.wire import all_pages, namespace_of


@knows(CALLS)
@with_calls
class ModelBox(
    ExperimentCalls,
    ComparisonCalls,
    CheckpointCalls,
    ModelCalls,
    DatasetCalls,
    ArtifactCalls,
    metaclass=WordsOnly,
):
    """A client of one ModelBox server.

    Made without a connection: the first call opens it. Safe to use from several threads; a forked child has a
    connection, a buffer and a journal of its own. Close it, or use it in a `with` statement; the end of the program
    closes it too.

    Every call has a deadline and is tried again while the server is away; a write sent twice is recorded once. Reads
    show what this client has written before.
    """

    @takes()
    def __init__(
        self,
        addr: str = "",
        *,
        timeout_s: float = CALL_TIMEOUT_S,
        background: bool = True,
        blob_addr: str = "",
        config_path: str | PathLike[str] | None = None,
        namespace: str = "",
        refused_timeout_s: float | None = None,
    ) -> None:
        """Take the server's address.

        Args:
            addr: `host:port`. Without it the environment variable MODELBOX_API_ADDR counts, then `server_addr` in
                modelbox_client.toml in the working directory, then localhost:8085.
            timeout_s: How long one call may take with all its tries, in seconds. Transfers and watches have no limit.
            background: Log and create in the background while the server is away. Without it every call is answered,
                or raises, before it returns, and there is no journal; metric points are sent in the background still.
            blob_addr: `host:port` of a server that carries files (`--role blobs`). Without it MODELBOX_BLOB_ADDR
                counts, then `blob_addr` in the configuration; without any, the server itself carries them.
            config_path: The configuration file to read instead of modelbox_client.toml in the working directory: it
                says where the server, the journal and the cache are, unless an argument or the environment does.
            namespace: Where this client creates and looks for objects when a call names no namespace. Without it
                MODELBOX_NAMESPACE counts, then `namespace` in the configuration, then "default".
            refused_timeout_s: How long a call goes on where nothing listens at the address, in seconds; `timeout_s`,
                unless given.

        Raises:
            ConfigError: The address is not `host:port`, or the configuration file cannot be used.
            InvalidFieldError: The namespace is no text that can be sent.
        """
        path = None if config_path is None else Path(config_path)
        journal = resolve_journal(config_path=path) if background else None
        self._session = Session(
            resolve_address(addr, config_path=path),
            timeout_s=timeout_s,
            journal=journal,
            background=background,
            blob_address=resolve_blob_address(blob_addr, config_path=path),
            cache=resolve_cache(config_path=path),
            namespace=check_text("namespace", resolve_namespace(namespace, config_path=path)),
            keeps_differences=keeps_differences(),
        )
        if refused_timeout_s is not None:
            self._session.connection.refused_s = refused_timeout_s

    @property
    def address(self) -> str:
        """The server's address."""
        return self._session.connection.address

    @property
    def namespace(self) -> str:
        """The namespace of calls that name none."""
        return self._session.namespace

    def object(self, id: str) -> ObjectRef:  # noqa: A002  # as `model`
        """Return an object of any kind to log on and read from, by its id alone; nothing is asked of the server."""
        self._session.left.note(check_text("id", id))
        return ObjectRef(id, self._session)

    def cluster_members(self) -> list[ClusterMember]:
        """Return the servers that take calls for this log."""
        response = self._session.connection.call(methods.GET_CLUSTER_MEMBERS, pb.GetClusterMembersRequest())
        return [ClusterMember(one.id, one.host_name, one.rpc_addr, one.http_addr) for one in response.members]

    def find_objects(self, id_prefix: str) -> list[FoundObject]:
        """Return the objects of any kind, deleted ones too, whose ids begin so; of many, the first ten by id.

        Args:
            id_prefix: Four hexadecimal digits or more, with or without dashes.

        Raises:
            InvalidFieldError: No id begins so.
        """
        request = pb.FindObjectsRequest(id_prefix=check_text("id_prefix", id_prefix))
        found = ask(self._session, methods.FIND_OBJECTS, request).objects
        return [FoundObject(one.id, one.type, one.name, one.namespace) for one in found]

    def namespaces(self, *, limit: int | None = None) -> list[Namespace]:
        """Return the namespaces that ever held anything, by name."""

        def read(token: str, size: int) -> tuple[Iterable[pb.Namespace], str]:
            request = pb.ListNamespacesRequest(page_size=size, page_token=token)
            response = self._session.connection.call(methods.LIST_NAMESPACES, request)
            return response.namespaces, response.next_page_token

        return [namespace_of(namespace) for namespace in all_pages(read, limit=limit)]

    def watch(self, namespace: str = "", *, since: float | datetime | None = None, after: str = "") -> Iterator[Change]:
        """Follow the changes of a namespace: those that were, then each as it happens, without end.

        An interrupted connection is opened again and goes on after the last change; none is missed or repeated.

        Args:
            since: Begin with the changes of this time, in seconds since the epoch or an aware datetime; with the very
                first, unless given.
            after: Begin after the change with this token (`Change.token`); `since` is not looked at then.

        Raises:
            UnavailableError: The server cannot be reached at the beginning.
        """
        return Watch(self._session.connection, watch_request(self._session.within(namespace), since, after)).changes()

    def delivery(self) -> Delivery:
        """Return what became of what was logged with this client: waiting, acknowledged, dropped, refused, too late."""
        return self._session.delivery()

    def flush(self, timeout_s: float = FLUSH_TIMEOUT_S) -> Delivery:
        """Wait until the server has answered for all that was logged before.

        Returns:
            What became of it, as `delivery` does.

        Raises:
            FlushTimeoutError: It has not in time; what waits is kept and still sent.
            RefusedError: It refused something since the last flush, such as points of an unknown object.
        """
        self._session.flush(timeout_s)
        return self._session.delivery()

    def close(self, timeout_s: float = CLOSE_TIMEOUT_S) -> None:
        """Send what waits and close the connection; closing again does nothing.

        A server that is away is not waited for: what waits stays in the journal, and `modelbox client sync` or the
        next client of this user that logs to the server sends it. Nothing of this is raised; it is warned about.

        Args:
            timeout_s: How long to send while the server answers, in seconds.
        """
        self._session.close(timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
