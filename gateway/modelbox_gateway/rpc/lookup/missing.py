"""What a search names and nothing has: the namespace, or a key of its filter or order.

What is told here of names is bounded by the scope of the search, but for the namespaces.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events.event import Kind
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.frame.limits import NAMESPACES_COMPARED_MAX
from modelbox_gateway.rpc.lookup.nearest import nearest
from modelbox_projections import Scope
from modelbox_projections.namespaces.queries import Namespaces
from modelbox_projections.search.queries import Search

NAMESPACE: Final = "namespace"

_VIEWS: Final = ("namespaces",)


async def missing_namespace(backend: Backend, call: Call, scope: Scope) -> list[pb.Missing]:
    """Return the namespace of a scope if nothing is in it, though something is in others.

    Nothing is told where the view of namespaces has not come as far as what the call answers with.
    """
    if not scope.namespace:
        return []
    if not await backend.freshness.keeps_up(call, _VIEWS):
        return []
    if await backend.services.views.of(Namespaces).holds_anything(scope.namespace, recursive=scope.recursive):
        return []
    names = await namespaces(backend)
    if not names:
        return []
    near = await asyncio.to_thread(nearest, scope.namespace, names)
    return [pb.Missing(where=NAMESPACE, name=scope.namespace, nearest=near)]


async def missing_keys(
    backend: Backend,
    kind: Kind,
    scope: Scope,
    *,
    filter: str,  # noqa: A002  # the wire's name
    order_by: str,
    include_deleted: bool,
) -> list[pb.Missing]:
    """Return the keys that a filter and an order name and that nothing in the scope has."""
    search = backend.services.views.of(Search)
    found = await search.missing(kind, scope, filter=filter, order_by=order_by, include_deleted=include_deleted)
    told = []
    for missing in found:
        near = await asyncio.to_thread(nearest, missing.name, missing.there_are, part=_key)
        told.append(pb.Missing(where=missing.where, name=missing.name, nearest=near))
    return told


async def namespaces(backend: Backend) -> Sequence[str]:
    """Return the namespaces that hold anything, at most `NAMESPACES_COMPARED_MAX`."""
    rows = await backend.services.views.of(Namespaces).list(limit=NAMESPACES_COMPARED_MAX)
    return [row.name for row in rows if row.holds_anything]


def _key(field: str) -> str:
    """Return what follows the field's own name: `metrics.` is alike in all."""
    return field.partition(".")[2]
