"""`modelbox server start` as a process of its own: started, looked at, stopped, killed, looked for."""

import contextlib
import json
import os
import signal
import subprocess
import sysconfig
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

MODELBOX: Final = str(Path(sysconfig.get_path("scripts"), "modelbox"))
START_TIMEOUT_S: Final = 60.0
STOP_TIMEOUT_S: Final = 40.0
_MARK: Final = "MODELBOX_TEST_MARK"

FREE_PORTS: Final = """\
listen_addr = "127.0.0.1:0"
http_listen_addr = "127.0.0.1:0"
prometheus_addr = "127.0.0.1:0"
data_dir = "data"
"""


class ServerProcess:
    """A server with its configuration and data in one folder; every process of it carries a mark."""

    def __init__(self, folder: Path, *, config: str = FREE_PORTS, prefix: Sequence[str] = ()) -> None:
        """Write the configuration; `prefix` is a command that runs the program, as setpriv does."""
        self.folder = folder
        self.config = folder / "modelbox.toml"
        self.config.write_text(config)
        self.data = folder / "data"
        self.stderr = folder / "stderr.log"
        self._prefix = list(prefix)
        self._mark = uuid.uuid4().hex
        self._process: subprocess.Popen[bytes] | None = None

    def spawn(self, *options: str) -> "subprocess.Popen[bytes]":
        """Start the process and return at once."""
        command = [*self._prefix, MODELBOX, "server", "start", "--config-path", str(self.config), *options]
        with self.stderr.open("ab") as stderr:
            self._process = subprocess.Popen(command, cwd=self.folder, env=self._environment(), stderr=stderr)
        return self._process

    def start(self, *options: str) -> dict[str, Any]:
        """Start the process, wait until it is ready and return what `server info` says."""
        self.spawn(*options)
        self.wait_until(lambda: self.readyz()[0] == 200)
        return self.info()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(STOP_TIMEOUT_S)

    def kill(self) -> None:
        """Kill the process, and nothing else of it."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(STOP_TIMEOUT_S)

    def close(self) -> None:
        """End whatever still runs."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
        wait_for(lambda: not self.left(), what="the end of a killed server's processes")

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None
        return self._process.pid

    def info(self) -> dict[str, Any]:
        """Return what `server info` says."""
        run = self.modelbox("server", "info", "--output", "json")
        assert run.returncode == 0, run.stderr
        found: dict[str, Any] = json.loads(run.stdout)
        return found

    def modelbox(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command on this server's configuration."""
        command = [*self._prefix, MODELBOX, *arguments, "--config-path", str(self.config)]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def readyz(self) -> tuple[int, dict[str, Any]]:
        """Return the status and body of `/readyz`; status 0 when nobody answers there."""
        run_file = self.data / "server.json"
        if not run_file.exists():
            return 0, {}
        return get_json(f"http://{json.loads(run_file.read_text())['http_addr']}/readyz")

    def wait_until(self, condition: Callable[[], bool], *, timeout_s: float = START_TIMEOUT_S) -> None:
        """Wait until something is so; fails with the server's log when the server ends before."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert self._process is not None
            assert self._process.poll() is None, f"the server ended: {self.log_text()}"
            assert time.monotonic() < deadline, f"not in {timeout_s:g} s: {self.log_text()}"
            time.sleep(0.05)

    def log_text(self) -> str:
        """Return what the server logged."""
        return self.stderr.read_text() if self.stderr.exists() else ""

    def left(self) -> list[str]:
        """Return the command lines of this server's processes that run: by their mark, or by where they work."""
        return processes_with(f"{_MARK}={self._mark}", self.data)

    def pids(self) -> list[int]:
        """Return the process ids of this server's processes that run, found as by `left`."""
        return [int(entry.name) for entry in _entries_with(f"{_MARK}={self._mark}", self.data)]

    def _environment(self) -> Mapping[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("MODELBOX_")}
        return ours | {_MARK: self._mark}


def processes_with(mark: str, folder: Path | None = None) -> list[str]:
    """Return the command lines of the processes that have the mark in their environment or work in the folder."""
    found = []
    for entry in _entries_with(mark, folder):
        with contextlib.suppress(OSError):  # it ended meanwhile
            found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


def _entries_with(mark: str, folder: Path | None) -> Iterator[Path]:
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            is_marked = mark.encode() in (entry / "environ").read_bytes().split(b"\0")
            if is_marked or (folder is not None and (entry / "cwd").readlink().is_relative_to(folder)):
                yield entry
        except OSError:  # it ended meanwhile, or belongs to somebody else
            continue


def get_json(url: str) -> tuple[int, dict[str, Any]]:
    """Return the status and JSON body of a page; status 0 when nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
    except OSError:
        return 0, {}


def wait_for(condition: Callable[[], bool], *, what: str, timeout_s: float = 30.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)
