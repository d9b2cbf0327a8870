"""Runs through the SDK, on the real server: started, ended, resumed, lost, searched and compared."""

import os
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from modelbox import (
    Experiment,
    InvalidFieldError,
    ModelBox,
    NotFoundError,
    Run,
    RunEndedError,
    RunStatus,
    Source,
)
from tests.integration.sdk_server import wait_until


@pytest.fixture
def experiment(client: ModelBox) -> Experiment:
    return client.new_experiment("digits", namespace="vision")


@pytest.fixture
def runs(experiment: Experiment) -> list[Run]:
    """Three runs whose metric falls and rises."""
    runs = [
        experiment.new_run(f"r{n}", hyperparameters={"lr": 0.1 * n, "seed": 7}, source=False, heartbeat=False)
        for n in range(1, 4)
    ]
    for run, values in zip(runs, ([0.5, 0.9, 0.2], [0.8, 0.8], [0.1, 0.3]), strict=True):
        for step, value in enumerate(values):
            run.log_metrics({"val/acc": value}, step=step)
    return runs


def test_a_new_run_is_what_was_given(client: ModelBox, experiment: Experiment) -> None:
    source = Source(repository="https://example.org/r", commit="c0ffee", dirty=True, dependencies={"numpy": "2.0"})
    parent = experiment.new_run("sweep", source=False)
    run = experiment.new_run(
        "trial",
        hyperparameters=Namespace(lr=0.1, layers=[64]),
        parent=parent,
        comment="first try",
        owner="me@example.org",
        labels={"env": "test"},
        metadata={"k": 1},
        source=source,
    )
    assert not run.exists
    assert (run.status, run.namespace, run.experiment_id) == (RunStatus.RUNNING, "vision", experiment.id)
    assert (run.source, run.comment, run.owner) == (source, "first try", "me@example.org")
    read = client.run(run.id)
    assert (read.source, read.labels, read.started_at) == (source, {"env": "test"}, run.started_at)
    assert (read.name, read.comment, read.parent_id) == ("trial", "first try", parent.id)
    assert read.params == run.hyperparameters() == {"lr": 0.1, "layers": [64]}
    assert run.metadata() == {"k": 1}
    assert parent.children() == [read]
    assert read.parent() == parent.refreshed()
    assert run.experiment() == experiment
    again = experiment.new_run(id=run.id, source=False)
    assert again.exists
    assert again.name == "trial"


def test_a_run_without_a_name_gets_words(experiment: Experiment) -> None:
    first, second = experiment.new_run(source=False), experiment.new_run(source=False)
    assert first.name
    assert first.name != second.name


def test_the_source_is_captured_unless_it_is_switched_off(experiment: Experiment) -> None:
    captured = experiment.new_run().refreshed().source
    assert captured is not None
    assert captured.python_version.startswith("3.")
    assert "grpcio" in captured.dependencies
    assert experiment.new_run(source=False).refreshed().source is None
    with pytest.raises(InvalidFieldError, match="source"):
        experiment.new_run(source="git")  # type: ignore[arg-type]  # that is the test


def test_a_run_ends_as_its_block_is_left(experiment: Experiment) -> None:
    with experiment.new_run(source=False) as finished:
        finished.log_metrics({"loss": 1.0})
    with pytest.raises(ValueError, match="diverged"), experiment.new_run(source=False) as failed:
        raise ValueError("diverged")
    with pytest.raises(KeyboardInterrupt), experiment.new_run(source=False) as killed:
        raise KeyboardInterrupt
    with pytest.raises(SystemExit), experiment.new_run(source=False) as left:
        raise SystemExit(0)
    with experiment.new_run(source=False) as own:
        own.finish("failed", "out of patience")
    read = [run.refreshed() for run in (finished, failed, killed, left, own)]
    assert [(run.status.name, run.reason) for run in read] == [
        ("FINISHED", ""),
        ("FAILED", "ValueError: diverged"),
        ("KILLED", "KeyboardInterrupt"),
        ("FINISHED", ""),
        ("FAILED", "out of patience"),
    ]
    assert all(run.ended_at is not None and run.ended_at >= run.started_at for run in read)


def test_a_failed_run_is_resumed_and_a_finished_one_is_not(experiment: Experiment) -> None:
    run = experiment.new_run(source=False)
    run.finish("failed")
    resumed = run.resume()
    assert (resumed.status, resumed.ended_at) == (RunStatus.RUNNING, None)
    with resumed:
        pass
    assert run.refreshed().status is RunStatus.FINISHED
    with pytest.raises(RunEndedError):
        run.resume()
    with pytest.raises(InvalidFieldError, match="does not end a run"):
        run.finish("running")


def test_a_block_left_in_a_forked_child_ends_nothing(experiment: Experiment) -> None:
    run = experiment.new_run(source=False)
    with run:
        child = os.fork()
        if child == 0:
            run.__exit__(None, None, None)
            os._exit(0)
        os.waitpid(child, 0)
        assert run.refreshed().status is RunStatus.RUNNING
    assert run.refreshed().status is RunStatus.FINISHED


def test_runs_are_heard_of_until_they_end(client: ModelBox, experiment: Experiment) -> None:
    run = experiment.new_run(source=False)
    silent = experiment.new_run(source=False, heartbeat=False)
    wait_until(lambda: run.refreshed().last_heard_of_at is not None)
    run.finish()
    assert client._session.heartbeat._runs == set()
    assert silent.refreshed().last_heard_of_at is None


def test_runs_are_filtered_and_ordered_by_what_was_logged(runs: list[Run], experiment: Experiment) -> None:
    def names(**of: str) -> list[str]:
        return [run.name for run in experiment.runs(**of)]  # type: ignore[arg-type]  # only texts here

    assert names() == ["r3", "r2", "r1"]
    assert names(filter="metrics.`val/acc`.max > 0.85 or params.lr > 0.25") == ["r3", "r1"]
    assert names(order_by="metrics.`val/acc` desc") == ["r2", "r3", "r1"]
    assert names(filter="params.seed = 7", order_by="params.lr") == ["r1", "r2", "r3"]
    runs[0].finish()
    assert names(filter='status = "finished"') == ["r1"]


@pytest.mark.usefixtures("runs")
def test_the_best_run_is_found_by_the_best_value_of_a_metric(experiment: Experiment) -> None:
    def best(*arguments: str) -> str | None:
        found = experiment.best_run(*arguments)  # type: ignore[arg-type]  # only texts here
        return None if found is None else found.name

    assert best("val/acc") == "r1"
    assert best("val/acc", "min") == "r3"
    assert best("val/acc", "max", "params.lr > 0.15 or params.lr < 0") == "r2"
    assert best("unknown") is None
    with pytest.raises(InvalidFieldError, match="neither max nor min"):
        best("val/acc", "best")
    with pytest.raises(InvalidFieldError, match="backtick"):
        best("a`b")


def test_runs_are_compared(client: ModelBox, runs: list[Run]) -> None:
    compared = client.compare([runs[0], runs[1].id])
    assert compared.columns == ("name", "status", "duration_s", "params.lr", "metrics.val/acc")
    assert compared.to_dict()["metrics.val/acc"] == [0.2, 0.8]


def test_a_run_starts_with_its_experiment_in_one_call(client: ModelBox) -> None:
    first = client.start_run("new", namespace="vision", source=False, labels={"a": "b"})
    second = client.start_run("new", namespace="vision", name="second", source=False)
    experiment = client.experiment(namespace="vision", name="new")
    assert first.experiment_id == second.experiment_id == experiment.id
    assert [run.name for run in client.runs("vision")] == ["second", first.name]
    assert experiment.run(first.id).labels == {"a": "b"}
    with pytest.raises(NotFoundError, match="is of experiment"):
        client.new_experiment("other").run(first.id)


def test_metrics_of_a_run_are_downsampled_and_keep_their_spikes(experiment: Experiment) -> None:
    run = experiment.new_run(source=False)
    for step in range(5_000):
        run.log_metrics({"loss": 100.0 if step == 3_333 else 1.0}, step=step)
    assert len(run.metrics("loss")["loss"]) == 5_000
    few = run.metrics("loss", max_points=100)["loss"]
    assert len(few) <= 110
    assert 100.0 in {point.value for point in few}
    assert (few[0].step, few[-1].step) == (0, 4_999)
    with pytest.raises(InvalidFieldError, match="max_points"):
        run.metrics(max_points=0)


@dataclass
class Settings:
    lr: float = 0.1
    depth: int = 3


@pytest.mark.parametrize("of", [Settings(), {"lr": 0.1, "depth": 3}, Namespace(lr=0.1, depth=3)])
def test_hyperparameters_come_from_what_trainers_have(experiment: Experiment, of: object) -> None:
    run = experiment.new_run(hyperparameters=of, source=False)
    assert run.hyperparameters() == {"lr": 0.1, "depth": 3}


def test_many_hyperparameters_take_several_calls(experiment: Experiment) -> None:
    many: Iterator[tuple[str, int]] = ((f"p{n}", n) for n in range(2_500))
    run = experiment.new_run(source=False)
    run.log_hyperparameters(dict(many))
    assert len(run.hyperparameters()) == 2_500


def test_a_run_that_is_brought_from_elsewhere_has_its_times_and_its_id_there(client: ModelBox) -> None:
    began, ended = datetime(2024, 2, 29, 12, 0, tzinfo=UTC), datetime(2024, 2, 29, 13, 30, tzinfo=UTC)
    brought = client.new_experiment("old").new_run(
        started_at=began, external_id="mlflow:8f1c", source=False, heartbeat=False
    )
    brought.finish("failed", "out of memory", ended_at=ended.timestamp())

    read = client.run(brought.id)
    assert (read.started_at, read.ended_at, read.external_id, read.status.name) == (
        began,
        ended,
        "mlflow:8f1c",
        "FAILED",
    )
    [found] = client.runs("default", filter='external_id = "mlflow:8f1c" and started_at < "2024-03-01"')
    assert found.id == brought.id
    assert brought.external_id == read.external_id
    with pytest.raises(InvalidFieldError, match="ended_at"):
        client.new_experiment("old").new_run(source=False, heartbeat=False).finish(ended_at=datetime(2024, 1, 1))  # noqa: DTZ001
