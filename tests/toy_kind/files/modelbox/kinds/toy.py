# mypy: disable-error-code="attr-defined,import-not-found"
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false
# What is imported of the toy is found beside the real packages only when it runs.
"""Toys, which only tests have: what they are, and what a client does with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Unpack

from modelbox.client_calls import ClientCalls
from modelbox.fields import check_labels, check_text
from modelbox.finding import key_of
from modelbox.ids import object_id
from modelbox.listed import Listed
from modelbox.logged_object import LoggedObject, id_of
from modelbox.metadata import encode_metadata
from modelbox.objects import Kind, StoredObject, times_of
from modelbox.other_words import takes
from modelbox.proto import modelstore_pb2, toy_pb2
from modelbox.selection import NamespaceListFields, Where
from modelbox.sending import create
from modelbox.transport.methods import Method
from modelbox.values import Labels

pb: Final[Any] = toy_pb2
SERVICE: Final = pb.DESCRIPTOR.services_by_name["ToyStore"].full_name


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Toy(StoredObject):
    """A toy; `run_id` is the run that made it, empty if none did."""

    name: str
    owner: str = field(hash=False)
    color: str
    wheels: int | None
    run_id: str


def _id_of(request: Any) -> str:
    return object_id("toy", request.namespace, request.name)


CREATE_TOY: Final = Method(
    "CreateToy", pb.CreateToyRequest, pb.CreateToyResponse, writes=True, makes=_id_of, service=SERVICE
)
TOYS: Final = Kind(
    "toy",
    Toy,
    pb.Toy,
    get=Method("GetToy", pb.GetToyRequest, pb.GetToyResponse, service=SERVICE),
    list=Method("ListToys", pb.ListToysRequest, pb.ListToysResponse, service=SERVICE),
)


class ToyCalls(ClientCalls):
    """What a client does with toys."""

    @takes()
    def new_toy(
        self,
        name: str,
        *,
        color: str,
        namespace: str = "",
        owner: str = "",
        wheels: int | None = None,
        run: LoggedObject | str = "",
        labels: Labels | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Toy:
        """Create a toy. One of this name that exists already is returned as it is, with `exists` set.

        While the server is away it is created later, and returned as it was given.
        """
        request = pb.CreateToyRequest(
            namespace=self._session.within(namespace),
            name=check_text("name", name),
            owner=check_text("owner", owner),
            color=check_text("color", color),
            wheels=wheels,
            run_id=id_of("run", run) if run else "",
            labels=check_labels(labels),
            metadata=modelstore_pb2.Metadata(json=encode_metadata(metadata or {})),
        )
        response = create(self._session, CREATE_TOY, request)
        if response is not None and response.exists:
            return TOYS.read(self._session, pb.GetToyRequest(id=response.id), given=request)
        created = pb.Toy(
            id=_id_of(request),
            namespace=request.namespace,
            name=request.name,
            owner=request.owner,
            color=request.color,
            wheels=wheels,
            run_id=request.run_id,
            labels=request.labels,
            **times_of(response),
        )
        return TOYS.of(self._session, created, exists=False)

    def toy(self, id: str = "", *, namespace: str = "", name: str = "") -> Toy:  # noqa: A002  # as `experiment`
        """Return one toy, by its id or by its name."""
        return TOYS.read(self._session, pb.GetToyRequest(**key_of(self._session, id, namespace=namespace, name=name)))

    @takes()
    def toys(self, namespace: Where = "", **which: Unpack[NamespaceListFields]) -> Listed[Toy]:
        """Return the toys of a namespace, newest first."""
        return TOYS.listed(self._session, which, {"namespace": self._session.within(namespace)})
