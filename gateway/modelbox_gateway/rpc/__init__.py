"""The gRPC door: requests to commands and queries, rows to answers, errors to status codes."""

from modelbox_gateway.rpc.server import GrpcServer, create_grpc_server

__all__ = ["GrpcServer", "create_grpc_server"]
