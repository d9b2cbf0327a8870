"""What stands before a server, so that its clients see it as it often is: away, dying, or slow."""

import socket
import threading
from contextlib import suppress
from queue import SimpleQueue
from time import monotonic, sleep
from typing import Final, Literal

ANSWER_S: Final = 1.0
"""How long a slow server takes for an answer."""

Kind = Literal["away", "dies", "slow"]


class Middle:
    """What stands before a server: passes everything on, late if told to, or is away."""

    def __init__(self, kind: Kind, target: str) -> None:
        """Be away; `live` begins, unless this is one that is always away."""
        self.kind: Final = kind
        self._target = target
        self._delay_s = ANSWER_S if kind == "slow" else 0.0
        self._listener: socket.socket | None = None
        self._ends: list[socket.socket] = []
        self._lock = threading.Lock()
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self._port = probe.getsockname()[1]
        self.address: Final = f"127.0.0.1:{self._port}"

    def live(self) -> None:
        """Take connections."""
        if self._listener is None and self.kind != "away":
            self._listener = socket.create_server(("127.0.0.1", self._port))
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def half(self) -> None:
        """Die, if this is the one that dies in the middle of a training."""
        if self.kind == "dies":
            self.die()

    def die(self) -> None:
        """End all connections, and take no more."""
        with self._lock:
            listener, self._listener = self._listener, None
            if listener is not None:
                listener.shutdown(socket.SHUT_RDWR)
                listener.close()
            while self._ends:
                end = self._ends.pop()
                # Closing alone does not reach who waits for something to read.
                with suppress(OSError):  # it has ended already
                    end.shutdown(socket.SHUT_RDWR)
                end.close()

    def _accept(self, listener: socket.socket) -> None:
        host, _, port = self._target.rpartition(":")
        while True:
            try:
                near, _ = listener.accept()
                far = socket.create_connection((host, int(port)))
            except OSError:  # it died
                return
            with self._lock:
                if self._listener is not listener:  # it died just now, and so does this connection
                    near.close()
                    far.close()
                    return
                self._ends += [near, far]
            threading.Thread(target=self._pass, args=(near, far, 0.0), daemon=True).start()
            threading.Thread(target=self._pass, args=(far, near, self._delay_s), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, delay_s: float) -> None:
        late: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
        threading.Thread(target=self._send, args=(late, target), daemon=True).start()
        try:
            while data := source.recv(1 << 16):
                late.put((monotonic() + delay_s, data))
        except OSError:  # it died
            pass
        late.put((monotonic() + delay_s, b""))

    @staticmethod
    def _send(late: "SimpleQueue[tuple[float, bytes]]", target: socket.socket) -> None:
        while True:
            due, data = late.get()
            sleep(max(0.0, due - monotonic()))
            try:
                if not data:
                    target.shutdown(socket.SHUT_RDWR)
                    return
                target.sendall(data)
            except OSError:  # either end has gone: there is nothing left to pass on
                return
