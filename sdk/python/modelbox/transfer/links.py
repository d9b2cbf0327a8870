"""PUT and GET to signed links, with connections kept open for the next ones.

The link is all that is needed to act in somebody's name, so it appears in no message.
"""

import contextlib
import http.client
import threading
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator
from time import monotonic
from typing import Final
from urllib.parse import SplitResult, urlsplit

from modelbox.errors import ModelBoxError, UnavailableError
from modelbox.limits import CHUNK_BYTES, LINK_CONNECT_TIMEOUT_S, LINK_READ_TIMEOUT_S, UNREACHABLE_S

_IDLE_MAX: Final = 16
"""Connections kept open to one host."""

_TROUBLE: Final = frozenset({408, 429, 500, 502, 503, 504})
"""Answers that the same request may get around later."""

Host = tuple[str, str]


class LinkRefusedError(ModelBoxError):
    """A signed link is not taken any more: it is too old, or what it leads to has gone. Ask for a new one."""


class LinkUnreachableError(ModelBoxError):
    """The host of a signed link cannot be reached from here; go through the server."""


class LinkClient:
    """Speaks HTTP to the hosts of signed links. Safe to use from several threads."""

    def __init__(self) -> None:
        """Connect to nothing yet."""
        self._idle: dict[Host, list[http.client.HTTPConnection]] = defaultdict(list)
        self._reached: set[Host] = set()
        self._unreachable: dict[Host, float] = {}
        self._lock = threading.Lock()

    def put(self, url: str, chunks: Iterable[bytes], size: int) -> None:
        """Send bytes to a link.

        Raises:
            LinkRefusedError: It is none, or not taken; a redirection is not followed.
            LinkUnreachableError: Its host was never reached, or is avoided.
            UnavailableError: The host broke off or has trouble; the same call may succeed.
        """
        link = _parsed(url)
        with self._connection(link) as connection:
            with _network(link):
                connection.putrequest("PUT", _target(link))
                connection.putheader("Content-Length", str(size))
                connection.endheaders()
            for chunk in chunks:
                with _network(link):
                    connection.send(chunk)
            with _network(link):
                answer = connection.getresponse()
                answer.read()
            _check(link, answer)

    def avoid(self, url: str) -> None:
        """Take the host of a link for unreachable for a while: it refuses what it should take, or does not keep it."""
        try:
            host = _host(_parsed(url))
        except LinkRefusedError:
            return  # what is no link has no host
        with self._lock:
            self._unreachable[host] = monotonic() + UNREACHABLE_S

    def get(self, url: str, *, offset: int, size: int) -> Generator[bytes]:
        """Return the bytes from `offset` on that a link leads to, in pieces of at most `CHUNK_BYTES`.

        Args:
            url: The link.
            offset: Where to begin, less than `size`.
            size: All bytes that it leads to; an answer that announces others is no answer of the store.

        Raises:
            LinkRefusedError: It is none, not taken, or gives something else.
            LinkUnreachableError: Its host was never reached, or is avoided.
            UnavailableError: The host broke off or has trouble; the same call may succeed.
        """
        link = _parsed(url)
        with self._connection(link) as connection:
            with _network(link):
                connection.request("GET", _target(link), headers={"Range": f"bytes={offset}-"} if offset else {})
                answer = connection.getresponse()
            _check(link, answer)
            wanted = http.client.PARTIAL_CONTENT if offset else http.client.OK
            if answer.status != wanted or answer.length != size - offset:
                gives = f"{answer.length} bytes ({answer.status})"
                raise LinkRefusedError(f"{link.hostname} gives {gives} where the file has {size - offset} more")
            while True:
                with _network(link):
                    chunk = answer.read(CHUNK_BYTES)
                if not chunk:
                    break
                yield chunk
            if answer.length:
                raise UnavailableError(f"{link.hostname} broke off before the end")

    def forget(self) -> None:
        """Begin afresh in a forked child: the connections are the parent's."""
        self._lock = threading.Lock()
        self._idle.clear()

    def close(self) -> None:
        """Close the connections that wait for the next request."""
        with self._lock:
            idle = [connection for connections in self._idle.values() for connection in connections]
            self._idle.clear()
        for connection in idle:
            connection.close()

    @contextlib.contextmanager
    def _connection(self, link: SplitResult) -> Iterator[http.client.HTTPConnection]:
        """Lend a connection to a link's host; after an error it is closed, for nobody knows what is still in it."""
        connection = self._take(link)
        try:
            if connection.sock is None:
                self._connect(link, connection)
            yield connection
        except BaseException:
            connection.close()
            raise
        self._give_back(link, connection)

    def _take(self, link: SplitResult) -> http.client.HTTPConnection:
        host = _host(link)
        with self._lock:
            if self._unreachable.get(host, 0.0) > monotonic():
                raise LinkUnreachableError(f"{link.hostname} could not be reached a moment ago")
            if self._idle[host]:
                return self._idle[host].pop()
        kind = http.client.HTTPSConnection if link.scheme == "https" else http.client.HTTPConnection
        return kind(link.hostname or "", link.port, timeout=LINK_CONNECT_TIMEOUT_S)

    def _connect(self, link: SplitResult, connection: http.client.HTTPConnection) -> None:
        try:
            connection.connect()
        except OSError as error:
            with self._lock:
                was_reached = _host(link) in self._reached
                if not was_reached:
                    self._unreachable[_host(link)] = monotonic() + UNREACHABLE_S
            if was_reached:
                raise UnavailableError(f"{link.hostname} does not answer any more: {error}") from None
            raise LinkUnreachableError(f"{link.hostname} cannot be reached: {error}") from None
        connection.sock.settimeout(LINK_READ_TIMEOUT_S)
        with self._lock:
            self._reached.add(_host(link))

    def _give_back(self, link: SplitResult, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            idle = self._idle[_host(link)]
            # One that the host closed after its answer has no socket any more.
            if connection.sock is not None and len(idle) < _IDLE_MAX:
                idle.append(connection)
                return
        connection.close()


@contextlib.contextmanager
def _network(link: SplitResult) -> Iterator[None]:
    """Turn what a connection raises into the client's error; what reading a file raises never comes by here."""
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        raise UnavailableError(f"{link.hostname} broke off ({type(error).__name__})") from None


def _check(link: SplitResult, answer: http.client.HTTPResponse) -> None:
    if http.client.OK <= answer.status < http.client.MULTIPLE_CHOICES:
        return
    problem = f"{link.hostname} answers {answer.status} {answer.reason}"
    raise (UnavailableError if answer.status in _TROUBLE else LinkRefusedError)(problem)


def _parsed(url: str) -> SplitResult:
    try:
        link = urlsplit(url)
        _ = link.port  # is read when it is asked for
    except ValueError as error:
        raise LinkRefusedError(f"the server gives a link that is none: {url[:80]!r} ({error})") from None
    return link


def _host(link: SplitResult) -> Host:
    return link.scheme, link.netloc


def _target(link: SplitResult) -> str:
    return f"{link.path}?{link.query}" if link.query else link.path
