"""`make demo` shows the whole of ModelBox in under a minute and leaves nothing running."""

import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.acceptance.server_process import processes_with

DEMO: Final = Path(__file__).parents[2] / "sdk/python/examples/digits/demo.py"
DEMO_TIMEOUT_S: Final = 60
EPOCHS_MIN: Final = 20


@pytest.fixture
def marked() -> dict[str, str]:
    """An environment that all processes of one demo share with nobody else."""
    return {**os.environ, "DEMO_MARK": uuid.uuid4().hex}


def test_demo_trains_follows_deploys_and_proves(marked: Mapping[str, str]) -> None:
    run = subprocess.run([sys.executable, DEMO], env=marked, capture_output=True, text=True, check=False, timeout=110)
    assert run.returncode == 0, run.stdout + run.stderr
    assert len(re.findall(r"^epoch", run.stdout, re.MULTILINE)) >= EPOCHS_MIN
    finished = re.search(r"Done in (\d+) s: (\d+) changes", run.stdout)
    assert finished
    assert int(finished[1]) < DEMO_TIMEOUT_S
    followed = [int(position) for position in re.findall(r"feed │ +(\d+) ", run.stdout)]
    assert followed == list(range(1, int(finished[2]) + 1))
    assert processes_with(f"DEMO_MARK={marked['DEMO_MARK']}") == []


def test_demo_that_is_stopped_leaves_nothing_running(marked: Mapping[str, str]) -> None:
    with subprocess.Popen([sys.executable, DEMO], env=marked, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        assert any(line.startswith("epoch") for line in demo.stdout)
        demo.send_signal(signal.SIGTERM)
        demo.stdout.read()
        assert demo.wait(DEMO_TIMEOUT_S) != 0
    assert processes_with(f"DEMO_MARK={marked['DEMO_MARK']}") == []
