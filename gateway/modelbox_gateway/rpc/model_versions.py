"""Model versions: CreateModelVersion, PromoteCheckpoint, ListModelVersions, GetModelVersion."""

from collections.abc import Sequence
from functools import partial
from typing import Final
from uuid import UUID

from msgspec import structs

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import StreamRef
from modelbox_events.types.checkpoint import CHECKPOINT
from modelbox_events.types.model import MODEL
from modelbox_events.types.model_version import MODEL_VERSION
from modelbox_events.types.run import RUN
from modelbox_gateway.commands import fields
from modelbox_gateway.commands.model import CreateModelVersion, Origin, model_version_id
from modelbox_gateway.commands.models import VersionCreated
from modelbox_gateway.errors import InvalidFieldError, ObjectNotFoundError, UniqueTagTakenError
from modelbox_gateway.rpc import requests
from modelbox_gateway.rpc.answers import timestamp
from modelbox_gateway.rpc.attached import ATTACHED_VIEWS, attached_to, built
from modelbox_gateway.rpc.backend import Backend
from modelbox_gateway.rpc.call import Call
from modelbox_gateway.rpc.listing import keys_listed, search_page
from modelbox_gateway.rpc.object_messages import model_version_message
from modelbox_gateway.rpc.unfound import unfound_version
from modelbox_projections import Scope

_VIEWS: Final = ("model_versions", *ATTACHED_VIEWS)


class ModelVersionMethods:
    """The methods on model versions."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend

    async def create_model_version(
        self, request: pb.CreateModelVersionRequest, call: Call
    ) -> pb.CreateModelVersionResponse:
        """Create a model version; one that exists is answered as it is."""
        model = StreamRef("", MODEL, fields.object_id("model", request.model))
        command = CreateModelVersion(
            model=model,
            version=fields.optional_name("version", request.version),
            name=fields.optional_name("name", request.name),
            description=fields.description("description", request.description),
            framework=requests.framework_of("framework", request.framework),
            unique_tags=requests.tags_of("unique_tags", request.unique_tags),
            move_tags=request.move_tags,
            labels=requests.labels_of("labels", request.labels),
            metadata=requests.metadata_of("metadata", request.metadata),
            files=requests.files_of("files", request.files),
        )
        run_id = fields.object_id("run_id", request.run_id) if request.run_id else None
        caller = call.caller(request)
        # Every field is judged before anything is looked up.
        model = await self._backend.objects.find("model", model.id, kind=MODEL)
        command = structs.replace(command, model=model, origin=await self._origin(run_id))
        try:
            created = await self._backend.models.create_model_version(command, caller)
        except UniqueTagTakenError as refusal:
            raise await self._named(refusal) from None
        return await self._answer(created, model, call)

    async def promote_checkpoint(
        self, request: pb.PromoteCheckpointRequest, call: Call
    ) -> pb.PromoteCheckpointResponse:
        """Create a model version of a checkpoint; one that exists is answered as it is."""
        checkpoint_id = fields.object_id("checkpoint_id", request.checkpoint_id)
        command = CreateModelVersion(
            model=StreamRef("", MODEL, fields.object_id("model", request.model)),
            version=fields.optional_name("version", request.version),
            name=fields.optional_name("name", request.name),
            description=fields.description("description", request.description),
            unique_tags=requests.tags_of("unique_tags", request.unique_tags),
            move_tags=request.move_tags,
            labels=requests.labels_of("labels", request.labels),
            metadata=requests.metadata_of("metadata", request.metadata),
        )
        caller = call.caller(request)
        checkpoint = await self._backend.objects.find("checkpoint_id", checkpoint_id, kind=CHECKPOINT)
        model = await self._backend.objects.find("model", command.model.id, kind=MODEL)
        try:
            promoted = await self._backend.promotions.promote(checkpoint, structs.replace(command, model=model), caller)
        except UniqueTagTakenError as refusal:
            raise await self._named(refusal) from None
        answer = await self._answer(promoted, model, call)
        return pb.PromoteCheckpointResponse(
            model_version=answer.model_version,
            version=answer.version,
            name=answer.name,
            exists=answer.exists,
            created_at=answer.created_at,
            updated_at=answer.updated_at,
        )

    async def _named(self, refusal: UniqueTagTakenError) -> UniqueTagTakenError:
        """Return a refusal that names the holder as people do."""
        row = await self._backend.services.views.model_versions.get(refusal.holder)
        return refusal if row is None else UniqueTagTakenError(refusal.tag, refusal.holder, row.version)

    async def _origin(self, run_id: UUID | None) -> Origin:
        if run_id is None:
            return Origin()
        run = await self._backend.objects.find("run_id", run_id, kind=RUN)
        return Origin(experiment_id=await self._backend.runs.experiment_of(run), run_id=run_id)

    async def _answer(self, created: VersionCreated, model: StreamRef, call: Call) -> pb.CreateModelVersionResponse:
        self._backend.objects.remember(StreamRef(model.namespace, MODEL_VERSION, created.model_version_id))
        if created.appended is None:
            return await self._existing(created.model_version_id, call)
        self._backend.freshness.wrote(call, created.appended)
        recorded_at = timestamp(created.appended.recorded_at)
        return pb.CreateModelVersionResponse(
            model_version=str(created.model_version_id),
            created_at=recorded_at,
            updated_at=recorded_at,
            version=created.version,
            name=created.name,
        )

    async def _existing(self, model_version_id: UUID, call: Call) -> pb.CreateModelVersionResponse:
        await self._backend.freshness.reached_head(call, ("model_versions",))
        row = await self._backend.services.views.model_versions.get(model_version_id)
        if row is None:
            raise ObjectNotFoundError("version", "model version", str(model_version_id))
        return pb.CreateModelVersionResponse(
            model_version=str(row.id),
            created_at=timestamp(row.created_at),
            updated_at=timestamp(row.updated_at),
            exists=True,
            version=row.version,
            name=row.name,
        )

    async def get_model_version(self, request: pb.GetModelVersionRequest, call: Call) -> pb.GetModelVersionResponse:
        """Return one model version by id, by model and version, or by model and unique tag."""
        named = [name for name in ("id", "model", "version", "unique_tag") if getattr(request, name)]
        match named:
            case ["id"]:
                wanted = fields.object_id("id", request.id)
            case ["model", "version"]:
                model_id = fields.object_id("model", request.model)
                wanted = model_version_id(model_id, fields.name("version", request.version))
            case ["model", "unique_tag"]:
                model_id, tag = fields.object_id("model", request.model), fields.name("unique_tag", request.unique_tag)
                wanted = await self._holder(model_id, tag, call)
            case _:
                raise InvalidFieldError("id", "give either id, or model with one of version and unique_tag")
        await self._backend.freshness.reached(call, _VIEWS)
        found = await self._messages([wanted], call)
        if not found and named[-1] == "version":
            model_id = fields.object_id("model", request.model)
            raise await unfound_version(self._backend, model_id, "version", request.version)
        if not found:
            raise ObjectNotFoundError(named[-1], "model version", getattr(request, named[-1]))
        return pb.GetModelVersionResponse(model_version=found[0])

    async def _holder(self, model_id: UUID, tag: str, call: Call) -> UUID:
        await self._backend.freshness.reached(call, _VIEWS)
        row = await self._backend.services.views.model_versions.by_tag(model_id, tag)
        if row is None:
            raise await unfound_version(self._backend, model_id, "unique_tag", tag)
        return row.id

    async def list_model_versions(
        self, request: pb.ListModelVersionsRequest, call: Call
    ) -> pb.ListModelVersionsResponse:
        """Return a page of a model's versions, newest first unless another order is asked for."""
        model_id = fields.object_id("model", request.model)
        await self._backend.objects.find("model", model_id, kind=MODEL)
        scope = Scope(model_id=model_id)
        page = await search_page(
            self._backend,
            call,
            request,
            kind=MODEL_VERSION,
            scope=scope,
            views=_VIEWS,
            messages_of=partial(self._messages, keys_max=keys_listed(request)),
        )
        return pb.ListModelVersionsResponse(models=page.items, next_page_token=page.token, missing=page.missing)

    async def _messages(self, ids: Sequence[UUID], call: Call, *, keys_max: int | None = None) -> list[pb.ModelVersion]:
        views = self._backend.services.views
        shown = await attached_to(views, ids, call, keys_max=keys_max)
        rows = await views.model_versions.of_many(list(shown))
        return await built(model_version_message, rows.values(), shown)
