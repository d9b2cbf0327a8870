# mypy: disable-error-code="attr-defined,import-not-found"
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false
# What is imported of the toy is found beside the real packages only when it runs.
"""Toys: CreateToy, GetToy, ListToys."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Final
from uuid import UUID

from modelbox.proto import toy_pb2 as pb
from modelbox_events.types.run import RUN
from modelbox_events.types.toy import TOY
from modelbox_gateway.errors import ObjectNotFoundError
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.frame.method import Method, unary
from modelbox_gateway.rpc.lookup.listing import search_page
from modelbox_gateway.rpc.lookup.unfound import unfound_by_name
from modelbox_gateway.rpc.messages import requests
from modelbox_gateway.rpc.messages.answers import id_text, metadata_message, optional_timestamp, timestamp
from modelbox_gateway.rpc.messages.attached import ATTACHED_VIEWS, Shown, object_messages
from modelbox_gateway.rules import fields, toy
from modelbox_projections import Scope
from modelbox_projections.toys.kind import ToyRow, Toys

SERVICE: Final = pb.DESCRIPTOR.services_by_name["ToyStore"].full_name
_VIEWS: Final = ("toys", *ATTACHED_VIEWS)


class ToyMethods:
    """The methods on toys."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend

    async def create_toy(self, request: Any, call: Call) -> Any:
        """Create a toy; one that exists is answered as it is."""
        create = partial(
            toy.CreateToy,
            namespace=fields.namespace("namespace", request.namespace),
            name=fields.name("name", request.name),
            owner=fields.optional_name("owner", request.owner),
            color=fields.optional_name("color", request.color),
            wheels=fields.count("wheels", request.wheels) if request.HasField("wheels") else None,
            labels=requests.labels_of("labels", request.labels),
            metadata=requests.metadata_of("metadata", request.metadata),
        )
        caller = call.caller(request)
        command = create(run=await self._run(request))
        created = await self._backend.creations.create(toy.creation(command), caller)
        self._backend.objects.remember(command.stream)
        self._backend.freshness.wrote(call, created.appended)
        at = timestamp(created.recorded_at)
        return pb.CreateToyResponse(id=str(command.stream.id), exists=created.exists, created_at=at, updated_at=at)

    async def get_toy(self, request: Any, call: Call) -> Any:
        """Return one toy by id, or by namespace and name, deleted or not."""
        wanted, field = requests.named_object(request, toy.toy_id)
        await self._backend.freshness.reached(call, _VIEWS)
        found = await self._messages([wanted], call)
        if not found and field == "name":
            raise await unfound_by_name(self._backend, TOY, request, toy.toy_id)
        if not found:
            raise ObjectNotFoundError(field, TOY, request.id)
        return pb.GetToyResponse(toy=found[0])

    async def list_toys(self, request: Any, call: Call) -> Any:
        """Return a page of the toys of a namespace or a run, newest first unless another order is asked for."""
        run = await self._run(request)
        judge = fields.namespace if run is None else fields.optional_name
        namespace = judge("namespace", request.namespace)
        parents = {} if run is None else {"run_id": run.id}
        scope = Scope(namespace=namespace, recursive=request.recursive, parents=parents)
        page = await search_page(
            self._backend, call, request, kind=TOY, scope=scope, views=_VIEWS, messages_of=self._messages
        )
        return page.answer(pb.ListToysResponse, "toys")

    async def _run(self, request: Any) -> Any:
        """Return the run that a request names, None if it names none."""
        if not request.run_id:
            return None
        return await self._backend.objects.find("run_id", fields.object_id("run_id", request.run_id), kind=RUN)

    async def _messages(self, ids: Sequence[UUID], call: Call) -> list[Any]:
        views = self._backend.services.views
        return await object_messages(views, ids, call, view=views.of(Toys), make=toy_message)


def methods(backend: Backend) -> Iterable[Method]:
    """Return the methods on toys."""
    toys = ToyMethods(backend)
    return (
        unary("CreateToy", pb.CreateToyRequest, toys.create_toy, service=SERVICE),
        unary("GetToy", pb.GetToyRequest, toys.get_toy, service=SERVICE),
        unary("ListToys", pb.ListToysRequest, toys.list_toys, service=SERVICE),
    )


def toy_message(row: ToyRow, shown: Shown) -> Any:
    """Return a toy with its metadata."""
    return pb.Toy(
        id=str(row.id),
        namespace=row.namespace,
        name=row.name,
        owner=row.owner,
        color=row.color,
        wheels=row.wheels,
        run_id=id_text(row.run_id),
        labels=row.labels,
        metadata=metadata_message(shown.attached.metadata, as_json=shown.as_json),
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
        deleted_at=optional_timestamp(row.deleted_at),
    )
