"""What objects are made with: LinkLineage, GetLineage."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from modelbox.proto import modelstore_pb2 as pb
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.frame.limits import PAGE_BYTES_MAX
from modelbox_gateway.rpc.frame.method import Method, unary
from modelbox_gateway.rules import fields
from modelbox_gateway.rules.logged import linked
from modelbox_projections import Lineage
from modelbox_projections.lineage.queries import LineageView

_VIEWS: Final = ("lineage", "artifacts")


class LineageMethods:
    """The methods on lineage."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend

    async def link_lineage(self, request: pb.LinkLineageRequest, call: Call) -> pb.LinkLineageResponse:
        """Record that one object was made with another; an equal link is answered as it is."""
        from_id = fields.object_id("from_id", request.from_id)
        to_id = fields.object_id("to_id", request.to_id)
        relation = fields.optional_name("relation", request.relation)
        caller = call.caller(request)
        objects = self._backend.objects
        used, made = await objects.find("from_id", from_id), await objects.find("to_id", to_id)
        result = await objects.log_once(made, linked(used, made, relation), caller, field="relation")
        self._backend.freshness.wrote(call, result.appended)
        return pb.LinkLineageResponse(exists=result.exists)

    async def get_lineage(self, request: pb.GetLineageRequest, call: Call) -> pb.GetLineageResponse:
        """Return what an object or a commit was made with, and what was made with it; both unless one is chosen."""
        object_id = fields.object_id("id", request.id)
        await self._backend.freshness.reached(call, _VIEWS)
        lineage = await self._lineage(object_id, request)
        if not lineage.nodes[0].type:
            # The view knows nothing of it: there is no such object, or the view has yet to come to it.
            await self._backend.objects.find("id", object_id)
            await self._backend.freshness.reached_head(call, _VIEWS)
            lineage = await self._lineage(object_id, request)
        return lineage_message(lineage, PAGE_BYTES_MAX)

    async def _lineage(self, object_id: UUID, request: pb.GetLineageRequest) -> Lineage:
        both = request.upstream == request.downstream
        return await self._backend.services.views.of(LineageView).of(
            object_id,
            upstream=both or request.upstream,
            downstream=both or request.downstream,
            depth=request.depth,
        )


def methods(backend: Backend) -> Iterable[Method]:
    """Return the methods on lineage."""
    lineage = LineageMethods(backend)
    return (
        unary("LinkLineage", pb.LinkLineageRequest, lineage.link_lineage),
        unary("GetLineage", pb.GetLineageRequest, lineage.get_lineage),
    )


def lineage_message(lineage: Lineage, bytes_max: int) -> pb.GetLineageResponse:
    """Return lineage, cut to about so many bytes: what is furthest away goes first."""
    answer = pb.GetLineageResponse(truncated=lineage.truncated)
    shown: set[UUID] = set()
    taken = 0
    for node in lineage.nodes:
        message = pb.LineageNode(id=str(node.id), type=node.type, name=node.name, namespace=node.namespace)
        taken += message.ByteSize()
        if taken > bytes_max // 2:  # the edges between them need as much again
            answer.truncated = True
            break
        answer.nodes.append(message)
        shown.add(node.id)
    for edge in lineage.edges:
        if edge.from_id in shown and edge.to_id in shown:
            line = pb.LineageEdge(from_id=str(edge.from_id), to_id=str(edge.to_id), relation=edge.relation)
            taken += line.ByteSize()
            if taken > bytes_max:
                answer.truncated = True
                break
            answer.edges.append(line)
    return answer
