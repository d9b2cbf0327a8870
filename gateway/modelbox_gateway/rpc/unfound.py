"""What is said of an object that is not there by its name: where it was looked for, and what could have been meant.

All that is told of other objects is told here and in `rpc/missing.py`.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC
from uuid import UUID

from modelbox_events.event import Kind
from modelbox_events.types.experiment import EXPERIMENT
from modelbox_events.types.model import MODEL
from modelbox_events.types.model_version import MODEL_VERSION
from modelbox_gateway.commands import fields
from modelbox_gateway.errors import ObjectNotFoundError
from modelbox_gateway.rpc.backend import Backend
from modelbox_gateway.rpc.limits import NAMES_TOLD_MAX
from modelbox_gateway.rpc.missing import namespaces
from modelbox_gateway.rpc.nearest import nearest
from modelbox_gateway.rpc.requests import Named
from modelbox_projections import Scope


async def unfound_by_name(
    backend: Backend, kind: Kind, request: Named, id_of: Callable[[str, str], UUID]
) -> ObjectNotFoundError:
    """Return the error of a name that nothing has in its namespace: where else it is, or the nearest names there.

    `id_of` makes an id of namespace and name.
    """
    where, name = fields.namespace("namespace", request.namespace), request.name
    views = backend.services.views
    same = [id_of(other, name) for other in await namespaces(backend)]
    rows = await (views.experiments if kind == EXPERIMENT else views.models).of_many(same)
    # One that came to the views only now, in the very namespace, is not elsewhere.
    elsewhere = {row.namespace for row in rows.values() if row.deleted_at is None} - {where}
    there_are = await views.search.newest_names(kind, Scope(namespace=where))
    return ObjectNotFoundError(
        "name",
        kind,
        name,
        place=f"namespace {where!r}",
        elsewhere=sorted(elsewhere)[:NAMES_TOLD_MAX],
        near=await asyncio.to_thread(nearest, name, there_are),
    )


async def unfound_version(backend: Backend, model_id: UUID, field: str, wanted: str) -> ObjectNotFoundError:
    """Return the error of a version or unique tag that a model has not; `field` is "version" or "unique_tag"."""
    views = backend.services.views
    model = await views.models.get(model_id)
    if model is None:
        return ObjectNotFoundError("model", MODEL, str(model_id))
    remedy = ""
    if field == "unique_tag":
        remedy = await _restorable(backend, model_id, wanted)
        there_are = await views.model_versions.tags(model_id)
    else:
        there_are = await views.search.newest_names(MODEL_VERSION, Scope(model_id=model_id), field="version")
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
    holder = await backend.models.last_holder(model_id, tag)
    row = None if holder is None else await backend.services.views.model_versions.get(holder)
    if row is None or row.deleted_at is None:
        return ""
    at = f"{row.deleted_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    restore = f"`modelbox client restore --id {row.id}` brings it back"
    return f"version {row.version}, which held it, was deleted at {at}; {restore}, or set the tag on another"
