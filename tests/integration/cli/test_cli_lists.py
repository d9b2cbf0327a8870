"""What `modelbox client …` prints of runs, metrics and lists, against the real server."""

import csv
import io
import json
import re
from typing import Any

import pytest
from click.testing import CliRunner

from modelbox import Experiment, ModelBox, Run
from modelbox.cli.commands.client.metrics import TABLE_POINTS_MAX
from modelbox.cli.main import main
from tests.integration.cli_calls import read, run
from tests.integration.sdk_server import wait_until

pytestmark = pytest.mark.usefixtures("cli_server")

EXPERIMENT = ("--experiment", "digits", "--namespace", "vision")


@pytest.fixture
def experiment(client: ModelBox) -> Experiment:
    return client.new_experiment("digits", namespace="vision")


@pytest.fixture
def runs(client: ModelBox, experiment: Experiment) -> list[Run]:
    """A sweep with two runs in it, the second of them with one in itself."""
    sweep = experiment.new_run("sweep", source=False, heartbeat=False)
    first = experiment.new_run("first", hyperparameters={"lr": 0.000123}, parent=sweep, source=False, heartbeat=False)
    second = experiment.new_run(
        "second", hyperparameters={"lr": 0.1, "batch": 12345}, parent=sweep, source=False, heartbeat=False
    )
    inner = experiment.new_run("inner", parent=second, source=False, heartbeat=False)
    first.log_metrics({"val/acc": 0.5}, step=1)
    first.log_metrics({"val/acc": 0.25}, step=2)
    second.finish()
    client.flush()
    return [sweep, first, second, inner]


def lines(*arguments: str) -> list[str]:
    return [line.rstrip() for line in run(*arguments).stdout.splitlines()]


@pytest.mark.usefixtures("runs")
def test_runs_are_listed_with_the_columns_that_were_chosen() -> None:
    chosen = ("--columns", "name,parent,params.lr,metrics.val/acc", "--columns", "metrics.val/acc.max,status")
    table = lines("runs", "list", *EXPERIMENT, "--order-by", "name", *chosen)
    assert [line.split() for line in table] == [
        ["name", "parent", "params.lr", "metrics.val/acc", "metrics.val/acc.max", "status"],
        ["-" * len(one) for one in table[1].split()],
        ["first", "sweep", "1.23e-04", "0.25", "0.5", "running"],
        ["inner", "second", "running"],
        ["second", "sweep", "0.1", "finished"],
        ["sweep", "running"],
    ]
    every = lines("runs", "list", *EXPERIMENT, "--columns", "name,metrics,params")
    assert every[0].split() == ["name", "metrics.val/acc", "params.batch", "params.lr"]
    assert "12,345" in "\n".join(every)
    assert read("runs", "list", *EXPERIMENT, "--filter", 'name = "first"', "--columns", "name,params.lr") == [
        {"name": "first", "params.lr": 0.000123}
    ]


@pytest.mark.usefixtures("runs")
def test_a_column_that_is_not_there_is_told() -> None:
    assert "there is no column 'nme'" in run("runs", "list", *EXPERIMENT, "--columns", "nme", code=2).stderr
    told = run("runs", "list", *EXPERIMENT, "--columns", "name,metrics.val/ac,labels.env").stderr
    assert "none of these runs has metrics.val/ac; nearest: metrics.val/acc" in told
    assert "none of these runs has labels.env\n" in told


@pytest.mark.usefixtures("runs")
def test_nested_runs_stand_below_the_run_that_they_are_part_of() -> None:
    tree = lines("runs", "list", *EXPERIMENT, "--order-by", "name desc", "--tree", "--columns", "name")
    assert tree[2:] == ["sweep", "\u251c\u2500 second", "\u2502  \u2514\u2500 inner", "\u2514\u2500 first"]
    part = lines("runs", "list", *EXPERIMENT, "--filter", 'name = "inner"', "--tree", "--columns", "name")
    assert part[2:] == ["inner"]
    run("runs", "list", *EXPERIMENT, "--tree", "--output", "json", code=2)


def test_lists_come_as_csv_and_markdown(experiment: Experiment) -> None:
    experiment.new_run('a|"b",c', comment="two\nlines", hyperparameters={"n": 12345}, source=False, heartbeat=False)
    chosen = ("--columns", "name,comment,params.n")
    text = run("runs", "list", *EXPERIMENT, *chosen, "--output", "csv").stdout
    assert list(csv.reader(io.StringIO(text))) == [
        ["name", "comment", "params.n"],
        ['a|"b",c', "two\nlines", "12345"],
    ]
    assert lines("runs", "list", *EXPERIMENT, *chosen, "--output", "markdown") == [
        "| name | comment | params.n |",
        "| --- | --- | ---: |",
        '| a\\|"b",c | two lines | 12,345 |',
    ]
    shown = run("experiments", "show", *EXPERIMENT, "--output", "csv").stdout
    assert ["name", "digits"] in list(csv.reader(io.StringIO(shown)))


def test_an_empty_list_says_so(experiment: Experiment) -> None:
    where = ("--namespace", "vision")
    for group, text in (("runs", "no runs"), ("models", "no models"), ("datasets", "no datasets")):
        assert run(group, "list", *where).stdout == f"{text}\n"
        assert read(group, "list", *where) == []
    assert run("metrics", "--id", experiment.id).stdout == "no metrics\n"
    assert run("metrics", "--id", experiment.id, "--all").stdout == "no metrics\n"
    assert run("runs", "list", *where, "--columns", "name", "--output", "csv").stdout == "name\n"


def test_deleted_ones_are_marked_and_told(runs: list[Run]) -> None:
    deleted = run("delete", "--id", runs[1].id).stdout
    assert deleted == (
        f"deleted run 'first' ({runs[1].id}); bring it back with: modelbox client restore --id {runs[1].id}\n"
    )
    assert run("delete", runs[1].id).stdout.startswith("deleted already: run 'first'")
    assert "deleted_at" not in run("runs", "list", *EXPERIMENT).stdout
    table = lines("runs", "list", *EXPERIMENT, "--include-deleted", "--columns", "name", "--order-by", "name")
    assert table[0].split() == ["name", "deleted_at"]
    assert re.fullmatch(r"first +\d{4}-.*Z", table[2])
    assert [line.split() for line in table[3:]] == [["inner"], ["second"], ["sweep"]]
    assert run("restore", "--id", runs[1].id).stdout == f"restored run 'first' ({runs[1].id})\n"
    assert run("restore", "--id", runs[1].id).stdout == f"not deleted: run 'first' ({runs[1].id})\n"
    assert read("runs", "show", "--id", runs[1].id)["deleted_at"] is None


def test_a_run_begins_with_how_it_is_and_its_metrics(client: ModelBox) -> None:
    with client.start_run("digits", name="first", namespace="vision", hyperparameters={"lr": 0.1}) as started:
        started.log_metrics({"loss": 0.000123}, step=12345)
    client.flush()
    shown = [line.split("  ", 1) for line in lines("runs", "show", "--id", started.id)]
    names = [name for name, *_ in shown]
    assert names[:2] == ["name", "status"]
    assert names.index("metrics.loss") < names.index("params.lr") < names.index("id") < names.index("source.host")
    [loss] = [rest.strip() for name, rest in shown if name == "metrics.loss"]
    assert loss == "1.23e-04  (min 1.23e-04, max 1.23e-04, step 12,345, points 1)"
    assert not any("click" in name for name in names)
    assert any(name == "packages.click" for name in lines_of_packages(started.id))
    assert read("runs", "show", "--id", started.id)["source"]["dependencies"]


def lines_of_packages(run_id: str) -> list[str]:
    return [line.split(" ", 1)[0] for line in lines("runs", "show", "--id", run_id, "--packages")]


def test_many_points_are_thinned_out_in_a_table_and_whole_elsewhere(client: ModelBox, experiment: Experiment) -> None:
    for step in range(5_000):
        experiment.log_metrics({"loss": float(step)}, step=step, wallclock=step)
    client.flush()
    which = ("metrics", "--id", experiment.id)
    table = run(*which)
    assert len(table.stdout.splitlines()) <= TABLE_POINTS_MAX + 4
    assert f"about {TABLE_POINTS_MAX} points of each metric; every point: --all" in table.stderr
    whole = run(*which, "--all")
    assert (len(whole.stdout.splitlines()), whole.stderr) == (5_002, "")
    assert whole.stdout.splitlines()[-1].split() == ["loss", "4,999", "1970-01-01", "01:23:19Z", "4,999"]
    points: list[dict[str, Any]] = json.loads(run(*which, "--output", "json").stdout)
    assert [point["step"] for point in points] == list(range(5_000))
    assert len(run(*which, "--output", "csv").stdout.splitlines()) == 5_001
    assert len(run(*which, "--last").stdout.splitlines()) == 3
    run(*which, "--all", "--last", code=2)


def test_a_series_that_no_answer_has_room_for_is_printed_whole(
    client: ModelBox, experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in range(500):
        experiment.log_metrics({"loss": float(step)}, step=step)
    client.flush()
    monkeypatch.setattr("modelbox_gateway.rpc.methods.metrics.POINTS_SHOWN_AS_COLUMNS_MAX", 100)
    points = read("metrics", "--id", experiment.id, "--first-step", "1")
    assert [point["step"] for point in points] == list(range(1, 500))


def test_a_shell_script_reports_metrics(client: ModelBox, experiment: Experiment) -> None:
    which = ("--id", experiment.id)
    run("metrics", "log", *which, "loss=0.3", "acc=nan", "--step", "5", "--wallclock", "100")
    run("metrics", "log", *which, "loss=1e-3", "new=1")
    logged = client.object(experiment.id)
    wait_until(lambda: "new" in logged.metrics())
    points = logged.metrics()
    assert [(point.step, point.value) for point in points["loss"]] == [(5, 0.3), (6, 0.001)]
    assert points["loss"][0].wallclock == 100
    assert [(point.step, point.value) for point in points["new"]] == [(0, 1.0)]
    assert repr(points["acc"][0].value) == "nan"
    assert read("metrics", "list", *which, "--key", "new") == read("metrics", *which, "--key", "new")
    for wrong in (("loss=low",), ("loss",), ("loss=1", "loss=2"), ()):
        run("metrics", "log", *which, *wrong, code=2)
    unknown = run("metrics", "log", "--id", "00000000-0000-4000-8000-000000000000", "loss=1", "--step", "1", code=1)
    assert "Error: 1 metric point refused: parent_id: there is no object" in unknown.stderr


def test_a_run_is_reported_as_one_file_of_html(client: ModelBox) -> None:
    with client.start_run("drawn", name="<coral>", source=False, heartbeat=False) as drawn:
        drawn.log_metrics({"loss": 0.5}, step=0)
        drawn.log_metrics({"loss": 0.25}, step=1)
    client.flush()
    result = CliRunner().invoke(main, ["report", drawn.id[:12]])
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("<!doctype html>")
    for shown in ("<title>Run &lt;coral&gt;</title>", "<svg", "loss"):
        assert shown in result.stdout
    assert "http://" not in result.stdout.replace("http://www.w3.org/2000/svg", "")
    assert CliRunner().invoke(main, ["report"]).exit_code == 2
