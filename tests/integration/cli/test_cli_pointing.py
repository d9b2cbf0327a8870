"""`modelbox client …`: every command names the object that it is about in the same ways."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from modelbox import ModelBox
from modelbox.cli.main import main
from tests.integration.cli_calls import read, run

pytestmark = pytest.mark.usefixtures("cli_server")

WHERE = ("--namespace", "vision")
EXPERIMENT = ("--experiment", "digits", *WHERE)


@pytest.fixture
def ids(client: ModelBox) -> dict[str, str]:
    experiment = client.new_experiment("digits", namespace="vision")
    run_ = experiment.new_run("fold 1", hyperparameters={"lr": 0.1}, source=False, heartbeat=False)
    run_.log_metrics({"acc": 0.5}, step=1)
    run_.update_metadata("k", 1)
    client.flush()
    model = client.new_model("net", namespace="vision")
    return {
        "experiment": experiment.id,
        "run": run_.id,
        "checkpoint": run_.new_checkpoint(3).id,
        "dataset": client.new_dataset("corpus", namespace="vision").id,
        "model": model.id,
        "model_version": model.new_model_version(unique_tags=["best"]).id,
    }


def test_a_run_is_an_argument_an_id_or_a_run_everywhere(ids: dict[str, str]) -> None:
    whole, beginning = ids["run"], ids["run"][:18]
    for given in ((beginning,), ("fold 1", *WHERE), ("--id", "fold 1", *EXPERIMENT), ("--run", beginning)):
        assert read("runs", "show", *given)["id"] == whole
        for command in (["metrics"], ["metrics", "list"]):
            assert [one["value"] for one in read(*command, *given)] == [0.5]
        for command in (["metadata"], ["metadata", "list"]):
            assert read(*command, *given) == {"k": 1}
        assert read("hyperparameters", *given) == {"lr": 0.1}
        assert read("artifacts", *given) == read("events", *given) == []
        assert [one["epoch"] for one in read("checkpoints", "list", *given)] == [3]
        assert "lr" in CliRunner().invoke(main, ["report", *given]).stdout
        assert read("history", *given)
    for old in ("--run-id", "--parent-id"):
        assert read("metadata", "list", old, whole) == {"k": 1}
    assert [one["epoch"] for one in read("checkpoints", "list", "--run-id", whole)] == [3]


def test_each_kind_is_an_argument_an_id_or_its_kinds_option(ids: dict[str, str]) -> None:
    names = {"experiment": "digits", "dataset": "corpus", "model": "net"}
    for kind, one in ids.items():
        option = f"--{kind.replace('_', '-')}"
        for given in ((one[:18],), ("--id", one), (option, one[:18])):
            assert read(f"{kind.replace('_', '-')}s", "show", *given)["id"] == one if kind != "checkpoint" else True
            run("metadata", "set", *given, "of", kind)
            assert read("metadata", *given)["of"] == kind
        if kind in names:
            assert read("metadata", names[kind], *WHERE)["of"] == kind
            assert read(f"{kind}s", "show", names[kind], *WHERE)["id"] == one
    assert read("model-versions", "show", "net", "--tag", "best", *WHERE)["id"] == ids["model_version"]
    promoted = read("checkpoints", "promote", ids["checkpoint"][:18], "--model", "net", *WHERE)
    assert promoted["checkpoint_id"] == ids["checkpoint"]


def test_the_first_argument_is_the_object_unless_an_option_names_it(ids: dict[str, str], tmp_path: Path) -> None:
    run("metadata", "set", "fold 1", "color", "red", *WHERE)
    assert run("metadata", "show", ids["run"], "color").stdout == '"red"\n'
    run("metadata", "delete", "--run", ids["run"], "color", "k")
    assert read("metadata", ids["run"]) == {}
    run("labels", ids["run"], "env=prod")
    run("metrics", "log", ids["run"], "acc=0.75")
    assert [one["name"] for one in [read("runs", "best", "acc", *EXPERIMENT)]] == ["fold 1"]
    file = tmp_path / "t1.py"
    file.write_text("pass")
    run("artifacts", "upload", "fold 1", str(file), *WHERE)
    run("artifacts", "upload", "--run", ids["run"], str(file), "--path", str(file))
    run("artifacts", "download", "fold 1", *WHERE, "--dest", str(tmp_path / "to"))
    assert (tmp_path / "to" / "t1.py").read_text() == "pass"
    run("model-versions", "tag", ids["model_version"], "new")
    assert "deleted" in run("delete", ids["run"][:18]).stdout
    assert "restored" in run("restore", "fold 1", *WHERE).stdout


def test_what_is_named_not_at_all_or_twice_is_told(ids: dict[str, str]) -> None:
    for command in ("metadata list", "runs show", "delete", "checkpoints list", "experiments show", "artifacts upload"):
        refused = run(*command.split(), code=2)
        assert "give one of: " in refused.stderr
    run("metadata", "list", ids["run"], "--id", ids["run"], code=2)
    run("artifacts", "upload", "--run", ids["run"], code=2)
    client = ModelBox()
    client.new_model("fold 1", namespace="vision")
    several = run("metadata", "list", "fold 1", *WHERE, code=1).stderr
    assert f"{ids['run']} (run)" in several
    assert "(model)" in several
    assert read("metadata", "list", "--run", "fold 1", *WHERE) == {"k": 1}


def test_a_command_that_is_mistyped_is_answered_with_the_nearest() -> None:
    assert "Did you mean 'runs'?" in run("run", "list", code=2).stderr
    assert "Did you mean 'list'?" in run("runs", "lst", code=2).stderr
    assert "Did you mean 'list'?" in run("metadata", "lst", code=2).stderr
    refused = CliRunner().invoke(main, ["clients"])
    assert (refused.exit_code, "Did you mean 'client'?" in refused.output) == (2, True)
