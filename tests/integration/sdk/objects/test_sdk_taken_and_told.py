"""What has no effect, or comes too late, is taken as before and told: no call does something else without a word."""

import logging
from collections.abc import Iterator
from pathlib import Path
from time import time

import pytest

from modelbox import MLFramework, Model, ModelBox
from tests.integration.cli_calls import run


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.WARNING, logger="modelbox"):
        yield


def test_what_a_creation_gives_beside_an_object_that_is_there_is_told(
    client: ModelBox, model: Model, caplog: pytest.LogCaptureFixture
) -> None:
    first = model.new_model_version("1", description="one", labels={"env": "test"})
    again = model.new_model_version("1", description="other", labels={"env": "prod"}, framework=MLFramework.KERAS)
    assert (again.description, again.labels) == ("one", {"env": "test"})
    client.new_experiment("e", owner="ada", task="asr")
    client.new_experiment("e", owner="bob", task="asr")
    client.new_model("digits", namespace="demo", owner="you@example.org")
    run_ = client.start_run("e", comment="first", source=False)
    client.start_run("e", id=run_.id, comment="second", source=False)
    told = [message.partition(": ")[2].partition("; `update`")[0] for message in caplog.messages]
    assert told == [
        "description is 'one', not 'other', framework is 'UNKNOWN', not 'KERAS', labels.env is 'test', not 'prod'",
        "owner is 'ada', not 'bob'",
        "owner is 'me@example.org', not 'you@example.org'",
        "comment is 'first', not 'second'",
    ]
    assert caplog.messages[0].startswith(f"ModelVersion {first.id} is there already and stays as it is: ")


def test_a_creation_that_says_the_same_again_is_quiet(
    client: ModelBox, model: Model, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        model.new_model_version("1", description="one", labels={"env": "test"}, framework=MLFramework.KERAS)
        client.new_experiment("e", owner="ada", task="asr", metadata={"a": 1})
    model.new_model_version("1")
    client.new_experiment("e")
    assert caplog.messages == []


def test_metrics_and_files_on_what_is_deleted_are_taken_and_told_once(
    client: ModelBox, model: Model, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    version = model.new_model_version()
    version.delete()
    file = tmp_path / "weights.bin"
    file.write_bytes(b"weights")
    version.upload_artifact(file, artifact_path="")
    version.log_artifact(file, artifact_path="")
    training = client.start_run("e", source=False)
    client.object(training.id).delete()
    known = client.run(training.id)
    known.log_metrics({"loss": 1.0})
    known.log_metrics({"loss": 0.5})
    client.flush()
    assert len(version.artifacts()) == 1
    assert len(known.metrics()["loss"]) == 2
    assert caplog.messages == [
        f"files are uploaded to {version.id}, which is deleted: they are kept; `restore` brings it back",
        f"metrics are logged on {training.id}, which is deleted: they are kept; `restore` brings it back",
    ]
    version.restore()
    version.upload_artifact(file)
    assert len(caplog.messages) == 2


@pytest.mark.usefixtures("cli_server")
def test_the_command_line_tells_of_metrics_on_a_finished_run(client: ModelBox) -> None:
    training = client.start_run("e", source=False)
    for values in (["loss=1"], ["loss=0.5", "accuracy=1"]):
        assert run("metrics", "log", "--id", training.id, *values).stderr == ""
    assert [point.step for point in training.metrics("loss")["loss"]] == [0, 1]
    training.finish()
    client.flush()
    told = run("metrics", "log", "--id", training.id, "loss=2", "--step", "7").stderr
    assert f"metrics are logged on run {training.id}, which has ended (finished): they are kept" in told


def test_a_script_that_is_run_again_with_its_id_is_told_of_other_hyperparameters_and_of_points_beside_others(
    client: ModelBox, caplog: pytest.LogCaptureFixture
) -> None:
    first = client.start_run("e", source=False, hyperparameters={"lr": 0.1, "layers": 3})
    with first:
        first.log_metrics({"loss": 1.0}, step=0)
    client.flush()
    given = {"lr": 0.2, "layers": 3, "seed": 1}
    again = client.start_run("e", source=False, id=first.id, hyperparameters=given)
    again.log_metrics({"loss": 0.5}, step=0)
    ignored, beside = caplog.messages
    assert "stays as it is: hyperparameters.lr is 0.1, not 0.2, hyperparameters.seed is None, not 1; " in ignored
    assert ignored.endswith("`log_hyperparameters` what it says")
    assert "beside those of the same steps" in beside
    assert "skip_logged=True" in beside


def test_an_odd_step_is_told_of_each_metric(client: ModelBox, caplog: pytest.LogCaptureFixture) -> None:
    training = client.start_run("e", source=False)
    for _ in range(2):
        training.log_metrics({"loss": 1.0}, step=-1)
        training.log_metrics({"accuracy": 1.0}, step=1.5)
    told = [message.partition("what is logged there of ")[2].split(" (")[0] for message in caplog.messages]
    assert told == ["loss is kept at step 0", "accuracy is kept at step 1"]


def test_a_run_was_last_heard_of_at_its_end_at_most(client: ModelBox) -> None:
    """Though the server was told of both when it was there again."""
    training = client.start_run("e", source=False)
    training.finish(ended_at=time() - 60)
    found = training.refreshed()
    assert found.ended_at is not None
    assert found.last_heard_of_at is not None
    assert found.last_heard_of_at <= found.ended_at


def test_a_resumed_run_logs_no_step_twice_where_it_is_asked_not_to(
    client: ModelBox, caplog: pytest.LogCaptureFixture
) -> None:
    """Nested metrics count by the key that they come to have."""
    training = client.start_run("e", source=False)
    for step in range(3):
        training.log_metrics({"loss": 1.0, "val/loss": 1.0}, step=step)
    training.finish("killed")
    again = client.run(training.id)
    again.resume(skip_logged=True)
    for step in range(1, 5):
        again.log_metrics({"loss": 0.5, "val": {"loss": 0.5}}, step=step)
    points = again.metrics()
    assert {key: [point.step for point in points[key]] for key in points} == {
        "loss": [0, 1, 2, 3, 4],
        "val/loss": [0, 1, 2, 3, 4],
    }
    assert len([message for message in caplog.messages if "is left out" in message]) == 2
