"""What is said of an object that is not there by its name: where it was looked for, and what could have been meant.

What is told of other objects is told here, in `missing.py`, and of model versions beside their methods.
"""

import asyncio
from collections.abc import Callable
from uuid import UUID

from modelbox_events.event import Kind
from modelbox_gateway.errors import ObjectNotFoundError
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.limits import NAMES_TOLD_MAX
from modelbox_gateway.rpc.lookup.missing import namespaces
from modelbox_gateway.rpc.lookup.nearest import nearest
from modelbox_gateway.rpc.messages.requests import Named
from modelbox_gateway.rules import fields
from modelbox_projections import Scope
from modelbox_projections.search.queries import Search


async def unfound_by_name(
    backend: Backend, kind: Kind, request: Named, id_of: Callable[[str, str], UUID]
) -> ObjectNotFoundError:
    """Return the error of a name that nothing has in its namespace: where else it is, or the nearest names there.

    `id_of` makes an id of namespace and name.
    """
    where, name = fields.namespace("namespace", request.namespace), request.name
    views = backend.services.views
    same = [id_of(other, name) for other in await namespaces(backend)]
    rows = await views.objects_of(kind).of_many(same)
    # One that came to the views only now, in the very namespace, is not elsewhere.
    elsewhere = {row.namespace for row in rows.values() if row.deleted_at is None} - {where}
    there_are = await views.of(Search).newest_names(kind, Scope(namespace=where))
    return ObjectNotFoundError(
        "name",
        kind,
        name,
        place=f"namespace {where!r}",
        elsewhere=sorted(elsewhere)[:NAMES_TOLD_MAX],
        near=await asyncio.to_thread(nearest, name, there_are),
    )
