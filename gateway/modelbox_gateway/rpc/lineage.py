"""What objects are made with: LinkLineage."""

from modelbox.proto import modelstore_pb2 as pb
from modelbox_gateway.commands import fields
from modelbox_gateway.rpc.backend import Backend
from modelbox_gateway.rpc.call import Call


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
        appended = await objects.link(used, made, caller, relation=relation)
        self._backend.freshness.wrote(call, appended)
        return pb.LinkLineageResponse(exists=appended is None)
