"""What stands between a client and S3: hands requests to signed links on, or answers them as the test says."""

import contextlib
import http
import http.client
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

PAGE = b"<html>sign in first</html>"
PIECE = 1024 * 1024


class Request(NamedTuple):
    """A request to a link: its method, how many came before it, and its headers."""

    method: str
    number: int
    headers: dict[str, str]


Decide = Callable[[Request], int | None]
"""Returns the status to answer with, a page as the body; None hands the request on."""


class LinkHost:
    """A proxy before S3. Links are good for it if they are signed for its address (`public_endpoint`)."""

    def __init__(self, endpoint: str, decide: Decide, *, page: bytes = PAGE) -> None:
        self.page = page
        self.kind = {"Content-Type": "application/xml" if page.startswith(b"<Error>") else "text/html"}
        self.decide = decide
        self.received_bytes = 0
        self.requests: list[Request] = []
        self._endpoint = endpoint
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def serving(self) -> Iterator[str]:
        """Serve; give the address."""
        host = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                body = host.body_of(self)
                status = host.seen(self.command, dict(self.headers))
                if status is None:
                    status, headers, data = host.forwarded(self, body)
                else:
                    headers = {"Location": "http://127.0.0.1:1/elsewhere"} if status // 100 == 3 else dict(host.kind)
                    data = b"" if status == http.HTTPStatus.NOT_MODIFIED else host.page
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _answer  # noqa: N815  the names are the library's

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()

    def seen(self, method: str, headers: dict[str, str]) -> int | None:
        """Note a request and return how to answer it."""
        with self._lock:
            request = Request(method, len(self.requests), headers)
            self.requests.append(request)
            return self.decide(request)

    def body_of(self, handler: BaseHTTPRequestHandler) -> bytes:
        """Take a request's body."""
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        with self._lock:
            self.received_bytes += len(body)
        return body

    def forwarded(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Ask S3, with the headers as they came: the host is part of what is signed."""
        connection = http.client.HTTPConnection(self._endpoint, timeout=30)
        try:
            connection.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
            for name, value in handler.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        passed = {"etag", "content-range", "content-type", "last-modified", "accept-ranges"}
        return answer.status, {name: value for name, value in answer.getheaders() if name.lower() in passed}, data
