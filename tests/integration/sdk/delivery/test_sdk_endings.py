"""However a process ends, every point of a call that returned is recorded once.

With the server there, away, and there again. A few of the ways run with the suite, all of them with `-m matrix`.
"""

import importlib.util
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from modelbox import ModelBox, Run, UnavailableError
from modelbox.journal.folder import JournalFolder, JournalSettings
from modelbox.syncing import sync_journals
from tests.integration.journal_support import TIMEOUT_S, logged_steps
from tests.integration.sdk_server import SdkServer, wait_until

PROGRAM = Path(__file__).with_name("ending_program.py")

CODES = {"return": 0, "exception": 1, "sys.exit": 3, "os._exit": 4, "Pool": 0, "executor": 0, "kernel": 0}
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGKILL")
WAYS = [("return", ""), ("exception", ""), ("sys.exit", ""), ("os._exit", ""), *((name, "") for name in SIGNALS)]
WORKERS = [(kind, method) for kind in ("Pool", "executor") for method in ("fork", "spawn", "forkserver")]
HAS_KERNEL = importlib.util.find_spec("ipykernel") is not None
NEEDS_KERNEL = pytest.mark.skipif(not HAS_KERNEL, reason="ipykernel is not installed")
KERNELS = [pytest.param("kernel", method, marks=NEEDS_KERNEL) for method in ("restarted", "killed")]
ALL = [*WAYS, *WORKERS, *KERNELS]
QUICK = [("SIGTERM", ""), ("SIGKILL", ""), ("os._exit", ""), ("Pool", "fork"), ("executor", "spawn")]


class Ended:
    """A process that logged and ended: what it says that it logged."""

    def __init__(self, server: SdkServer, run: Run, report: Path) -> None:
        """Start nothing yet."""
        self.server = server
        self.run = run
        self.report = report

    def start(self, way: str, method: str, *waiting: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, str(PROGRAM), self.server.address, self.run.id, str(self.report), way, method]
        command += waiting
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def wait(self, process: "subprocess.Popen[bytes]", way: str) -> None:
        _, errors = process.communicate(timeout=TIMEOUT_S)
        code = -getattr(signal, way) if way in SIGNALS else CODES[way]
        assert process.returncode == code, errors.decode()

    def check(self, folder: Path) -> None:
        """Send what was left, and see that all is there once: points and other calls."""
        wait_until(lambda: self._is_all_sent(folder), timeout_s=TIMEOUT_S)
        returned = Counter(map(int, self.report.read_text().split()))
        for key in ("loss", "text"):
            assert Counter(logged_steps(self.server, self.run.id, key)) == returned
        wait_until(lambda: self._marks() == Counter(step for step in returned if step % 50 == 0))
        assert left_behind(folder, self.server.address) == []

    def _is_all_sent(self, folder: Path) -> bool:
        """Send what nobody has in hand; the client of this process takes over too, and may be at it."""
        sync_journals(JournalSettings(folder), self.server.address, away_s_max=TIMEOUT_S)
        return left_behind(folder, self.server.address) == []

    def _marks(self) -> Counter[int]:
        return Counter(int(event.source.name) for event in self.run.events() if event.name == "mark")


def left_behind(folder: Path, address: str) -> list[str]:
    """Return the names of the journals and rings of other processes that are still there."""
    journals = JournalFolder(JournalSettings(folder), address)
    stems = [*(path.stem for path in journals.journals()), *journals.ring_folders.stems()]
    return [stem for stem in stems if f"-{os.getpid()}-" not in stem]


@pytest.fixture
def run(client: ModelBox) -> Run:
    return client.new_experiment("digits").new_run(source=False, heartbeat=False)


@pytest.fixture
def ended(sdk_server: SdkServer, run: Run, tmp_path: Path) -> Ended:
    return Ended(sdk_server, run, tmp_path / "report")


def check_there(ended: Ended, folder: Path, way: str, method: str) -> None:
    ended.wait(ended.start(way, method), way)
    ended.check(folder)


def check_away(ended: Ended, folder: Path, way: str, method: str) -> None:
    ended.server.stop()
    ended.wait(ended.start(way, method), way)
    with pytest.raises(UnavailableError):
        sync_journals(JournalSettings(folder), ended.server.address, away_s_max=0.1)
    ended.server.start()
    ended.check(folder)


@pytest.mark.parametrize("way, method", QUICK)
def test_a_process_that_ends_while_the_server_is_there_loses_nothing(
    ended: Ended, journal_folder: Path, way: str, method: str
) -> None:
    check_there(ended, journal_folder, way, method)


@pytest.mark.parametrize("way, method", QUICK[:2])
def test_a_process_that_ends_while_the_server_is_away_loses_nothing(
    ended: Ended, journal_folder: Path, way: str, method: str
) -> None:
    check_away(ended, journal_folder, way, method)


@pytest.mark.matrix
@pytest.mark.parametrize("way, method", ALL)
def test_each_way_to_end_while_the_server_is_there(ended: Ended, journal_folder: Path, way: str, method: str) -> None:
    check_there(ended, journal_folder, way, method)


@pytest.mark.matrix
@pytest.mark.parametrize("way, method", ALL)
def test_each_way_to_end_while_the_server_is_away(ended: Ended, journal_folder: Path, way: str, method: str) -> None:
    check_away(ended, journal_folder, way, method)


@pytest.mark.matrix
@pytest.mark.parametrize("way, method", ALL)
def test_each_way_to_end_when_the_server_is_there_again(
    ended: Ended, journal_folder: Path, way: str, method: str
) -> None:
    """It goes away when something was logged, and comes back before the rest is."""
    process = ended.start(way, method, "wait")
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == b"ready\n"
    ended.server.stop()
    ended.server.start()
    process.stdin.write(b"\n")
    process.stdin.flush()
    ended.wait(process, way)
    ended.check(journal_folder)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_flush_right_after_a_pool_shows_all_that_its_workers_logged(
    ended: Ended, run: Run, journal_folder: Path, method: str
) -> None:
    """The pool ends its workers with SIGTERM, a moment after they have logged."""
    ended.wait(ended.start("Pool", method), "Pool")
    returned = Counter(map(int, ended.report.read_text().split()))
    assert Counter(logged_steps(ended.server, run.id)) == returned
    assert left_behind(journal_folder, ended.server.address) == []
