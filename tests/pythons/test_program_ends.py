"""However a program ends, its runs end with it: those that it began, and no others.

Needs pytest and the SDK alone, so that it runs under every Python: the server is away, and the journal tells of it.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from modelbox.journal.folder import unanswered
from modelbox.proto import modelstore_pb2 as pb

TIMEOUT_S = 60

PRELUDE = """
import copy, multiprocessing, os, pickle, sys, threading
import modelbox
box = modelbox.ModelBox("127.0.0.1:1")
def begin(box=box):
    return box.start_run("ends", source=False)
def leave(run):
    with run:
        pass
"""


def further(*case: object) -> Any:
    """Return a case that `make test-pythons` runs; the suite has others of its kind."""
    return pytest.param(*case, marks=pytest.mark.matrix)


def ends_of(folder: Path, program: str) -> list[tuple[str, str, bool]]:
    """Run a program to its end; return how it said that its runs ended: status, reason, whether by its end."""
    file = folder / "program.py"
    file.write_text(PRELUDE + program, encoding="utf-8")
    environment = os.environ | {"MODELBOX_JOURNAL_DIR": str(folder / "journal"), "MODELBOX_API_ADDR": "127.0.0.1:1"}
    subprocess.run(
        [sys.executable, str(file)], env=environment, check=False, timeout=TIMEOUT_S, stderr=subprocess.DEVNULL
    )
    records = [record for path in sorted((folder / "journal").glob("*.journal")) for record in unanswered(path)]
    said = [pb.SetRunStatusRequest.FromString(one.request) for one in records if one.method.endswith("SetRunStatus")]
    return [(pb.RunStatus.Name(one.status), one.reason, one.at_exit) for one in said]


@pytest.mark.parametrize(
    "program, end",
    [
        ("run = begin()", ("FINISHED", "the program ended", True)),
        further("begin()", ("FINISHED", "the program ended", True)),
        further("modelbox.start_run('ends', source=False)", ("FINISHED", "the program ended", True)),
        ("modelbox.start_run('ends', source=False); sys.exit(3)", ("FAILED", "SystemExit: 3", True)),
        further("run = begin(); sys.exit()", ("FINISHED", "the program ended", True)),
        ("run = begin(); sys.exit(3)", ("FAILED", "SystemExit: 3", True)),
        further("run = begin(); sys.exit('no data')", ("FAILED", "SystemExit: no data", True)),
        further("run = begin()\ntry: sys.exit(3)\nexcept SystemExit: pass", ("FINISHED", "the program ended", True)),
        ("run = begin(); raise ValueError('bad')", ("FAILED", "ValueError: bad", True)),
        ("run = begin(); raise KeyboardInterrupt", ("KILLED", "KeyboardInterrupt", True)),
        further(
            "sys.excepthook = lambda *a: None; begin(); raise ValueError('bad')", ("FAILED", "ValueError: bad", True)
        ),
        further("with box: run = begin()", ("FINISHED", "the program ended", True)),
        further("with box:\n    begin(); raise ValueError('bad')", ("FAILED", "ValueError: bad", True)),
        further("run = begin(); run.finish('failed', 'diverged')", ("FAILED", "diverged", False)),
        ("with begin(): pass", ("FINISHED", "", False)),
    ],
)
def test_a_run_ends_with_its_program(tmp_path: Path, program: str, end: tuple[str, str, bool]) -> None:
    assert ends_of(tmp_path, program) == [end]


@pytest.mark.parametrize(
    "program",
    [
        further("box.start_run('ends', source=False, heartbeat=False)"),
        "run = begin(); os._exit(0)",
        """
run = begin()
if os.fork() == 0:
    raise ValueError("in the child")
os.wait()
run.finish()
""",
        further("""
run = begin()
leave(pickle.loads(pickle.dumps(run)))
os._exit(0)
"""),
        further("""
if __name__ == "__main__":
    run = begin()
    for method in ("fork", "spawn"):
        child = multiprocessing.get_context(method).Process(target=leave, args=(run,))
        child.start()
        child.join()
    run.finish()
"""),
    ],
    ids=["no heartbeat", "cut off", "fork", "pickled", "processes"],
)
def test_nobody_else_ends_a_run(tmp_path: Path, program: str) -> None:
    assert [end for end in ends_of(tmp_path, program) if end[2]] == []


def test_a_copy_is_the_same_run_with_the_same_client(tmp_path: Path) -> None:
    program = """
run = begin()
for one in (copy.copy(run), copy.deepcopy(run), pickle.loads(pickle.dumps(run))):
    assert one == run and one is not run, one
    assert one._session is run._session
    one.log_metrics({"loss": 1.0})
assert pickle.loads(pickle.dumps(box)).address == box.address
run.finish("killed", "all is well")
"""
    assert ends_of(tmp_path, program) == [("KILLED", "all is well", False)]


@pytest.mark.matrix
def test_a_copy_in_another_process_logs_on_the_run(tmp_path: Path) -> None:
    program = """
def work(run):
    run.log_metrics({"loss": 1.0})
    run.update_metadata("by", "worker")

if __name__ == "__main__":
    run = begin()
    for method in ("fork", "spawn", "forkserver"):
        child = multiprocessing.get_context(method).Process(target=work, args=(run,))
        child.start()
        child.join()
        if child.exitcode:
            os._exit(1)
    run.finish("killed", "all is well")
"""
    assert ends_of(tmp_path, program) == [("KILLED", "all is well", False)]
