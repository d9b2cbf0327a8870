"""A training that was killed goes on from its newest checkpoint, which is whole, and logs each step once."""

import random
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from modelbox import ModelBox
from tests.integration.sdk_server import SdkServer

PROGRAM = Path(__file__).with_name("resuming_program.py")
WAYS = ("log_artifact", "keep_checkpoint")
DEATH_S_MAX = 0.2
KILLS = 10
"""How often trainings are killed."""


def train(server: SdkServer, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(PROGRAM), server.address, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def trained(server: SdkServer, folder: Path, way: str, *, kills: int, seed: int, flush: bool) -> int:
    """Train, killed at most so often at random moments, to the end; return how often it was killed."""
    moment = random.Random(seed)  # noqa: S311  # nothing secret
    run_id = str(uuid.uuid4())
    options = ["flush"] if flush else []
    (folder / "kept").touch()
    killed = 0
    for death in [moment.uniform(0.001, DEATH_S_MAX) for _ in range(kills)] + [0.0]:
        kept = max(map(int, (folder / "kept").read_text().split()), default=-1)
        ended = train(server, folder, run_id, way, str(death), *options)
        first, weight = map(int, ended.stdout.split() or (-1, -1))
        assert ended.returncode in ({0, -signal.SIGKILL} if death else {0}), ended.stderr
        # Whatever it went on from, the weights are those of that place.
        assert weight == first * 5
        assert first > kept
        assert "was not uploaded" not in ended.stderr
        assert "was written to again" not in ended.stderr
        if not ended.returncode:
            break
        killed += 1
    with ModelBox(server.address) as client:
        points = client.run(run_id).metrics("loss")["loss"]
        assert [point.step for point in points] == list(range(150))
        assert [point.value for point in points] == [1 / (step + 1) for step in range(150)]
    return killed


@pytest.mark.parametrize("way", WAYS)
def test_a_training_that_is_killed_goes_on_from_a_whole_checkpoint(
    sdk_server: SdkServer, tmp_path: Path, way: str
) -> None:
    trained(sdk_server, tmp_path, way, kills=2, seed=1, flush=False)


@pytest.mark.matrix
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("flush", [False, True])
def test_a_training_goes_on_wherever_it_is_killed(
    sdk_server: SdkServer, tmp_path: Path, *, way: str, flush: bool
) -> None:
    killed = seed = 0
    while killed < KILLS:
        folder = tmp_path / str(seed)
        folder.mkdir()
        killed += trained(sdk_server, folder, way, kills=KILLS, seed=seed, flush=flush)
        seed += 1
