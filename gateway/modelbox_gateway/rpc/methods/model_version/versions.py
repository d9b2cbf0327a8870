"""Reading model versions: ListModelVersions, GetModelVersion."""

from collections.abc import Sequence
from functools import partial
from typing import Final
from uuid import UUID

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events.types.model import MODEL
from modelbox_events.types.model_version import MODEL_VERSION
from modelbox_gateway.errors import InvalidFieldError, ObjectNotFoundError
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.lookup.listing import keys_listed, search_page
from modelbox_gateway.rpc.messages.answers import (
    file_message,
    id_text,
    metadata_message,
    optional_timestamp,
    timestamp,
)
from modelbox_gateway.rpc.messages.attached import ATTACHED_VIEWS, Shown, fill_keys, object_messages
from modelbox_gateway.rpc.methods.model_version.unfound import unfound_version
from modelbox_gateway.rules import fields
from modelbox_gateway.rules.model_version import model_version_id
from modelbox_projections import Scope
from modelbox_projections.model_versions.kind import ModelVersionRow, ModelVersions

_VIEWS: Final = ("model_versions", *ATTACHED_VIEWS)


class ModelVersionMethods:
    """The methods that read model versions."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend

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
        row = await self._backend.services.views.of(ModelVersions).by_tag(model_id, tag)
        if row is None:
            raise await unfound_version(self._backend, model_id, "unique_tag", tag)
        return row.id

    async def list_model_versions(self, request: pb.ListModelVersionsRequest, call: Call) -> bytes:
        """Return a page of a model's versions, newest first unless another order is asked for."""
        model_id = fields.object_id("model", request.model)
        await self._backend.objects.find("model", model_id, kind=MODEL)
        scope = Scope(parents={"model_id": model_id})
        page = await search_page(
            self._backend,
            call,
            request,
            kind=MODEL_VERSION,
            scope=scope,
            views=_VIEWS,
            messages_of=partial(self._messages, keys_max=keys_listed(request)),
        )
        return page.answer(pb.ListModelVersionsResponse, "models")

    async def _messages(self, ids: Sequence[UUID], call: Call, *, keys_max: int | None = None) -> list[pb.ModelVersion]:
        views = self._backend.services.views
        return await object_messages(
            views, ids, call, view=views.of(ModelVersions), make=model_version_message, keys_max=keys_max
        )


def model_version_message(row: ModelVersionRow, shown: Shown) -> pb.ModelVersion:
    """Return a model version with what hangs on it."""
    message = pb.ModelVersion(
        id=str(row.id),
        model_id=str(row.model_id),
        name=row.name,
        version=row.version,
        description=row.description,
        files=map(file_message, shown.files),
        metadata=metadata_message(shown.attached.metadata, as_json=shown.as_json),
        framework=row.framework,
        unique_tags=row.unique_tags,
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
        namespace=row.namespace,
        labels=row.labels,
        deleted_at=optional_timestamp(row.deleted_at),
        experiment_id=id_text(row.experiment_id),
        run_id=id_text(row.run_id),
        checkpoint_id=id_text(row.checkpoint_id),
        more_keys=shown.attached.more,
    )
    fill_keys(message, shown.attached)
    return message
