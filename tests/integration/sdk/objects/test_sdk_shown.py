"""Objects print as one line, a comparison as a table; and they show what was just done with them."""

from pathlib import Path

from modelbox import Artifact, Model, ModelBox


def test_an_object_of_each_kind_prints_as_one_short_line(client: ModelBox, model: Model, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("abc")
    with client.start_run("cv", namespace="vision", name="fold 1", source=False) as run:
        run.log_metrics({"a": 1, "b": 2, "c": 3})
    run = client.run(run.id)
    version = model.new_model_version(unique_tags=["best"])
    checkpoint = run.new_checkpoint(epoch=3)
    [artifact] = run.upload_artifact(file)
    dataset = run.log_dataset(file)
    experiment = run.experiment()
    lines = {
        str(run): f"Run {run.id[:8]} 'fold 1' finished in vision, 3 metrics",
        str(experiment): f"Experiment {experiment.id[:8]} 'cv' in vision, 0 metrics",
        str(version): f"ModelVersion {version.id[:8]} 'digits' version 1 in demo, tagged best, 0 metrics",
        str(model): f"Model {model.id[:8]} 'digits' in demo",
        str(checkpoint): f"Checkpoint {checkpoint.id[:8]} epoch 3 in vision",
        str(dataset): f"Dataset {dataset.id[:8]} 'a.txt' in vision",
        str(artifact): f"Artifact {artifact.id[:8]} {artifact.path!r}, 3 bytes",
        str(Artifact("p", "s3://x")): "Artifact 's3://x', kept elsewhere",
    }
    assert list(lines) == list(lines.values())
    assert repr([run]) == f"[{run}]"
    model.delete()
    assert str(model).endswith("in demo, deleted")


def test_a_comparison_prints_as_a_table(client: ModelBox) -> None:
    for rate in (0.1, 0.2):
        with client.start_run("cv", name=f"r{rate}", hyperparameters={"lr": rate}, source=False) as run:
            run.log_metrics({"acc": rate * 3})
    head, first, second = str(client.compare(client.runs(order_by="name"))).splitlines()
    assert head.split() == ["name", "status", "duration_s", "params.lr", "metrics.acc"]
    assert (first.split()[0], first.split()[-2:]) == ("r0.1", ["0.1", "0.3"])
    assert second.split()[-1] == "0.6"


def test_an_object_shows_what_was_just_changed_with_it(client: ModelBox, model: Model) -> None:
    run = client.start_run("cv", labels={"a": "1", "b": "2"}, source=False, heartbeat=False)
    version = model.new_model_version(unique_tags=["old"])
    before = [hash(run), hash(version), hash(model)]
    run.update(labels={"b": "3", "c": "4"}, remove_labels=["a"], comment="well")
    model.update(owner="you", description="new", task="vision")
    version.set_unique_tag("best")
    version.remove_unique_tag("old")
    assert (run.labels, run.comment) == ({"b": "3", "c": "4"}, "well")
    assert (model.owner, model.description, model.task) == ("you", "new", "vision")
    assert version.unique_tags == ("best",)
    assert (run, model, version.unique_tags) == (run.refreshed(), model.refreshed(), version.refreshed().unique_tags)
    assert before == [hash(run), hash(version), hash(model)]
    run.delete()
    assert run.deleted_at == run.refreshed().deleted_at is not None
    run.restore()
    assert run.deleted_at is None
    client.object(run.id).update(comment="also of one that was not read")


def test_what_is_logged_on_a_run_is_in_it_when_it_is_read_again(client: ModelBox) -> None:
    run = client.start_run("cv", hyperparameters={"lr": 1}, source=False, heartbeat=False)
    run.log_metrics({"loss": 0.5})
    run.log_params({"depth": 2})
    assert (dict(run.metric_summaries), dict(run.params)) == ({}, {"lr": 1})
    again = run.refreshed()
    assert (again.metric_summaries["loss"].latest, again.params) == (0.5, {"lr": 1, "depth": 2})
