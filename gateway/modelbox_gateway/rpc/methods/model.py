"""Models: CreateModel, ListModels, GetModel."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final
from uuid import UUID

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import ChangeEvent, StreamRef
from modelbox_events.types.model import MODEL, ModelCreated
from modelbox_gateway.commands.caller import Caller
from modelbox_gateway.commands.result import Result
from modelbox_gateway.errors import ObjectNotFoundError
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.frame.limits import FILES_SHOWN_MAX
from modelbox_gateway.rpc.frame.method import Method, unary
from modelbox_gateway.rpc.lookup.listing import search_page
from modelbox_gateway.rpc.lookup.unfound import unfound_by_name
from modelbox_gateway.rpc.messages import requests
from modelbox_gateway.rpc.messages.answers import file_message, metadata_message, optional_timestamp, timestamp
from modelbox_gateway.rpc.messages.attached import ATTACHED_VIEWS, Shown, built, object_messages
from modelbox_gateway.rules import fields, model
from modelbox_gateway.rules.model_registry import MODEL_REGISTRY
from modelbox_projections import Attached, Scope
from modelbox_projections.artifacts.queries import Artifacts
from modelbox_projections.models.kind import ModelRow, Models

_VIEWS: Final = ("models", "metadata", "artifacts")
_LIST_VIEWS: Final = ("models", *ATTACHED_VIEWS)


class ModelMethods:
    """The methods on models."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend
        self._executor = backend.executors.of(MODEL_REGISTRY)

    async def create_model(self, request: pb.CreateModelRequest, call: Call) -> pb.CreateModelResponse:
        """Create a model; one that exists is answered as it is."""
        command = model.CreateModel(
            namespace=fields.namespace("namespace", request.namespace),
            name=fields.name("name", request.name),
            owner=fields.optional_name("owner", request.owner),
            task=fields.optional_name("task", request.task),
            description=fields.description("description", request.description),
            labels=requests.labels_of("labels", request.labels),
            metadata=requests.metadata_of("metadata", request.metadata),
            files=requests.files_of("files", request.files),
        )
        stream = command.stream
        created = await self._create(command, stream, call.caller(request))
        self._backend.objects.remember(stream)
        self._backend.freshness.wrote(call, created.appended)
        recorded_at = timestamp(created.recorded_at)
        return pb.CreateModelResponse(
            id=str(stream.id), created_at=recorded_at, updated_at=recorded_at, exists=created.exists
        )

    async def _create(self, command: model.CreateModel, stream: StreamRef, caller: Caller) -> Result[ChangeEvent]:
        """Create a model, or find the one that has its name: what is decided on it next is then in memory.

        Raises:
            ObjectDeletedError: It is there and deleted.
        """
        decide = partial(model.decide_create_model, command=command)
        result = await self._executor.execute(stream, decide, caller, creates=True)
        if not result.exists:
            return result
        await self._backend.lifecycles.refuse_deleted("name", stream)
        return await self._backend.creations.first(stream, ModelCreated)

    async def get_model(self, request: pb.GetModelRequest, call: Call) -> pb.GetModelResponse:
        """Return one model by id, or by namespace and name."""
        wanted, field = requests.named_object(request, model.model_id)
        await self._backend.freshness.reached(call, _VIEWS)
        views = self._backend.services.views
        found = await views.of(Models).details(wanted)
        if found is None and field == "name":
            raise await unfound_by_name(self._backend, MODEL, request, model.model_id)
        if found is None:
            raise ObjectNotFoundError(field, MODEL, request.id)
        files = await views.of(Artifacts).of(wanted, limit=FILES_SHOWN_MAX) if found.has_files else ()
        shown = {wanted: Shown(Attached(found.metadata, {}, []), files, call.takes_json)}
        [message] = await built(model_message, [found.row], shown)
        return pb.GetModelResponse(model=message)

    async def list_models(self, request: pb.ListModelsRequest, call: Call) -> bytes:
        """Return a page of a namespace's models, newest first unless another order is asked for."""
        scope = Scope(namespace=fields.namespace("namespace", request.namespace), recursive=request.recursive)
        page = await search_page(
            self._backend, call, request, kind=MODEL, scope=scope, views=_LIST_VIEWS, messages_of=self._messages
        )
        return page.answer(pb.ListModelsResponse, "models")

    async def _messages(self, ids: Sequence[UUID], call: Call) -> list[pb.Model]:
        views = self._backend.services.views
        return await object_messages(views, ids, call, view=views.of(Models), make=model_message)


def methods(backend: Backend) -> Iterable[Method]:
    """Return the methods on models."""
    models = ModelMethods(backend)
    return (
        unary("CreateModel", pb.CreateModelRequest, models.create_model),
        unary("GetModel", pb.GetModelRequest, models.get_model),
        unary("ListModels", pb.ListModelsRequest, models.list_models),
    )


def model_message(row: ModelRow, shown: Shown) -> pb.Model:
    """Return a model with its metadata and newest files."""
    return pb.Model(
        id=str(row.id),
        name=row.name,
        owner=row.owner,
        namespace=row.namespace,
        description=row.description,
        task=row.task,
        files=map(file_message, shown.files),
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
        metadata=metadata_message(shown.attached.metadata, as_json=shown.as_json),
        labels=row.labels,
        deleted_at=optional_timestamp(row.deleted_at),
    )
