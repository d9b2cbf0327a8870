"""The gRPC server: every method under its name, health, reflection; started, drained, stopped."""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health  # type: ignore[attr-defined]  # re-exported without saying so
from grpc_reflection.v1alpha import reflection

from modelbox_gateway.errors import ListenError
from modelbox_gateway.rpc import methods
from modelbox_gateway.rpc.frame.admission import Admission
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.identity import identify
from modelbox_gateway.rpc.frame.limits import CONNECTION_CALLS_MAX, MESSAGE_BYTES_MAX
from modelbox_gateway.rpc.frame.method import Around, Handler, Method
from modelbox_gateway.services import Services

MIN_PING_INTERVAL_MS: Final = 10_000
"""How often a client may ping a connection to keep it; one that does so more often is sent away."""

KEEPALIVE_MS: Final = 60_000
"""How long a connection with open calls may be silent before its client is asked whether it is there."""
KEEPALIVE_TIMEOUT_MS: Final = 120_000
"""How long it has to answer. Its calls end then, and what a vanished client was uploading is removed.

An answer may have to wait behind megabytes that a slow line still carries.
"""

_OPTIONS: Final = (
    ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
    ("grpc.max_concurrent_streams", CONNECTION_CALLS_MAX),
    # Two servers on one port would share its calls at random: the second one must fail to start.
    ("grpc.so_reuseport", 0),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.keepalive_time_ms", KEEPALIVE_MS),
    ("grpc.keepalive_timeout_ms", KEEPALIVE_TIMEOUT_MS),
    # Where the kernel acknowledges what nobody reads, this one counts.
    ("grpc.http2.ping_timeout_ms", KEEPALIVE_TIMEOUT_MS),
    # A server that only receives sends nothing between two pings, and must go on asking.
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.http2.min_ping_interval_without_data_ms", MIN_PING_INTERVAL_MS),
)


class GrpcServer:
    """The gRPC door of a process. It answers `NOT_SERVING` to health checks until `set_serving(True)`."""

    def __init__(self, services: Services, address: str, *, only_transfers: bool = False) -> None:
        """Serve `services` at `address`, `host:port`; port 0 is a free one. Either all methods or those of files."""
        self._address = address
        self._draining = False
        self._health = health.HealthServicer()
        self._server = grpc.aio.server(options=_OPTIONS)
        backend, admission = Backend(services, self._is_draining), Admission()
        self._services: list[str] = []
        for service, handlers in _handlers(backend, admission, only_transfers=only_transfers).items():
            self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
            self._services.append(service)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        health_name = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
        reflection.enable_server_reflection((*self._services, health_name, reflection.SERVICE_NAME), self._server)

    async def start(self) -> int:
        """Listen and return the port.

        Raises:
            ListenError: The address is in use, or not one of this machine.
        """
        try:
            port = self._server.add_insecure_port(self._address)
        except RuntimeError as error:
            raise ListenError(self._address, "gRPC could not bind it") from error
        await self.set_serving(serving=False)
        await self._server.start()
        return port

    async def set_serving(self, *, serving: bool) -> None:
        """Say what health checks are answered."""
        status = health_pb2.HealthCheckResponse.SERVING if serving else health_pb2.HealthCheckResponse.NOT_SERVING
        for name in ("", *self._services):
            await self._health.set(name, status)

    async def stop(self, grace_s: float) -> None:
        """Take no more calls, end watches with `DRAINING`, let other calls finish; after `grace_s` cut them off."""
        self._draining = True
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace_s)

    def _is_draining(self) -> bool:
        return self._draining


def create_grpc_server(services: Services, address: str, *, only_transfers: bool = False) -> GrpcServer:
    """Build the server; `start` makes it listen."""
    return GrpcServer(services, address, only_transfers=only_transfers)


def served(backend: Backend) -> Iterator[Method]:
    """Give every method that the modules of `methods` export."""
    for found in pkgutil.iter_modules(methods.__path__):
        exported: Iterable[Method] = importlib.import_module(f"{methods.__name__}.{found.name}").methods(backend)
        yield from exported


def _handlers(backend: Backend, admission: Admission, *, only_transfers: bool) -> "dict[str, dict[str, Handler]]":
    """Return what is served, wrapped, by service and name; what carries files is all that a server may have."""
    log = backend.services.log
    around = Around(
        admit=partial(admission.admit, log=str(log.genesis)),
        leave=lambda call: admission.leave(call.peer),
        identify=partial(identify, backend.users),
        trouble=lambda: log.trouble,
    )
    handlers: dict[str, dict[str, Handler]] = {}
    for method in served(backend):
        if only_transfers and not method.carries_files:
            continue
        of_service = handlers.setdefault(method.service, {})
        if method.name in of_service:
            raise TypeError(f"{method.service} has {method.name} twice")
        of_service[method.name] = method.wrap(around)
    return handlers
