"""What a program has beyond its commit is kept with its run, once, and can be had back; not where nobody wants it."""

import logging
import os
import subprocess
import sys
from multiprocessing import get_context
from pathlib import Path
from time import monotonic

import grpc
import pytest

from modelbox import ModelBox, Run, Source
from modelbox.errors import ConfigError
from modelbox.limits import DIFFERENCE_BYTES_MAX
from modelbox.run_source import DIFFERENCE_PATH
from tests.integration.hostile_server import Forwarder, HostileServer, Said
from tests.integration.journal_support import sync
from tests.integration.sdk_server import SdkServer, wait_until

CHANGED = "value = 2\n"

PROGRAM = """
import sys, modelbox
with modelbox.ModelBox(sys.argv[1]) as box:
    print(box.start_run("e", id=sys.argv[2] if len(sys.argv) > 2 else "").id)
"""


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repository that this process works in, with a change that is not committed."""
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "settings.py").write_text("value = 1\n", encoding="utf-8")
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "first"],
    ):
        subprocess.run(["git", *command], cwd=folder, check=True)
    (folder / "settings.py").write_text(CHANGED, encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.delattr(sys.modules["__main__"], "__file__", raising=False)
    monkeypatch.setenv("MODELBOX_SOURCE_DIFF", "on")
    # However busy the machine is.
    monkeypatch.setattr("modelbox.capture.git.TIMEOUT_S", 60.0)
    monkeypatch.setattr("modelbox.capture.difference.TIMEOUT_S", 60.0)
    return folder


def kept(run: Run) -> int:
    """Return how many differences a run has."""
    return [artifact.path for artifact in run.artifacts()].count(DIFFERENCE_PATH)


def test_the_difference_is_kept_with_the_run_and_can_be_applied_to_its_commit(
    client: ModelBox, repository: Path, tmp_path: Path
) -> None:
    run = client.start_run("e")
    assert run.source is not None
    assert run.source.dirty
    [patch] = run.download_artifacts(tmp_path / "got", path=DIFFERENCE_PATH)
    again = tmp_path / "again"
    for command in (
        ["clone", "-q", str(repository), str(again)],
        ["-C", str(again), "checkout", "-q", run.source.commit],
        ["-C", str(again), "apply", str(patch)],
    ):
        subprocess.run(["git", *command], check=True)
    assert (again / "settings.py").read_text(encoding="utf-8") == CHANGED


def test_a_run_of_what_is_committed_has_none(client: ModelBox, repository: Path) -> None:
    subprocess.run(["git", "checkout", "-q", "."], cwd=repository, check=True)
    assert client.start_run("e").artifacts() == []


def test_nobody_who_does_not_want_it_has_one(client: ModelBox, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.start_run("e", source_diff=False).artifacts() == []
    assert client.start_run("e", source=False).artifacts() == []
    assert client.start_run("e", source=Source(commit="c0ffee", dirty=True)).artifacts() == [], "it is another tree's"
    monkeypatch.setenv("MODELBOX_SOURCE_DIFF", "off")
    with ModelBox(client.address) as other:
        run = other.start_run("e")
        assert (run.source is not None, run.artifacts()) == (True, [])
    monkeypatch.setenv("MODELBOX_SOURCE_DIFF", "no")
    with pytest.raises(ConfigError, match=r"^MODELBOX_SOURCE_DIFF: 'no' is neither on nor off"):
        ModelBox(client.address)


def test_a_run_that_is_taken_up_again_keeps_that_of_its_beginning(client: ModelBox, repository: Path) -> None:
    run = client.start_run("e", id="6f0c8a52-5a0c-4b43-9a4c-0a2c6d3f7e11")
    (repository / "settings.py").write_text("value = 3\n", encoding="utf-8")
    assert client.start_run("e", id=run.id).exists
    assert kept(run) == 1


def test_while_the_server_is_away_it_waits_and_outlasts_the_program(
    sdk_server: SdkServer, client: ModelBox, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "train.py").write_text(PROGRAM, encoding="utf-8")
    known = client.start_run("e")
    client.flush()
    sdk_server.stop()
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    program = [sys.executable, "train.py", sdk_server.address]
    run_id = subprocess.run(program, check=True, capture_output=True, text=True).stdout.strip()
    # A run that may be there already must not get what another beginning of it had.
    subprocess.run([*program, known.id], check=True, capture_output=True)
    sdk_server.start()
    sync(sdk_server.address)
    # Another process has sent it: the views are soon as far.
    wait_until(lambda: run_id in [run.id for run in client.runs() if run.artifacts()])
    run = client.run(run_id)
    [artifact] = run.artifacts()
    text = run.download_artifact(artifact, "got").read_text(encoding="utf-8")
    assert "+value = 2" in text
    assert "b/train.py" in text, "the program is in no commit"
    assert kept(known) == 1


def _log_in_worker(run: Run) -> None:
    run.log_metrics({"loss": 0.5}, step=1)


def _take_part(address: str, run_id: str) -> bool:
    with ModelBox(address) as box:
        return box.start_run("e", id=run_id).exists


def test_workers_keep_none_and_of_several_that_begin_one_run_only_one(client: ModelBox) -> None:
    run = client.start_run("e")
    client.flush()
    shared = "6f0c8a52-5a0c-4b43-9a4c-0a2c6d3f7e12"
    client.new_experiment("e")
    with get_context("spawn").Pool(3) as pool:
        pool.map(_log_in_worker, [run] * 3)
        began = pool.starmap(_take_part, [(client.address, shared)] * 3)
    assert sorted(began) == [False, True, True]
    client.new_experiment("later")  # what this client reads from now on has all that the others have sent
    assert (kept(run), kept(client.run(shared))) == (1, 1)


def test_one_that_is_too_large_is_told_once_and_the_training_goes_on(
    client: ModelBox, repository: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (repository / "settings.py").write_bytes(os.urandom(2 * DIFFERENCE_BYTES_MAX))
    with caplog.at_level(logging.WARNING, logger="modelbox"):
        runs = [client.start_run("e") for _ in range(2)]
    assert [run.artifacts() for run in runs] == [[], []]
    [told] = [record.message for record in caplog.records]
    assert "is not kept with the run: it has more than 1,048,576 bytes" in told


def test_a_git_that_hangs_holds_up_no_training(
    client: ModelBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    git = subprocess.run(["sh", "-c", "command -v git"], check=True, capture_output=True, text=True).stdout.strip()
    (tmp_path / "git").write_text(
        f'#!/bin/sh\nfor word; do [ "$word" = diff ] && exec sleep 600; done\nexec {git} "$@"\n', encoding="utf-8"
    )
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("modelbox.capture.difference.TIMEOUT_S", 0.2)
    began = monotonic()
    run = client.start_run("e")
    assert monotonic() - began < 60
    assert run.source is not None
    assert run.source.dirty
    assert run.artifacts() == []
    assert "git took longer than 0.2 s" in caplog.text


@pytest.mark.parametrize("background", [True, False])
def test_a_server_that_does_not_take_it_ends_no_training(
    sdk_server: SdkServer, background: bool, caplog: pytest.LogCaptureFixture
) -> None:
    refusal = Said(grpc.StatusCode.FAILED_PRECONDITION, "OBJECT_DELETED")
    forwarder = Forwarder(sdk_server.address, lambda method, _: refusal if method == "UploadFiles" else None)
    with HostileServer(forwarder).serving() as address, ModelBox(address, background=background) as client:
        assert client.start_run("e").source is not None
        told = "the call UploadFiles was refused" if background else "is not kept with the run: hostile"
        wait_until(lambda: told in caplog.text)
    forwarder.close()
