"""`modelbox client …` for what is deleted, ranged over and listed everywhere, against the real server."""

import pytest

from modelbox import Model, ModelBox
from tests.integration.cli_calls import read, run

pytestmark = pytest.mark.usefixtures("cli_server")


def test_metadata_keys_are_deleted_and_their_history_tells(model: Model) -> None:
    for key in ("a", "b", "c"):
        run("metadata", "set", "--id", model.id, key, "1")
    run("metadata", "delete", "--id", model.id, "a", "b")
    assert read("metadata", "list", "--id", model.id) == {"c": 1}
    told = read("metadata", "history", "--id", model.id, "a")
    assert [(change["value"], change["deleted"]) for change in told] == [(None, True), (1, False)]


def test_metrics_are_printed_by_a_range_of_steps(client: ModelBox, model: Model) -> None:
    for _ in range(6):
        model.log_metric("loss", 1.0)
    client.flush()
    rows = read("metrics", "--id", model.id, "--key", "loss", "--first-step", "2", "--last-step", "4")
    assert [row["step"] for row in rows] == [2, 3, 4]
    assert [row["step"] for row in read("metrics", "--id", model.id, "--first-step", "3", "--last")] == [5]


def test_runs_of_all_namespaces_are_listed_together(client: ModelBox) -> None:
    ids = {client.new_experiment("e", namespace=where).new_run("r").id for where in ("demo", "default")}
    assert {one["id"] for one in read("runs", "list", "--all-namespaces")} == ids
    assert len(read("runs", "list")) == 1
    assert "--all-namespaces" in run("runs", "list", "--all-namespaces", "--namespace", "demo", code=2).stderr


def test_filters_and_orders_are_understood_in_the_words_of_mlflow(client: ModelBox) -> None:
    made = client.new_experiment("e").new_run("quiet-fox", labels={"team": "a"})
    text = "attributes.run_name == 'quiet-fox' and tags.team == 'a'"
    [found] = read("runs", "list", "--filter", text, "--order-by", "run_name desc")
    assert found["id"] == made.id
