"""Model versions: CreateModelVersion, ListModelVersions, GetModelVersion."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from msgspec import structs

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import Position, StreamRef
from modelbox_gateway.commands import fields
from modelbox_gateway.commands.kinds import MODEL, MODEL_VERSION
from modelbox_gateway.commands.model import CreateModelVersion, model_version_id
from modelbox_gateway.errors import InvalidFieldError, ObjectNotFoundError
from modelbox_gateway.rpc import requests
from modelbox_gateway.rpc.answers import model_version_message, timestamp
from modelbox_gateway.rpc.backend import Backend
from modelbox_gateway.rpc.call import Call
from modelbox_gateway.rpc.limits import FILES_SHOWN_MAX
from modelbox_gateway.rpc.pages import Pages, PositionPlace, fill_page, page_size
from modelbox_projections import ModelVersionRow

_VIEWS: Final = ("model_versions", "metadata", "artifacts")
_PAGES: Final = Pages[Position]("model_versions", PositionPlace)


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
            metadata=requests.metadata_of("metadata", request.metadata),
            files=requests.files_of("files", request.files),
        )
        caller = call.caller(request)
        # Every field is judged before anything is looked up.
        model = await self._backend.objects.find("model", model.id, kind=MODEL)
        created = await self._backend.models.create_model_version(structs.replace(command, model=model), caller)
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
        views = self._backend.services.views
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
        found = await views.model_versions.details(wanted)
        if found is None:
            raise ObjectNotFoundError(named[-1], "model version", getattr(request, named[-1]))
        files = await views.artifacts.of(wanted, limit=FILES_SHOWN_MAX) if found.has_files else ()
        return pb.GetModelVersionResponse(model_version=model_version_message(found.row, found.metadata, files))

    async def _holder(self, model_id: UUID, tag: str, call: Call) -> UUID:
        await self._backend.freshness.reached(call, _VIEWS)
        row = await self._backend.services.views.model_versions.by_tag(model_id, tag)
        if row is None:
            raise ObjectNotFoundError("unique_tag", "model version", tag)
        return row.id

    async def list_model_versions(
        self, request: pb.ListModelVersionsRequest, call: Call
    ) -> pb.ListModelVersionsResponse:
        """Return a page of a model's versions, newest first."""
        model_id = fields.object_id("model", request.model)
        before = _PAGES.place(str(model_id), request.page_token)
        size = page_size(request.page_size)
        await self._backend.objects.find("model", model_id, kind=MODEL)
        await self._backend.freshness.reached(call, _VIEWS)
        rows = await self._backend.services.views.model_versions.list(model_id, limit=size + 1, before=before)
        messages, more = await fill_page(rows, size, self._messages)
        token = _PAGES.token(str(model_id), rows[len(messages) - 1].created_position) if more else ""
        return pb.ListModelVersionsResponse(models=messages, next_page_token=token)

    async def _messages(self, rows: Sequence[ModelVersionRow]) -> list[pb.ModelVersion]:
        views, ids = self._backend.services.views, [row.id for row in rows]
        metadata = await views.metadata.of_many(ids)
        files = await views.artifacts.of_many(ids, limit=FILES_SHOWN_MAX)
        return [model_version_message(row, metadata[row.id], files[row.id]) for row in rows]
