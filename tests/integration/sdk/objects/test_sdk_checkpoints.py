"""Checkpoints through the SDK, on the real server: created by epoch or step, found again, promoted."""

from pathlib import Path

import pytest

from modelbox import Experiment, InvalidFieldError, Model, ModelBox, NotFoundError, Run, UniqueTagTakenError


@pytest.fixture
def experiment(client: ModelBox) -> Experiment:
    return client.new_experiment("digits", namespace="vision")


@pytest.fixture
def run(experiment: Experiment) -> Run:
    return experiment.new_run(source=False, heartbeat=False)


def test_a_checkpoint_of_an_experiment_is_what_was_given(client: ModelBox, experiment: Experiment) -> None:
    checkpoint = experiment.new_checkpoint(
        3, {"val_acc": 0.9}, artifacts=["s3://b/3.pt"], metadata={"k": 1}, labels={"best": "yes"}
    )
    assert not checkpoint.exists
    assert (checkpoint.epoch, checkpoint.step, checkpoint.run_id) == (3, None, "")
    assert (checkpoint.experiment_id, checkpoint.namespace) == (experiment.id, "vision")
    assert client.checkpoint(checkpoint.id) == experiment.checkpoint(3) == checkpoint
    assert checkpoint.metadata() == {"k": 1}
    assert [artifact.path for artifact in checkpoint.artifacts()] == ["s3://b/3.pt"]
    [point] = checkpoint.all_metrics()["val_acc"]
    assert (point.step, point.value) == (3, 0.9)
    assert checkpoint.refreshed().metric_values == {"val_acc": 0.9}


def test_a_checkpoint_is_keyed_by_epoch_or_step_of_its_run(experiment: Experiment, run: Run) -> None:
    by_epoch, by_step = run.new_checkpoint(1), run.new_checkpoint(step=1)
    assert by_epoch.id != by_step.id
    assert (by_step.epoch, by_step.step, by_step.run_id) == (None, 1, run.id)
    assert run.checkpoint(step=1) == by_step
    again = run.new_checkpoint(1, {"loss": 1.0})
    assert again.exists
    assert again == by_epoch
    of_the_experiment = experiment.new_checkpoint(1)
    assert of_the_experiment.id not in {by_epoch.id, by_step.id}
    with pytest.raises(NotFoundError):
        run.checkpoint(2)


def test_checkpoints_are_listed_by_epoch(experiment: Experiment, run: Run) -> None:
    for epoch in (2, 0, 1):
        run.new_checkpoint(epoch, {"loss": 1.0 / (epoch + 1)})
    experiment.new_checkpoint(7)
    assert [one.epoch for one in run.checkpoints()] == [0, 1, 2]
    assert {one.epoch for one in experiment.checkpoints()} == {0, 1, 2, 7}
    assert [one.epoch for one in run.checkpoints(filter="metrics.loss < 0.75", order_by="epoch desc")] == [2, 1]
    assert [one.epoch for one in run.checkpoints(limit=1)] == [0]


def test_a_checkpoint_keeps_files_for_a_restart(run: Run, tmp_path: Path) -> None:
    (tmp_path / "state.ckpt").write_bytes(b"weights")
    checkpoint = run.new_checkpoint(1)
    checkpoint.upload_artifact(tmp_path / "state.ckpt")
    checkpoint.track_artifacts("s3://b/optimizer.pt")
    places = run.checkpoint(1).download_artifacts(tmp_path / "restart")
    assert [(place.name, place.read_bytes()) for place in places] == [("state.ckpt", b"weights")]
    [artifact] = [artifact for artifact in checkpoint.artifacts() if artifact.uploaded]
    assert artifact.download(tmp_path / "again").read_bytes() == b"weights"
    artifact.log_metrics({"size_mb": 1.0})
    artifact.log_event("scanned")
    assert artifact.metrics()["size_mb"][0].value == 1.0
    assert [event.name for event in artifact.events()] == ["scanned"]


def test_promotion_makes_a_model_version_with_files_and_metrics(run: Run, model: Model, tmp_path: Path) -> None:
    (tmp_path / "state.ckpt").write_bytes(b"weights")
    checkpoint = run.new_checkpoint(3, {"val_acc": 0.9}, artifacts=["s3://b/3.pt"], metadata={"a": 1, "b": 1})
    checkpoint.upload_artifact(tmp_path / "state.ckpt")
    version = checkpoint.promote(
        model,
        description="the best so far",
        unique_tags="candidate",
        metadata={"b": 2},
        labels={"env": "test"},
    )
    assert not version.exists
    assert (version.model_id, version.version, version.name) == (model.id, "1", "digits")
    assert (version.checkpoint_id, version.run_id) == (checkpoint.id, run.id)
    assert version.experiment_id == run.experiment_id
    assert (version.unique_tags, version.labels) == (("candidate",), {"env": "test"})
    assert version.metadata() == {"a": 1, "b": 2}
    assert {artifact.path: artifact.uploaded for artifact in version.artifacts()} == {
        "s3://b/3.pt": False,
        checkpoint.artifacts()[0].path: True,
    }
    [place] = version.download_artifacts(tmp_path / "served")
    assert place.read_bytes() == b"weights"
    [point] = version.metrics()["val_acc"]
    assert (point.step, point.value) == (3, 0.9)
    assert version.metric_summaries["val_acc"].max == 0.9
    with pytest.raises(UniqueTagTakenError):
        checkpoint.promote(model, unique_tags="candidate")
    moved = checkpoint.promote(model.id, version="rc", unique_tags=["candidate"], move_tags=True)
    assert model.model_version(tag="candidate") == moved
    again = checkpoint.promote(model, version="rc")
    assert again.exists
    assert again.id == moved.id


def test_a_version_made_by_a_run_says_so(run: Run, model: Model) -> None:
    version = model.new_model_version(run=run, labels={"env": "test"})
    assert (version.run_id, version.experiment_id) == (run.id, run.experiment_id)
    assert version.labels == {"env": "test"}
    assert model.model_versions(filter='labels.env = "test"') == [version]


def test_bad_checkpoints_are_refused(experiment: Experiment, model: Model) -> None:
    with pytest.raises(InvalidFieldError):
        experiment.new_checkpoint()
    checkpoint = experiment.new_checkpoint(1)
    with pytest.raises(NotFoundError):
        checkpoint.promote("00000000-0000-4000-8000-000000000000")
    with pytest.raises(InvalidFieldError):
        checkpoint.promote(checkpoint.id + "x")
    assert model.model_versions() == []
