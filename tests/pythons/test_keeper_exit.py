"""What a training saved last outlasts its process, however that ends and whichever Python runs it."""

import subprocess
import sys
from pathlib import Path
from time import time
from typing import Final

import pytest

from modelbox import ModelBox, Run
from modelbox.integrations.restoring import restore
from modelbox.kinds.checkpoint import UPLOADED_FILES
from tests.integration.conftest import client, sdk_server
from tests.integration.journal_support import left, sync
from tests.integration.sdk_server import SdkServer, wait_until

__all__ = ["client", "sdk_server"]

TIMEOUT_S: Final = 120
EXIT_S_MAX: Final = 8.0
"""How long a program that saves and ends may take, however loaded the machine; once it was 63 seconds and more."""

PROGRAM: Final = """
import atexit, multiprocessing, os, signal, sys, time
from pathlib import Path
import modelbox
from modelbox.integrations.keeper import CheckpointKeeper, Saved

def train():
    client = modelbox.ModelBox(sys.argv[1])
    run = client.new_experiment("kept").new_run(id=sys.argv[2], source=False, heartbeat=False)
    keeper = CheckpointKeeper(run, upload=True)
    def save(step, size=10):
        path = Path(sys.argv[3], f"step-{step}.ckpt")
        path.write_bytes(b"%d" % step * size)
        keeper.keep(Saved(path=str(path), step=step, metrics={"loss": 0.5}, metadata={}))
        path.unlink()
    print(time.time(), flush=True)
    ENDING

def train_in_child(method):
    child = multiprocessing.get_context(method).Process(target=train)
    child.start()
    child.join()

if __name__ == "__main__":
    START
"""

ENDINGS: Final = {
    "return": "save(1)",
    "large": "save(1, 300_000)",
    "several": "save(1, 300_000); save(2, 300_000); save(3)",
    "by atexit": "atexit.register(save, 1)",
    "large, by atexit": "atexit.register(save, 1, 300_000)",
    "exception": "save(1); raise ValueError('ends the training')",
    "sys.exit": "save(1); sys.exit(3)",
    "SIGTERM": "save(1); os.kill(os.getpid(), signal.SIGTERM)",
    "SIGKILL": "save(1); os.kill(os.getpid(), signal.SIGKILL)",
    "os._exit": "save(1); os._exit(0)",
}
"""How a process ends that has saved steps from 1 on."""


@pytest.fixture
def run(client: ModelBox) -> Run:
    return client.new_experiment("kept").new_run(source=False, heartbeat=False)


def _end(ending: str, server: SdkServer, run: Run, folder: Path, *, start: str = "train()") -> float:
    """Run a program to its end and return how long it took from when it could save, in seconds."""
    program = folder / "train.py"
    program.write_text(PROGRAM.replace("ENDING", ending).replace("START", start))
    command = [sys.executable, str(program), server.address, run.id, str(folder)]
    found = subprocess.run(command, check=False, timeout=TIMEOUT_S, stdout=subprocess.PIPE, text=True)
    return time() - float(found.stdout)


def _saves(ending: str) -> int:
    return ending.count("save(") + ending.count("(save,")


def _check(run: Run, folder: Path, steps: int) -> None:
    # Another process has sent them, so this one's reads need not show them at once.
    wait_until(lambda: sum(UPLOADED_FILES in one.metadata() for one in run.checkpoints()) == steps)
    checkpoints = run.checkpoints()
    assert [one.step for one in checkpoints] == list(range(1, 1 + steps))
    for one in checkpoints:
        assert set(restore(one, folder / "restored").read_bytes()) == {ord(str(one.step))}
    assert list(folder.glob(".*")) == [], "what was held is let go"


QUICK: Final = [("return", False), ("several", True), ("by atexit", True), ("SIGTERM", False), ("SIGKILL", True)]
"""Those that run with the suite, and whether the server is away."""

ALL: Final = [
    pytest.param(ending, is_away, marks=() if (ending, is_away) in QUICK else pytest.mark.matrix)
    for ending in ENDINGS
    for is_away in (False, True)
]


@pytest.mark.parametrize("ending, is_away", ALL)
def test_what_was_saved_last_outlasts_its_process(
    sdk_server: SdkServer, run: Run, tmp_path: Path, journal_folder: Path, ending: str, *, is_away: bool
) -> None:
    """At once, or from the journal; and the process does not wait for a server that is away.

    Nor does it matter how soon it ends: what was saved is in the journal when the call has returned.
    """
    ending = ENDINGS[ending]
    if is_away:
        sdk_server.stop()
    assert _end(ending, sdk_server, run, tmp_path) < EXIT_S_MAX
    if is_away:
        [journal] = [one for one in left(journal_folder) if one.path.suffix == ".files"]
        assert journal.calls == _saves(ending)
        sdk_server.start()
    sync(sdk_server.address)
    _check(run, tmp_path, _saves(ending))
    assert left(journal_folder) == []


def test_the_end_of_a_training_waits_for_what_it_saved(sdk_server: SdkServer, run: Run, tmp_path: Path) -> None:
    """While the server answers: then nothing is left for another program to send."""
    _end("save(1, 300_000); save(2, 3_000_000); keeper.close()", sdk_server, run, tmp_path)
    _check(run, tmp_path, 2)


@pytest.mark.parametrize(
    "method, is_away",
    [
        ("spawn", False),
        ("fork", True),
        *(pytest.param(*rest, marks=pytest.mark.matrix) for rest in [("spawn", True), ("fork", False)]),
        *(pytest.param("forkserver", is_away, marks=pytest.mark.matrix) for is_away in (False, True)),
    ],
)
def test_what_a_child_saved_last_outlasts_it(
    sdk_server: SdkServer, run: Run, tmp_path: Path, journal_folder: Path, method: str, *, is_away: bool
) -> None:
    """Where `atexit` handlers do not run."""
    if is_away:
        sdk_server.stop()
    start = f"train_in_child({method!r})"
    assert _end("save(1, 300_000)", sdk_server, run, tmp_path, start=start) < EXIT_S_MAX
    if is_away:
        sdk_server.start()
    sync(sdk_server.address)
    _check(run, tmp_path, 1)
    assert left(journal_folder) == []
