"""Models: CreateModel, ListModels, GetModel."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import StreamRef
from modelbox_events.types.model import MODEL
from modelbox_gateway.commands import fields, model
from modelbox_gateway.errors import ObjectNotFoundError
from modelbox_gateway.rpc import requests
from modelbox_gateway.rpc.answers import timestamp
from modelbox_gateway.rpc.attached import ATTACHED_VIEWS, Shown, attached_to, built
from modelbox_gateway.rpc.backend import Backend
from modelbox_gateway.rpc.call import Call
from modelbox_gateway.rpc.limits import FILES_SHOWN_MAX
from modelbox_gateway.rpc.listing import search_page
from modelbox_gateway.rpc.object_messages import model_message
from modelbox_gateway.rpc.unfound import unfound_by_name
from modelbox_projections import Attached, Scope

_VIEWS: Final = ("models", "metadata", "artifacts")
_LIST_VIEWS: Final = ("models", *ATTACHED_VIEWS)


class ModelMethods:
    """The methods on models."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend

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
        model_id = command.model_id
        appended = await self._backend.models.create_model(command, call.caller(request))
        self._backend.objects.remember(StreamRef(command.namespace, MODEL, model_id))
        if appended is not None:
            self._backend.freshness.wrote(call, appended)
            recorded_at = timestamp(appended.recorded_at)
            return pb.CreateModelResponse(id=str(model_id), created_at=recorded_at, updated_at=recorded_at)
        [created] = await self._backend.services.log.read_stream(model_id, limit=1)
        self._backend.freshness.found(call)
        recorded_at = timestamp(created.recorded_at)
        return pb.CreateModelResponse(id=str(model_id), created_at=recorded_at, updated_at=recorded_at, exists=True)

    async def get_model(self, request: pb.GetModelRequest, call: Call) -> pb.GetModelResponse:
        """Return one model by id, or by namespace and name."""
        wanted, field = requests.named_object(request, model.model_id)
        await self._backend.freshness.reached(call, _VIEWS)
        views = self._backend.services.views
        found = await views.models.details(wanted)
        if found is None and field == "name":
            raise await unfound_by_name(self._backend, MODEL, request, model.model_id)
        if found is None:
            raise ObjectNotFoundError(field, MODEL, request.id)
        files = await views.artifacts.of(wanted, limit=FILES_SHOWN_MAX) if found.has_files else ()
        shown = {wanted: Shown(Attached(found.metadata, {}, []), files, call.takes_json)}
        [message] = await built(model_message, [found.row], shown)
        return pb.GetModelResponse(model=message)

    async def list_models(self, request: pb.ListModelsRequest, call: Call) -> pb.ListModelsResponse:
        """Return a page of a namespace's models, newest first unless another order is asked for."""
        scope = Scope(namespace=fields.namespace("namespace", request.namespace), recursive=request.recursive)
        page = await search_page(
            self._backend, call, request, kind=MODEL, scope=scope, views=_LIST_VIEWS, messages_of=self._messages
        )
        return pb.ListModelsResponse(models=page.items, next_page_token=page.token, missing=page.missing)

    async def _messages(self, ids: Sequence[UUID], call: Call) -> list[pb.Model]:
        views = self._backend.services.views
        shown = await attached_to(views, ids, call)
        rows = await views.models.of_many(list(shown))
        return await built(model_message, rows.values(), shown)
