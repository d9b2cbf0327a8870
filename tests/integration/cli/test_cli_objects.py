"""`modelbox client …` for experiments, runs, checkpoints, datasets, events and lineage, against the real server."""

import shlex
from pathlib import Path
from typing import Any

import pytest

from modelbox import ModelBox
from tests.integration.cli_calls import read, run

pytestmark = pytest.mark.usefixtures("cli_server")

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
EXPERIMENT = ("--experiment", "lid", "--namespace", "langtech")


@pytest.fixture
def experiment() -> dict[str, Any]:
    created: dict[str, Any] = read("experiments", "create", "--name", "lid", "--namespace", "langtech")
    return created


@pytest.fixture
def run_id(experiment: dict[str, Any]) -> str:
    started: str = read("runs", "start", "--experiment-id", experiment["id"], "--param", "lr=0.1")["id"]
    return started


README = """
experiments create --namespace langtech --owner your@email.com --name wav2vec-lid --framework pytorch
experiments list --namespace langtech
models create --name wav2vec --owner diptanuc@gmail.com --task asr --description English ASR --namespace langtech
list --namespace langtech
"""


def test_the_commands_of_the_published_readme_run_as_printed() -> None:
    create, listing, model, everything = (run(*shlex.split(line)).stdout for line in README.strip().splitlines())
    assert "wav2vec-lid" in create
    assert "PYTORCH" in create
    assert "your@email.com" in listing
    assert "English ASR" in model
    assert "wav2vec-lid" in everything
    assert "diptanuc@gmail.com" in everything
    [created] = read("models", "list", "--namespace", "langtech")
    assert (created["description"], created["namespace"]) == ("English ASR", "langtech")


def test_the_published_commands_of_checkpoints_and_artifacts_run(experiment: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "epoch3.ckpt").write_bytes(b"weights")
    which = ("--experiment-id", experiment["id"])
    tracked = read("checkpoints", "create", *which, "--path", "s3://b/2.ckpt", "--epoch", "2")
    uploaded = read(
        "checkpoints", "create", *which, "--path", str(tmp_path / "epoch3.ckpt"), "--epoch", "3", "--upload"
    )
    assert (tracked["exists"], tracked["epoch"], uploaded["epoch"]) == (False, 2, 3)
    assert [one["id"] for one in read("checkpoints", "list", *which)] == [tracked["id"], uploaded["id"]]
    files = [read("artifacts", "list", "--parent-id", one["id"])[0] for one in (tracked, uploaded)]
    assert [(file["path"].split("/")[-1], file["uploaded"]) for file in files] == [
        ("2.ckpt", False),
        ("epoch3.ckpt", True),
    ]
    place = run("artifacts", "download", "--id", files[1]["id"], "--path", str(tmp_path / "out")).stdout.strip()
    assert Path(place).read_bytes() == b"weights"
    assert run("artifacts", "upload", "--parent-id", experiment["id"], "--path", str(tmp_path / "epoch3.ckpt")).stdout
    run("checkpoints", "create", *which, "--epoch", "1", "--step", "1", code=2)
    run("checkpoints", "create", *which, code=2)


def test_experiments_are_created_listed_and_shown(experiment: dict[str, Any]) -> None:
    child = read(
        *("experiments", "create", "--name", "child", "--namespace", "langtech/asr", "--framework", "PyTorch"),
        *("--task", "lid", "--description", "Which", "language?", "--external-id", "w1"),
        *("--parent-id", experiment["id"], "--metadata", "hours=10", "--label", "env=test"),
    )
    assert child["exists"] is False
    assert read("experiments", "create", "--name", "child", "--namespace", "langtech/asr")["exists"] is True
    assert (child["description"], child["parent_id"], child["labels"]) == (
        "Which language?",
        experiment["id"],
        {"env": "test"},
    )
    [listed] = read("experiments", "list", "--namespace", "langtech/asr", "--filter", 'labels.env = "test"')
    assert listed == {key: value for key, value in child.items() if key != "exists"}
    both = read("experiments", "list", "--namespace", "langtech", "--recursive", "--order-by", "name")
    assert [one["name"] for one in both] == ["child", "lid"]
    shown = read("experiments", "show", "--experiment", "child", "--namespace", "langtech/asr")
    assert shown == {**listed, "metadata": {"hours": 10}}
    assert read("experiments", "show", "--id", child["id"]) == shown
    assert run("experiments", "list", "--filter", "name ~ 1", code=1).stderr.startswith("Error: filter: ")


def test_runs_are_started_ended_resumed_and_listed(experiment: dict[str, Any]) -> None:
    started = read(
        *("runs", "start", *EXPERIMENT, "--name", "first", "--param", "lr=0.1", "--param", "opt=adam"),
        *("--label", "env=test", "--comment", "a try"),
    )
    assert (started["status"], started["params"]) == ("running", {"lr": 0.1, "opt": "adam"})
    which = ("--id", started["id"])
    run("runs", "end", *which, "--status", "failed", "--reason", "out of memory")
    failed = read("runs", "show", *which)
    assert (failed["status"], failed["reason"], failed["comment"]) == ("failed", "out of memory", "a try")
    run("runs", "resume", *which)
    run("runs", "end", *which)
    [listed] = read("runs", "list", *EXPERIMENT, "--filter", 'status = "finished"')
    assert listed["id"] == started["id"]
    again = run("runs", "end", *which, "--status", "killed", code=1)
    assert again.stderr.startswith("Error: ")
    read("runs", "start", "--experiment-id", experiment["id"], "--name", "second")
    assert [one["name"] for one in read("runs", "list", "--namespace", "langtech")] == ["second", "first"]
    assert "finished" in run("runs", "list", *EXPERIMENT).stdout
    run("runs", "start", code=2)
    run("runs", "list", *EXPERIMENT, "--recursive", code=2)


def test_runs_are_compared_and_the_best_is_found(client: ModelBox, experiment: dict[str, Any]) -> None:
    ids = [read("runs", "start", *EXPERIMENT, "--name", f"r{n}", "--param", f"lr={n}")["id"] for n in (1, 2)]
    for run_id, loss in zip(ids, (0.5, 0.25), strict=True):
        client.object(run_id).log_metrics({"val/loss": loss})
    client.flush()
    compared = read("runs", "compare", *ids)
    assert [(one["params.lr"], one["metrics.val/loss"]) for one in compared] == [(1, 0.5), (2, 0.25)]
    by_experiment = read("runs", "compare", "--experiment-id", experiment["id"], "--order-by", "name")
    assert by_experiment == compared
    assert "metrics.val/loss" in run("runs", "compare", *ids).stdout
    best = ("runs", "best", *EXPERIMENT, "--metric")
    assert read(*best, "val/loss")["name"] == "r1"
    assert read(*best, "val/loss", "--mode", "min")["name"] == "r2"
    assert run(*best, "missing", code=1).stderr.splitlines()[-1].startswith("Error: metric: ")
    run("runs", "compare", code=2)


def test_a_checkpoint_is_promoted(run_id: str) -> None:
    read("models", "create", "--name", "lid", "--namespace", "langtech")
    made = read("checkpoints", "create", "--run-id", run_id, "--step", "100", "--metric", "acc=0.9", "--label", "a=b")
    assert (made["step"], made["run_id"], made["metric_values"]) == (100, run_id, {"acc": 0.9})
    version = read(
        *("checkpoints", "promote", "--id", made["id"], "--model", "lid", "--namespace", "langtech"),
        *("--unique-tag", "best", "--description", "from", "the", "sweep"),
    )
    assert (version["checkpoint_id"], version["run_id"], version["version"]) == (made["id"], run_id, "1")
    assert (version["description"], version["unique_tags"]) == ("from the sweep", ["best"])
    assert read("metrics", "--id", version["id"])[0]["value"] == 0.9
    lineage = read("lineage", "--id", version["id"], "--direction", "upstream")
    assert {node["type"] for node in lineage["nodes"]} >= {"model_version", "checkpoint", "run"}
    table = run("lineage", "--id", version["id"], "--depth", "1").stdout
    assert "checkpoint" in table


def test_datasets_and_everything_in_a_namespace_are_listed(client: ModelBox) -> None:
    client.new_experiment("lid", namespace="langtech")
    dataset = client.new_dataset("corpus", namespace="langtech", location="s3://b/c", row_count=3, metadata={"k": 1})
    [listed] = read("datasets", "list", "--namespace", "langtech")
    assert (listed["id"], listed["row_count"], listed["columns"]) == (dataset.id, 3, [])
    assert read("datasets", "show", "--id", dataset.id)["metadata"] == {"k": 1}
    read("models", "create", "--name", "m", "--namespace", "langtech/asr")
    everything = read("list", "--namespace", "langtech", "--recursive")
    assert [(one["kind"], one["name"]) for one in everything] == [
        ("experiment", "lid"),
        ("model", "m"),
        ("dataset", "corpus"),
    ]
    assert [one["kind"] for one in read("list", "--namespace", "langtech")] == ["experiment", "dataset"]
    counted = {one["name"]: (one["experiments"], one["models"], one["datasets"]) for one in read("namespaces")}
    assert counted == {"langtech": (1, 0, 1), "langtech/asr": (0, 1, 0)}


def test_events_hyperparameters_and_metadata_are_logged_and_listed(run_id: str) -> None:
    which = ("--id", run_id)
    run("events", "log", *which, "--name", "deployed", "--source", "ci", "--metadata", "to=eu", "--wallclock", "100")
    run("events", "log", *which, "--name", "deployed", "--source", "ci", "--metadata", "to=eu", "--wallclock", "100")
    run("events", "log", *which, "--name", "retired", "--wallclock", "2030-01-01T00:00Z")
    first, second = read("events", "list", *which)
    assert (first["name"], first["source"], first["metadata"]) == ("deployed", "ci", {"to": "eu"})
    assert second["wallclock_time"] == "2030-01-01T00:00:00+00:00"
    assert [one["name"] for one in read("events", "list", *which, "--since", "2029-01-01")] == ["retired"]
    assert "deployed" in run("events", "list", *which).stdout
    run("hyperparameters", "log", *which, "optimizer.name=adam", "layers=[64, 32]")
    assert read("hyperparameters", "list", *which) == {"lr": 0.1, "optimizer.name": "adam", "layers": [64, 32]}
    assert "[64, 32]" in run("hyperparameters", "list", *which).stdout
    run("metadata", "set", *which, "k", "1")
    run("metadata", "set", *which, "k", "2")
    assert run("metadata", "show", *which, "k").stdout == "2\n"
    assert [one["value"] for one in read("metadata", "history", *which, "k")] == [2, 1]
    assert run("metadata", "show", *which, "missing", code=1).stderr.startswith("Error: key: ")


def test_objects_are_changed_labelled_deleted_and_restored(experiment: dict[str, Any]) -> None:
    which = ("--id", experiment["id"])
    run("update", *which, "--owner", "me@example.org", "--description", "two", "words")
    run("labels", *which, "env=prod", "privacy=high")
    run("labels", *which, "--remove", "env")
    shown = read("experiments", "show", *which)
    assert (shown["owner"], shown["description"], shown["labels"]) == (
        "me@example.org",
        "two words",
        {"privacy": "high"},
    )
    run("delete", *which)
    assert read("experiments", "list", "--namespace", "langtech") == []
    [deleted] = read("experiments", "list", "--namespace", "langtech", "--include-deleted")
    assert deleted["deleted_at"] is not None
    assert run("experiments", "create", "--name", "lid", "--namespace", "langtech", code=1).stderr.count("\n") == 1
    run("restore", *which)
    assert len(read("experiments", "list", "--namespace", "langtech")) == 1
    run("update", *which, code=2)
    run("labels", *which, code=2)
    run("delete", "--id", UNKNOWN_ID, code=1)


def test_cluster_members_are_listed() -> None:
    assert "rpc_addr" in run("cluster-members").stdout
    assert isinstance(read("cluster-members"), list)


def test_nothing_is_kept_for_later_when_the_server_is_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A command that could not do what it was told says so, and does not do it an hour later."""
    monkeypatch.setattr("modelbox.cli.common.TIMEOUT_S", 0.3)
    monkeypatch.setenv("MODELBOX_JOURNAL_DIR", str(tmp_path / "journal"))
    for command in (("experiments", "create", "--name", "a"), ("labels", "--id", UNKNOWN_ID, "k=1")):
        result = run(*command, "--server-addr", "localhost:1", code=3)
        assert (result.stdout, result.stderr.count("\n")) == ("", 1)
    assert not (tmp_path / "journal").exists()
