"""A run that nobody ended ends with its program, and goes on unasked; a notebook cell run again ends the one before."""

import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import GridSearchCV

from modelbox import Experiment, ModelBox, Run, RunEndedError, RunStatus
from modelbox_events.types.run import RunEnded
from tests.integration.sdk_server import SdkServer

TIMEOUT_S = 120

BEGIN = """
import modelbox, sys
box = modelbox.ModelBox(sys.argv[1])
experiment = box.experiment(sys.argv[2])
run = experiment.new_run("r", source=False)
run.log_metrics({"loss": 1.0}, step=1)
"""

NOTEBOOK = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
def cell(text):
    assert shell.run_cell(text, store_history=True).success
"""


@pytest.fixture
def experiment(client: ModelBox) -> Experiment:
    return client.new_experiment("ends", namespace="tests")


def program(experiment: Experiment, client: ModelBox, text: str, *, folder: Path) -> None:
    """Run a program to its end; what the client reads from then on shows all that it did."""
    file = folder / "program.py"
    file.write_text(text, encoding="utf-8")
    environment = {"MODELBOX_JOURNAL_DIR": str(folder / "journal"), "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    command = [sys.executable, str(file), client.address, experiment.id]
    subprocess.run(command, env=environment, check=False, timeout=TIMEOUT_S, stderr=subprocess.DEVNULL)
    experiment.update(description="written after it")


def test_a_run_that_ended_with_its_program_goes_on_unasked(
    sdk_server: SdkServer, client: ModelBox, experiment: Experiment, tmp_path: Path
) -> None:
    program(experiment, client, BEGIN, folder=tmp_path)
    [run] = experiment.runs()
    assert (run.status, run.reason) == (RunStatus.FINISHED, "the program ended")
    [ended] = [event for event in sdk_server.events() if event.type == RunEnded.__name__]
    assert ended.data is not None
    assert b'"at_exit":true' in ended.data
    resumed = run.resume()
    assert resumed.status is RunStatus.RUNNING
    resumed.finish()
    client.flush()
    with pytest.raises(RunEndedError, match=r"run\.resume\(reopen=True\)"):
        run.resume()
    assert run.resume(reopen=True).status is RunStatus.RUNNING


def test_a_run_shows_what_ended_its_program(client: ModelBox, experiment: Experiment, tmp_path: Path) -> None:
    program(experiment, client, BEGIN + "raise ValueError('diverged')", folder=tmp_path)
    program(experiment, client, BEGIN + "sys.exit(2)", folder=tmp_path)
    ends = {(run.status, run.reason) for run in experiment.runs()}
    assert ends == {(RunStatus.FAILED, "ValueError: diverged"), (RunStatus.FAILED, "SystemExit: 2")}


def test_the_end_of_a_program_does_not_contradict_who_ended_its_run(
    client: ModelBox, experiment: Experiment, tmp_path: Path
) -> None:
    kill = "modelbox.ModelBox(sys.argv[1]).run(run.id).finish('killed', 'by hand')"
    program(experiment, client, BEGIN + kill, folder=tmp_path)
    [run] = experiment.runs()
    assert (run.status, run.reason) == (RunStatus.KILLED, "by hand")
    assert client.delivery().refused_calls == 0


def test_a_run_that_another_process_opened_by_its_id_stays_as_it_is(
    client: ModelBox, experiment: Experiment, tmp_path: Path
) -> None:
    run = experiment.new_run("r", source=False, heartbeat=False)
    opened = f"import modelbox, sys; run = modelbox.ModelBox(sys.argv[1]).run({run.id!r}); run.log_metrics({{'a': 1}})"
    program(experiment, client, opened, folder=tmp_path)
    assert run.refreshed().status is RunStatus.RUNNING
    assert "a" in run.metrics()


def test_a_cell_that_is_run_again_ends_the_run_that_it_began_before(
    client: ModelBox, experiment: Experiment, tmp_path: Path
) -> None:
    cells = """
cell("import modelbox, sys; box = modelbox.ModelBox(sys.argv[1]); experiment = box.experiment(sys.argv[2])")
begin = "runs = [experiment.new_run(source=False, comment='first') for _ in range(2)]"
cell("other = experiment.new_run('named', source=False, comment='other')")
cell(begin)
cell(begin)
cell("again = experiment.new_run('named', source=False, comment='again')")
cell("import os; box.flush(); os._exit(0)")
"""
    program(experiment, client, NOTEBOOK + cells, folder=tmp_path)
    runs = sorted(experiment.runs(), key=lambda run: run.started_at)
    assert [(run.comment, run.status.ended) for run in runs] == [
        ("other", True), ("first", True), ("first", True), ("first", False), ("first", False), ("again", False)
    ]  # fmt: skip
    assert {run.reason.partition(":")[0] for run in runs if run.status.ended} == {"a newer run took its place"}


def test_a_run_and_its_client_are_copied_with_whatever_holds_them(client: ModelBox, experiment: Experiment) -> None:
    class Estimator(BaseEstimator):  # type: ignore[misc]  # it has no types
        def __init__(self, run: Run | None = None, rate: float = 0.1) -> None:
            self.run = run
            self.rate = rate

        def fit(self, x: list[list[float]], y: list[float]) -> "Estimator":  # noqa: ARG002  # as scikit-learn calls it
            assert self.run is not None
            self.run.log_metrics({f"rate/{self.rate}": len(x)})
            return self

        def score(self, x: list[list[float]], y: list[float]) -> float:  # noqa: ARG002  # as scikit-learn calls it
            return self.rate

    with experiment.new_run("grid", source=False) as run:
        cloned = clone(Estimator(run))
        assert cloned.run == run
        search = GridSearchCV(Estimator(run), {"rate": [0.1, 0.2]}, cv=2)
        search.fit([[1.0]] * 4, [1.0] * 4)
        assert search.best_params_ == {"rate": 0.2}
    client.flush()
    assert {key: len(points) for key, points in run.metrics().items()} == {"rate/0.1": 2, "rate/0.2": 3}
