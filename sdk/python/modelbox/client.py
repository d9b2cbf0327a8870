"""The client: where a program begins."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from modelbox.config import resolve_address
from modelbox.errors import InvalidFieldError
from modelbox.fields import check_text
from modelbox.limits import CALL_TIMEOUT_S, CLOSE_TIMEOUT_S, FLUSH_TIMEOUT_S
from modelbox.logged_object import ObjectRef
from modelbox.metadata import encode_metadata
from modelbox.models import Model, ModelVersion, model_of, model_version_of
from modelbox.proto import modelstore_pb2 as pb
from modelbox.session import Session
from modelbox.transfer.files import Files, files_to_track, wire_file
from modelbox.transport import methods
from modelbox.values import Artifact, Change, Delivery, Namespace, OnProgress
from modelbox.watching import Watch, watch_request
from modelbox.wire import all_pages, namespace_of

_DEFAULT_NAMESPACE = "default"


class ModelBox:
    """A client of one ModelBox server.

    Made without a connection: the first call opens it. Safe to use from several threads; a forked child has a
    connection and a buffer of its own. Close it, or use it in a `with` statement; the end of the program closes it
    too.

    Every call has a deadline and is tried again while the server is away; a write sent twice is recorded once. Reads
    show what this client has written before.
    """

    def __init__(self, addr: str = "", *, timeout_s: float = CALL_TIMEOUT_S) -> None:
        """Take the server's address.

        Args:
            addr: `host:port`. Without it the environment variable MODELBOX_API_ADDR counts, then `server_addr` in
                modelbox_client.toml in the working directory, then localhost:8085.
            timeout_s: How long one call may take with all its tries, in seconds. Transfers and watches have no limit.

        Raises:
            ConfigError: The address is not `host:port`, or the configuration file cannot be used.
        """
        self._session = Session(resolve_address(addr), timeout_s=timeout_s)

    @property
    def address(self) -> str:
        """The server's address."""
        return self._session.connection.address

    def new_model(
        self,
        name: str,
        owner: str = "",
        namespace: str = "",
        task: str = "",
        description: str = "",
        *,
        artifacts: Files = (),
        metadata: Mapping[str, Any] | None = None,
    ) -> Model:
        """Create a model. One that exists already in the namespace is returned as it is, with `exists` set.

        Args:
            name: Unique in the namespace.
            namespace: "default", unless given.
            task: What the model is for, such as "asr".
            artifacts: Files to track; they are not uploaded.
            metadata: A JSON value for each key.

        Raises:
            InvalidFieldError: An argument breaks a rule.
        """
        request = pb.CreateModelRequest(
            name=check_text("name", name),
            owner=check_text("owner", owner),
            namespace=check_text("namespace", namespace),
            task=check_text("task", task),
            description=check_text("description", description),
            files=[wire_file(file) for file in files_to_track(artifacts)],
            metadata=pb.Metadata(json=encode_metadata(metadata or {})),
        )
        response = self._session.connection.call(methods.CREATE_MODEL, request)
        if response.exists:
            return self.model(response.id)
        created = pb.Model(
            id=response.id,
            name=request.name,
            owner=request.owner,
            namespace=request.namespace or _DEFAULT_NAMESPACE,
            task=request.task,
            description=request.description,
            created_at=response.created_at,
            updated_at=response.updated_at,
        )
        return model_of(self._session, created, exists=False)

    def model(self, id: str = "", *, namespace: str = "", name: str = "") -> Model:  # noqa: A002  # its published name
        """Return one model, by its id or by its namespace ("default" unless given) and name.

        Raises:
            NotFoundError: There is none.
            InvalidFieldError: Neither an id nor a name was given, or both were.
        """
        if bool(id) == bool(name) or (id and namespace):
            raise InvalidFieldError.of("id", "give either an id, or a name and its namespace")
        request = pb.GetModelRequest(
            id=check_text("id", id), namespace=check_text("namespace", namespace), name=check_text("name", name)
        )
        return model_of(self._session, self._session.connection.call(methods.GET_MODEL, request).model)

    def models(self, namespace: str = "", *, limit: int | None = None) -> list[Model]:
        """Return the models of a namespace ("default" unless given), newest first."""
        checked = check_text("namespace", namespace)

        def read(token: str, size: int) -> tuple[Iterable[pb.Model], str]:
            request = pb.ListModelsRequest(namespace=checked, page_size=size, page_token=token)
            response = self._session.connection.call(methods.LIST_MODELS, request)
            return response.models, response.next_page_token

        return [model_of(self._session, model) for model in all_pages(read, limit=limit)]

    def model_version(self, id: str) -> ModelVersion:  # noqa: A002  # as `model`
        """Return one model version by its id; `Model.model_version` finds one by its number or tag.

        Raises:
            NotFoundError: There is none.
        """
        request = pb.GetModelVersionRequest(id=check_text("id", id))
        response = self._session.connection.call(methods.GET_MODEL_VERSION, request)
        return model_version_of(self._session, response.model_version)

    def object(self, id: str) -> ObjectRef:  # noqa: A002  # as `model`
        """Return a model or model version to log on and read from, by its id alone; nothing is asked of the server."""
        return ObjectRef(check_text("id", id), self._session)

    def download_artifact(
        self,
        artifact: Artifact | str,
        destination: str | PathLike[str] = ".",
        *,
        on_progress: OnProgress | None = None,
    ) -> Path:
        """Download an artifact of any object into a folder; see `Model.download_artifact`."""
        return ObjectRef("", self._session).download_artifact(artifact, destination, on_progress=on_progress)

    def namespaces(self, *, limit: int | None = None) -> list[Namespace]:
        """Return the namespaces that hold anything, by name."""

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
        return Watch(self._session.connection, watch_request(namespace, since, after)).changes()

    def delivery(self) -> Delivery:
        """Return what became of the metric points logged with this client: waiting, acknowledged, dropped, refused."""
        return self._session.sender.delivery()

    def flush(self, timeout_s: float = FLUSH_TIMEOUT_S) -> None:
        """Wait until the server has answered for all metric points logged before.

        Raises:
            FlushTimeoutError: It has not in time; the points are kept and still sent.
            PointsRefusedError: It refused points since the last flush, such as those of an unknown object.
        """
        self._session.flush(timeout_s)

    def close(self, timeout_s: float = CLOSE_TIMEOUT_S) -> None:
        """Flush and close the connection; closing again does nothing.

        What cannot be delivered in time is warned about, never raised.
        """
        self._session.close(timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
