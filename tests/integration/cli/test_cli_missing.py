"""`modelbox client …` tells on standard error what was not found; what it prints and its exit code stay as they are."""

import json
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import pytest

from modelbox import ModelBox
from tests.integration.cli_calls import run

WAIT_S = 30.0


@pytest.fixture(autouse=True)
def run_id(cli_server: None) -> str:  # noqa: ARG001  # it has to be there before
    with ModelBox(namespace="team/fin") as box, box.start_run("lid", source=False) as run_:
        run_.log_metrics({"accuracy": 0.9}, step=1)
    return run_.id


def test_a_list_by_a_mistyped_key_says_so_and_stays_valid_json() -> None:
    found = run("runs", "list", "--namespace", "team/fin", "--filter", "metrics.acuracy > 0.5", "--output", "json")
    assert json.loads(found.stdout) == []
    assert found.stderr == (
        "Warning: filter: nothing that was searched has metrics.acuracy; the nearest: metrics.accuracy\n"
    )
    ordered = run("runs", "list", "--namespace", "team/fin", "--order-by", "metrics.acuracy desc")
    assert "Warning: order_by: nothing that was searched has metrics.acuracy" in ordered.stderr


def test_a_mistyped_namespace_is_told_for_every_list() -> None:
    for command in (["runs", "list"], ["experiments", "list"], ["models", "list"], ["datasets", "list"], ["list"]):
        found = run(*command, "--namespace", "team/finf")
        assert "Warning: namespace: there is nothing in 'team/finf'; the nearest: team/fin\n" in found.stderr
        assert found.stderr.count("\n") == 1


def test_a_watch_of_a_mistyped_namespace_says_so_before_it_waits(caplog: pytest.LogCaptureFixture) -> None:
    def begin_later() -> None:
        deadline = monotonic() + WAIT_S
        while "there is nothing in 'team/finf'; the nearest: team/fin" not in caplog.text and monotonic() < deadline:
            sleep(0.05)
        with ModelBox(namespace="team/finf") as box:
            box.new_experiment("late")

    beginning = Thread(target=begin_later)
    beginning.start()
    watched = run("watch", "--namespace", "team/finf", "--count", "1")
    beginning.join()
    assert "ExperimentCreated" in watched.stdout
    assert "Warning: namespace: there is nothing in 'team/finf'; the nearest: team/fin\n" in watched.stderr


def test_the_best_run_by_a_mistyped_metric_is_told_with_the_nearest() -> None:
    best = run("runs", "best", "--namespace", "team/fin", "--experiment", "lid", "--metric", "acuracy", code=1)
    assert "the nearest: metrics.accuracy" in best.stderr


def test_an_experiment_of_another_namespace_is_told() -> None:
    shown = run("experiments", "show", "--experiment", "lid", code=1)
    assert "there is no experiment 'lid' in namespace 'default'; there is one in 'team/fin'" in shown.stderr


def test_the_environment_names_the_namespace_and_an_option_wins(monkeypatch: pytest.MonkeyPatch, run_id: str) -> None:
    monkeypatch.setenv("MODELBOX_NAMESPACE", "team/fin")
    for command in (["runs", "list", "--experiment", "lid"], ["runs", "list"]):
        [found] = json.loads(run(*command, "--output", "json").stdout)
        assert found["id"] == run_id
    assert json.loads(run("runs", "list", "--namespace", "default", "--output", "json").stdout) == []


def test_files_are_downloaded_by_model_and_tag_and_by_their_path(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "model.joblib").write_text("weights")
    run("models", "create", "--name", "digits", "--namespace", "team/fin")
    which = ("--model", "digits", "--namespace", "team/fin")
    run("model-versions", "create", *which, "--unique-tag", "production", "--track", "/data/set.npz")
    tagged = (*which, "--tag", "production")
    run("artifacts", "upload", *tagged, "--path", str(tmp_path / "sub"))
    listed = json.loads(run("artifacts", "list", *tagged, "--output", "json").stdout)
    assert [file["path"] for file in listed] == ["sub/model.joblib", "/data/set.npz"]
    down = ("artifacts", "download", *tagged, "--path", str(tmp_path / "down"))
    one = run(*down, "--artifact-path", "sub/model.joblib")
    assert one.stdout.strip() == str(tmp_path / "down" / "sub" / "model.joblib")
    assert one.stderr == ""
    everything = run(*down)
    assert everything.stdout == one.stdout
    assert "'/data/set.npz': only tracked" in everything.stderr
    assert "'model.joblib'" in run(*down, "--artifact-path", "model.job", code=1).stderr.replace("sub/", "")
    run("artifacts", "download", "--tag", "production", code=2)


def test_a_model_that_only_tracks_says_so_where_it_is_downloaded(tmp_path: Path) -> None:
    run("models", "create", "--name", "digits", "--track", "model.joblib")
    refused = run("artifacts", "download", "--model", "digits", "--path", str(tmp_path), code=1)
    assert "'model.joblib': only tracked, not uploaded" in refused.stderr


def test_the_help_of_artifacts_names_every_kind_of_object() -> None:
    for command in (["upload"], ["track"], ["download"], ["list"], []):
        text = " ".join(run("artifacts", *command, "--help").stdout.split())
        assert all(kind in text for kind in ("experiment", "run", "checkpoint", "dataset", "model", "version"))
