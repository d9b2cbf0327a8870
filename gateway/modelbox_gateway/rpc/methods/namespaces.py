"""Namespaces: ListNamespaces."""

from collections.abc import Iterable, Mapping
from typing import Final

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events.event import Kind
from modelbox_events.registry import REGISTRY
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.frame.method import Method, unary
from modelbox_gateway.rpc.messages.answers import timestamp
from modelbox_gateway.rpc.messages.pages import Pages, page_size
from modelbox_projections.namespaces.queries import Namespaces

_VIEWS: Final = ("namespaces",)
_PAGES: Final = Pages[str]("namespaces", str)
_COUNTED: Final[Mapping[str, Kind]] = {
    f"{kind}s": kind for kind in sorted(REGISTRY.kinds) if f"{kind}s" in pb.Namespace.DESCRIPTOR.fields_by_name
}
"""The kinds that an answer has a field for, by its name."""


class NamespaceMethods:
    """The methods on namespaces."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend

    async def list_namespaces(self, request: pb.ListNamespacesRequest, call: Call) -> pb.ListNamespacesResponse:
        """Return a page of the namespaces that ever held anything, by name."""
        after = _PAGES.start("", request.page_token) or ""
        size = page_size(request.page_size)
        await self._backend.freshness.reached(call, _VIEWS)
        rows = await self._backend.services.views.of(Namespaces).list(limit=size + 1, after=after)
        page = rows[:size]
        namespaces = [
            pb.Namespace(
                name=row.name,
                created_at=timestamp(row.created_at),
                updated_at=timestamp(row.updated_at),
                **{field: row.count(kind) for field, kind in _COUNTED.items()},
            )
            for row in page
        ]
        token = _PAGES.token("", page[-1].name) if len(rows) > size else ""
        return pb.ListNamespacesResponse(namespaces=namespaces, next_page_token=token)


def methods(backend: Backend) -> Iterable[Method]:
    """Return the methods on namespaces."""
    namespaces = NamespaceMethods(backend)
    return (unary("ListNamespaces", pb.ListNamespacesRequest, namespaces.list_namespaces),)
