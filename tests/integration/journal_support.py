"""What the tests of the journal share: trainers in processes of their own, the log's points, a proxy for answers."""

import contextlib
import json
import socket
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from modelbox import ModelBox
from modelbox.journal.folder import JournalSettings
from modelbox.syncing import WaitingJournal, waiting_journals
from tests.integration.sdk_server import SdkServer

MODELBOX: Final = str(Path(sysconfig.get_path("scripts"), "modelbox"))
TIMEOUT_S: Final = 60

PRELUDE: Final = """
import os, signal, sys, threading
import modelbox
client = modelbox.ModelBox(sys.argv[1])
run = client.object(sys.argv[2])
def log(steps, key="loss"):
    for step in steps:
        run.log_metrics({key: float(step)}, step=step, wallclock=1.7e9 + step)
def ready():
    print("ready", flush=True)
    sys.stdin.readline()
def journaled(points):
    while client.delivery().journaled < points:
        threading.Event().wait(0.01)
"""


@contextlib.contextmanager
def train(program: str, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a trainer: a program that begins with a client and a run to log on."""
    command = [sys.executable, "-c", PRELUDE + program, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process
        process.kill()


def trained(program: str, *arguments: str) -> int:
    """Run a trainer to its end; return the exit code."""
    with train(program, *arguments) as process:
        return process.wait(TIMEOUT_S)


def sync(address: str, *options: str, exit_code: int = 0) -> list[dict[str, Any]]:
    """Run `modelbox client sync`; return what it says of each journal."""
    command = [MODELBOX, "client", "sync", "--server-addr", address, "--output", "json", *options]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, timeout=TIMEOUT_S)
    assert run.returncode == exit_code
    rows: list[dict[str, Any]] = json.loads(run.stdout)
    return rows


def logged_steps(server: SdkServer, object_id: str, key: str = "loss") -> list[int]:
    """Return the steps of an object's points as the log has them, in the order of their recording."""
    steps: list[int] = []
    for event in server.events():
        if event.type == "MetricsLogged" and (data := event.json) is not None:
            batch = json.loads(data)
            if UUID(batch["object_id"]) == UUID(object_id):
                steps += [step for series in batch["series"] if series["key"] == key for step in series["steps"]]
    return steps


def refused(address: str, *options: str, exit_code: int = 0) -> list[dict[str, Any]]:
    """Run `modelbox client sync --refused`; return what it says of each call that is set aside."""
    return sync(address, "--refused", *options, exit_code=exit_code)


def left(folder: Path) -> list[WaitingJournal]:
    """Return the journals in which something waits."""
    return [found for found in waiting_journals(JournalSettings(folder)) if found.points or found.calls]


def shown(server: SdkServer, object_id: str, key: str = "loss") -> list[int]:
    """Return the steps of an object's points as the view has them."""
    with ModelBox(server.address) as client:
        return [point.step for point in client.object(object_id).metrics(key).get(key, [])]


def check(server: SdkServer, object_id: str, steps: range, *, key: str = "loss") -> None:
    """Every point is there once: in the view, and in the log in the order in which it was logged."""
    assert logged_steps(server, object_id, key) == list(steps)
    assert shown(server, object_id, key) == list(steps)


class AnswerHolder:
    """A proxy before a server that passes calls on and, when told to, keeps the answers back."""

    def __init__(self, target: str) -> None:
        """Listen; `target` is the server's address."""
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: Final = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.answers: Final = threading.Event()
        self.answers.set()
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def hold_answers(self, trainer: "subprocess.Popen[bytes]") -> None:
        """Keep answers back from the moment that a trainer, which has a connection by then, is ready; it goes on."""
        assert trainer.stdout is not None
        assert trainer.stdin is not None
        assert trainer.stdout.readline() == b"ready\n"
        self.answers.clear()
        trainer.stdin.write(b"\n")
        trainer.stdin.flush()

    def cut(self) -> None:
        """End all connections; new ones are taken."""
        while self._ends:
            end = self._ends.pop()
            # The other side may have ended it already.
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self) -> None:
        """Stop listening and end all connections."""
        self._listener.close()
        self.answers.set()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:  # closed
                return
            host, _, port = self._target.rpartition(":")
            try:
                far = socket.create_connection((host, int(port)))
            except OSError:  # the server is away, as it is without the proxy
                near.close()
                continue
            self._ends += [near, far]
            threading.Thread(target=self._pass, args=(near, far, None), daemon=True).start()
            threading.Thread(target=self._pass, args=(far, near, self.answers), daemon=True).start()

    @staticmethod
    def _pass(source: socket.socket, target: socket.socket, gate: threading.Event | None) -> None:
        try:
            while data := source.recv(1 << 16):
                if gate is not None:
                    gate.wait(TIMEOUT_S)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:  # either end has gone: there is nothing left to pass on
            return
