"""Points without a step: each key counts up from its last known step, whoever logged that."""

import logging
import threading

import pytest

from modelbox import Model, ModelBox
from modelbox.kinds.run import Run
from tests.integration.sdk_server import SdkServer, wait_until


@pytest.fixture
def run(client: ModelBox) -> Run:
    return client.new_experiment("steps", namespace="demo").new_run("r")


def steps_of(run: Run | Model, key: str) -> list[int]:
    return [point.step for point in run.metrics(key)[key]]


def test_each_key_counts_up_from_its_last_step(run: Run) -> None:
    run.log_metrics({"loss": 1.0})
    run.log_metrics({"loss": 0.5, "accuracy": 0.1})
    run.log_metrics({"loss": 0.4}, step=10)
    run.log_metrics({"loss": 0.3}, 4)
    run.log_metrics({"loss": 0.2, "accuracy": 0.2}, step=None)

    assert steps_of(run, "loss") == [0, 1, 4, 10, 11]
    assert steps_of(run, "accuracy") == [0, 1]


def test_a_step_of_another_library_counts_too(run: Run) -> None:
    run.log_metrics({"loss": 1.0}, step=7.0)
    run.log_metrics({"loss": 1.0})
    assert steps_of(run, "loss") == [7, 8]


def test_several_threads_number_no_two_points_alike(run: Run) -> None:
    def log() -> None:
        for _ in range(200):
            run.log_metrics({"loss": 1.0})

    threads = [threading.Thread(target=log) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert steps_of(run, "loss") == list(range(800))


def test_a_resumed_run_goes_on_from_its_last_step(client: ModelBox, run: Run) -> None:
    for _ in range(3):
        run.log_metrics({"loss": 1.0})
    run.log_metrics({"text": "a"}, step=4)
    run.finish("failed")
    client.flush()
    with ModelBox(client.address) as later:
        resumed = later.run(run.id).resume()
        resumed.log_metrics({"loss": 0.5, "new": 1.0})
        assert steps_of(resumed, "loss") == [0, 1, 2, 3]
        assert steps_of(resumed, "new") == [0]


def test_a_run_that_was_not_read_goes_on_once_the_server_has_answered(client: ModelBox, run: Run) -> None:
    """Nobody waits for that answer: what is logged before it counts from what is known here."""
    run.log_metrics({"loss": 1.0}, step=41)
    client.flush()
    with ModelBox(client.address) as worker:
        unread = worker.object(run.id)
        unread.log_metrics({"other": 1.0})

        def goes_on() -> bool:
            unread.log_metrics({"loss": 2.0})
            worker.flush()
            return max(steps_of(run, "loss")) > 41

        wait_until(goes_on)
    assert 42 in steps_of(run, "loss")


def test_a_model_counts_too(model: Model) -> None:
    model.log_metrics({"size": 1.0})
    model.log_metrics({"size": 2.0})
    assert steps_of(model, "size") == [0, 1]


def test_without_a_server_points_are_numbered_at_once(sdk_server: SdkServer, client: ModelBox, run: Run) -> None:
    client.flush()
    sdk_server.stop()
    client.object(run.id).log_metrics({"loss": 1.0})
    run.log_metrics({"loss": 2.0})
    sdk_server.start()
    assert steps_of(run, "loss") == [0, 1]


def test_a_run_has_ended_once_it_was_finished(client: ModelBox, run: Run) -> None:
    kept = {run}
    assert run.status.name == "RUNNING"
    run.finish("failed", "out of memory")
    assert (run.status.name, run.reason) == ("FAILED", "out of memory")
    assert run.ended_at is not None
    assert run in kept, "it is the same run"
    read = client.run(run.id)
    assert (read.status, read.reason, read.ended_at) == (run.status, run.reason, run.ended_at)


def test_a_run_that_was_resumed_runs_again(client: ModelBox, run: Run) -> None:
    run.finish("failed", "out of memory")
    client.flush()
    run.resume()
    assert run.status.name == "RUNNING"
    assert run.ended_at is None
    assert run.reason == ""


def test_metrics_on_a_run_that_has_ended_are_taken_and_told(
    client: ModelBox, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    run.finish()
    with caplog.at_level(logging.WARNING, logger="modelbox"):
        for late in (run, run, client.run(run.id)):
            late.log_metrics({"late": 1.0, "later": 2.0})
    told = [record.message for record in caplog.records if "has ended" in record.message]
    assert len(told) == 1
    assert run.id in told[0]
    assert client.flush().after_end == client.delivery().after_end == 6
    assert len(run.metrics("late")["late"]) == 3


def test_odd_metrics_are_no_end_of_a_training_that_counts_steps(client: ModelBox, run: Run) -> None:
    run.log_metrics({"loss": object(), "accuracy": 0.5, 5: 1.0})  # type: ignore[dict-item]
    run.log_metrics(None)  # type: ignore[arg-type]
    run.log_metrics({"loss": 1.0, "accuracy": 0.6, 5: 2.0})  # type: ignore[dict-item]
    assert steps_of(run, "accuracy") == steps_of(run, "5") == [0, 1]
    run.finish()
    run.log_metrics(None)  # type: ignore[arg-type]
    assert client.flush().after_end == 0
