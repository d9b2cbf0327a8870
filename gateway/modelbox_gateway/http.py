"""The HTTP doors: life, readiness and health on one address, Prometheus on another."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import msgspec
import uvicorn
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from modelbox_gateway.config import Address
from modelbox_gateway.health import Health
from modelbox_gateway.operator_errors import AddressError, AddressesError
from modelbox_gateway.readiness import Readiness

BACKLOG: Final = 2_048
STOP_TIMEOUT_S: Final = 2
_UNAVAILABLE: Final = 503


def listen(address: Address, *, key: str) -> socket.socket:
    """Return a socket that listens on the address; port 0 takes a free one.

    Raises:
        AddressError: The address is in use or not one of this machine; the message names `key`.
    """
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            # A server that has just stopped leaves connections in TIME_WAIT; they must not keep the next one out.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(place)
            listener.listen(BACKLOG)
            listener.settimeout(0)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise AddressError(key, str(address), error.strerror or str(error)) from error
    return listener


def listen_all(addresses: Mapping[str, str]) -> dict[str, socket.socket]:
    """Return a socket for each address, by its key; none stays open if one cannot be.

    Raises:
        AddressError: One cannot be listened on.
        AddressesError: Several cannot; the message names them all.
    """
    listeners: dict[str, socket.socket] = {}
    errors: list[AddressError] = []
    for key, address in addresses.items():
        try:
            listeners[key] = listen(Address.parse(address), key=key)
        except AddressError as error:
            errors.append(error)
    if errors:
        for listener in listeners.values():
            listener.close()
        raise errors[0] if len(errors) == 1 else AddressesError(errors)
    return listeners


def bound_address(listener: socket.socket) -> Address:
    """Return where a socket listens."""
    host, port = listener.getsockname()[:2]
    return Address(host, port)


def health_app(readiness: Readiness, health: Health) -> ASGIApp:
    """Return the application with `/healthz`, `/readyz` and `/health`.

    The first says that the process lives, the second whether it takes calls (200 or 503, and what is missing). The
    third says what each part is at and why; it is always 200, for nobody should restart or leave a process by it.
    """

    async def healthz(_request: Request) -> Response:
        return Response('{"status":"ok"}', media_type="application/json")

    async def readyz(_request: Request) -> Response:
        report = await readiness.report()
        body = msgspec.json.encode(report, enc_hook=str)
        return Response(body, 200 if report.status == "ready" else _UNAVAILABLE, media_type="application/json")

    async def report(_request: Request) -> Response:
        body = msgspec.json.encode(health.report(await readiness.report()), enc_hook=str)
        return Response(body, media_type="application/json")

    return Starlette(routes=[Route("/healthz", healthz), Route("/readyz", readyz), Route("/health", report)])


def metrics_app(registry: CollectorRegistry) -> ASGIApp:
    """Return the application with `/metrics`, in the text format that the caller accepts."""

    async def metrics(request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), headers={"content-type": content_type})

    return Starlette(routes=[Route("/metrics", metrics)])


class HttpServer(uvicorn.Server):
    """One application on one listening socket, in the running event loop."""

    def __init__(self, app: ASGIApp, listener: socket.socket) -> None:
        """Serve `app` on `listener`, which is closed at the end."""
        config = uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=STOP_TIMEOUT_S,
        )
        super().__init__(config)
        self.listener = listener

    async def run_until_stopped(self) -> None:
        """Serve until `stop`; open requests get `STOP_TIMEOUT_S` seconds."""
        await self.serve(sockets=[self.listener])

    def stop(self) -> None:
        """Stop accepting and let `run_until_stopped` return."""
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the process that this server is a part of."""
        yield
