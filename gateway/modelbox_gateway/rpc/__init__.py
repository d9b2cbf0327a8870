"""The gRPC door: requests to commands and queries, rows to answers, errors to status codes.

`frame` surrounds every call, `messages` turns values into messages and back, `lookup` finds objects and says what is
not there, `methods` is what is served: a file a kind of object, and one for each thing that all kinds have in common.
"""

from modelbox_gateway.rpc.server import GrpcServer, create_grpc_server

__all__ = ["GrpcServer", "create_grpc_server"]
