"""The servers of a log: GetClusterMembers."""

from collections.abc import Iterable

from modelbox.proto import modelstore_pb2 as pb
from modelbox_gateway.members import Members
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.frame.method import Method, unary


class MemberMethods:
    """The method on the servers that take calls."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._members = Members(backend.services.log.database)
        self._genesis = str(backend.services.log.genesis)

    async def get_cluster_members(
        self, _request: pb.GetClusterMembersRequest, _call: Call
    ) -> pb.GetClusterMembersResponse:
        """Return the servers that were heard of lately, by host and address, and which log they have."""
        members = [
            pb.ClusterMember(
                id=str(member.id), host_name=member.host_name, rpc_addr=member.rpc_addr, http_addr=member.http_addr
            )
            for member in await self._members.list()
        ]
        return pb.GetClusterMembersResponse(members=members, genesis=self._genesis)


def methods(backend: Backend) -> Iterable[Method]:
    """Return the methods on the servers that take calls."""
    members = MemberMethods(backend)
    return (unary("GetClusterMembers", pb.GetClusterMembersRequest, members.get_cluster_members),)
