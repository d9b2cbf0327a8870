"""What is said of a model version that is not there: which the model has, and how one that is deleted comes back."""

import asyncio
from datetime import UTC
from uuid import UUID

from modelbox_events.types.model import MODEL
from modelbox_events.types.model_version import MODEL_VERSION
from modelbox_gateway.errors import ObjectNotFoundError
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.lookup.nearest import nearest
from modelbox_gateway.rpc.methods.model_version.registry import ModelRegistry
from modelbox_projections import Scope
from modelbox_projections.model_versions.kind import ModelVersions
from modelbox_projections.models.kind import Models
from modelbox_projections.search.queries import Search


async def unfound_version(backend: Backend, model_id: UUID, field: str, wanted: str) -> ObjectNotFoundError:
    """Return the error of a version or unique tag that a model has not; `field` is "version" or "unique_tag"."""
    views = backend.services.views
    model = await views.of(Models).get(model_id)
    if model is None:
        return ObjectNotFoundError("model", MODEL, str(model_id))
    remedy = ""
    if field == "unique_tag":
        remedy = await _restorable(backend, model_id, wanted)
        there_are = await views.of(ModelVersions).tags(model_id)
    else:
        scope = Scope(parents={"model_id": model_id})
        there_are = await views.of(Search).newest_names(MODEL_VERSION, scope, field="version")
    return ObjectNotFoundError(
        field,
        "model version",
        wanted,
        place=f"model {model.name!r} of namespace {model.namespace!r}",
        near=await asyncio.to_thread(nearest, wanted, there_are),
        remedy=remedy,
    )


async def _restorable(backend: Backend, model_id: UUID, tag: str) -> str:
    """Return what to do about a tag that nobody holds because its version is deleted; nothing if that is not why."""
    holder = await backend.shared(ModelRegistry).last_holder(model_id, tag)
    row = None if holder is None else await backend.services.views.of(ModelVersions).get(holder)
    if row is None or row.deleted_at is None:
        return ""
    at = f"{row.deleted_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    restore = f"`modelbox client restore --id {row.id}` brings it back"
    return f"version {row.version}, which held it, was deleted at {at}; {restore}, or set the tag on another"
