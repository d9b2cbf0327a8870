"""What tables of `modelbox client …` show to people, against the real server."""

import csv
import fcntl
import io
import json
import os
import struct
import subprocess
import sys
import termios
from datetime import UTC, datetime
from pathlib import Path

import pytest

from modelbox import Experiment, ModelBox, Run
from tests.integration.cli_calls import read, run

pytestmark = pytest.mark.usefixtures("cli_server")

EXPERIMENT = ("--experiment", "digits", "--namespace", "vision")
SYSTEM = {f"system/{name}": 0.5 for name in ("cpu", "disk", "gpu", "memory")}


@pytest.fixture
def experiment(client: ModelBox) -> Experiment:
    return client.new_experiment("digits", namespace="vision")


@pytest.fixture
def folds(client: ModelBox, experiment: Experiment) -> list[Run]:
    """A search with five folds."""
    search = experiment.new_run("search", source=False, heartbeat=False)
    for number in range(5):
        fold = search.new_child(f"fold {number}", hyperparameters={"alpha": number / 7}, source=False, heartbeat=False)
        fold.log_metrics({"accuracy": 1 / (number + 3), **SYSTEM}, step=1)
    client.flush()
    return [search, *search.children()]


def lines(*arguments: str) -> list[str]:
    return [line.rstrip() for line in run(*arguments).stdout.splitlines()]


def on_a_terminal(width: int, *arguments: str) -> list[str]:
    """Run a command of the client on a terminal as wide as that, and return its lines."""
    inner, outer = os.openpty()
    fcntl.ioctl(outer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    command = [sys.executable, "-m", "modelbox.cli.main", "client", *arguments]
    subprocess.run(command, stdout=outer, stderr=subprocess.PIPE, timeout=60, check=True)
    os.close(outer)
    with open(inner, "rb") as terminal:  # noqa: PTH123  # a descriptor
        return terminal.read1(100_000).decode().splitlines()


@pytest.mark.usefixtures("folds")
def test_a_list_of_runs_has_metrics_and_params_and_no_empty_columns() -> None:
    head = lines("runs", "list", *EXPERIMENT)[0].split()
    assert head == ["id", "name", "status", "started_at", "metrics.accuracy", "params.alpha"]
    run("runs", "end", "fold 0", *EXPERIMENT)
    run("update", "fold 1", *EXPERIMENT, "--owner", "anna")
    assert {"duration", "owner"} < set(lines("runs", "list", *EXPERIMENT)[0].split())
    rows = csv.reader(io.StringIO(run("runs", "list", *EXPERIMENT, "--output", "csv").stdout))
    assert next(iter(rows))[:7] == ["id", "name", "status", "owner", "comment", "started_at", "ended_at"]
    assert lines("runs", "list", *EXPERIMENT, "--columns", "name,comment")[0].split() == ["name", "comment"]


@pytest.mark.usefixtures("folds")
def test_no_time_and_no_number_is_cut_on_a_terminal() -> None:
    for width in (60, 80, 100):
        shown = on_a_terminal(width, "runs", "list", *EXPERIMENT)
        assert max(map(len, shown)) <= width
        for line in shown[2:]:
            assert f"{datetime.now(UTC):%Y-%m-%d}" in line
            assert "Z" in line
            assert "\u2026" not in line


def test_metrics_of_checkpoints_are_columns_of_numbers(experiment: Experiment) -> None:
    experiment.new_checkpoint(1, {"val_loss": 1.3617812345, "acc": 0.5})
    experiment.new_checkpoint(2, {"acc": 0.6666666666, "val_loss": 0.9})
    table = lines("checkpoints", "list", *EXPERIMENT)
    assert table[0].split() == ["id", "epoch", "metrics.acc", "metrics.val_loss", "created_at"]
    assert [line.split()[2:4] for line in table[2:]] == [["0.5", "1.36178"], ["0.666667", "0.9"]]
    assert [one["metric_values"]["acc"] for one in read("checkpoints", "list", *EXPERIMENT)] == [0.5, 0.6666666666]
    made = run("checkpoints", "create", *EXPERIMENT, "--epoch", "3", "--metric", "acc=0.123456789").stdout
    assert "0.123457" in made
    assert "{" not in made


def test_children_stand_in_the_order_of_their_creation(folds: list[Run]) -> None:
    assert [one.name for one in folds[0].children()] == [f"fold {number}" for number in range(5)]
    tree = lines("runs", "list", *EXPERIMENT, "--tree", "--columns", "name")
    assert [line.lstrip("\u251c\u2514\u2500 ") for line in tree[2:]] == ["search", *(f"fold {n}" for n in range(5))]
    newest = folds[0].children(order_by="created_at desc", limit=1)
    assert [one.name for one in newest] == ["fold 4"]


def test_a_deleted_parent_stands_in_the_tree_as_deleted(folds: list[Run], experiment: Experiment) -> None:
    later = experiment.new_run("later", source=False, heartbeat=False)
    folds[0].delete()
    tree = lines("runs", "list", *EXPERIMENT, "--tree", "--columns", "name")
    assert tree[0].split() == ["name", "deleted_at"]
    assert [line.split()[0] for line in tree[2:4]] == [later.name, "search"]
    assert tree[3].endswith("Z")
    assert [line.strip() for line in tree[4:]] == [
        *(f"\u251c\u2500 fold {number}" for number in range(4)),
        "\u2514\u2500 fold 4",
    ]
    assert "search" not in run("runs", "list", *EXPERIMENT, "--columns", "name").stdout


@pytest.mark.usefixtures("folds")
def test_metrics_of_the_machine_stand_last_and_only_where_they_are_asked_for() -> None:
    listed = ("runs", "list", *EXPERIMENT, "--columns")
    compared = ("runs", "compare", *EXPERIMENT)
    keys = ["metrics.accuracy", *(f"metrics.{key}" for key in SYSTEM)]
    for command in ((*listed, "name,metrics"), compared):
        table = run(*command)
        assert "system/" not in table.stdout
        assert "left out 4 metrics.system/" in table.stderr
        assert "--columns all" in table.stderr
        rows = csv.reader(io.StringIO(run(*command, "--output", "csv").stdout))
        assert next(iter(rows))[-5:] == keys
        assert set(keys) < set(read(*command)[0])
    for command in ((*listed, "all"), (*compared, "--columns", "all")):
        whole = run(*command)
        assert whole.stdout.splitlines()[0].split()[-5:] == keys
        assert whole.stderr == ""
    assert "system/cpu" in run(*listed, "name,metrics.system/cpu").stdout


def test_durations_are_shown_in_one_way(experiment: Experiment, client: ModelBox) -> None:
    for name, seconds in (("short", 0.282811), ("long", 3723.5)):
        ended = experiment.new_run(name, started_at=100.0, source=False, heartbeat=False)
        ended.finish(ended_at=100.0 + seconds)
    client.flush()
    for command in (["list"], ["compare"]):
        shown = run("runs", *command, *EXPERIMENT).stdout
        assert "0.28 s" in shown
        assert "1:02:03" in shown
        assert "duration" in shown.splitlines()[0].split()
    assert "0.28 s" in run("runs", "show", "short", *EXPERIMENT).stdout
    assert [one["duration_s"] for one in read("runs", "compare", *EXPERIMENT)] == [3723.5, 0.282811]


def test_the_time_of_a_point_has_one_name(experiment: Experiment, client: ModelBox) -> None:
    experiment.log_metrics({"loss": 0.5}, step=1, wallclock=1.0)
    client.flush()
    run("events", "log", experiment.id, "--name", "deployed", "--time", "1")
    for command in ("metrics", "events"):
        for more in ((), ("--all",) if command == "metrics" else ()):
            assert "time" in lines(command, "list", experiment.id, *more)[0].split()
    assert set(read("metrics", experiment.id)[0]) == {"key", "step", "wallclock", "value"}
    assert "wallclock_time" in read("events", experiment.id)[0]


def test_what_says_nothing_is_left_out_of_an_object(tmp_path: Path, client: ModelBox) -> None:
    created = ("experiments", "create", "--name", "new")
    assert "exists" not in run(*created).stdout
    assert "exists" in run(*created).stdout
    assert json.loads(run(*created, "--output", "json").stdout)["exists"] is True
    program = "import modelbox; print(modelbox.start_run('new').id)"
    environment = {**os.environ, "MODELBOX_API_ADDR": client.address}
    printed = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    shown = run("runs", "show", printed.stdout.split()[-1]).stdout
    assert "source.host" in shown
    assert "source.dirty" not in shown


def test_objects_are_shown_with_metrics_in_short(experiment: Experiment, client: ModelBox) -> None:
    experiment.log_metrics({"loss": 0.123456789}, step=1)
    client.flush()
    shown = run("experiments", "show", "digits", "--namespace", "vision").stdout
    assert "metrics.loss" in shown
    assert "0.123457  (min 0.123457, max 0.123457, step 1, points 1)" in shown


def test_tags_with_a_comma_or_blank_stand_in_quotes(client: ModelBox) -> None:
    version = client.new_model("net", namespace="vision").new_model_version(unique_tags=["production", "a b,c"])
    shown = run("model-versions", "list", "--model", "net", "--namespace", "vision").stdout
    assert '"a b,c", production' in shown
    assert "&quot;a b,c&quot;, production" in version._repr_html_()
