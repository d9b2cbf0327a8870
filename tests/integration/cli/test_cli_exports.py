"""What `modelbox client …` gives to programs: CSV and JSON with all that there is, and ids for scripts."""

import csv
import io

import pytest
from click.testing import CliRunner

from modelbox import InvalidFieldError, ModelBox
from modelbox.cli.main import main
from tests.integration.cli_calls import read, run
from tests.integration.sdk_server import wait_until

pytestmark = pytest.mark.usefixtures("cli_server")

SECONDS = 0.282811


@pytest.fixture(autouse=True)
def runs(client: ModelBox) -> None:
    """Two runs of two experiments in two namespaces, the first of which has all that there is."""
    first = client.start_run(
        "digits",
        namespace="vision",
        name="first",
        hyperparameters={"lr": 0.01},
        labels={"env": "prod"},
        source=False,
        heartbeat=False,
        started_at=1_700_000_000,
    )
    first.log_metrics({"loss": 0.5, "system/cpu": 3.0}, step=1)
    first.log_metrics({"loss": 0.25}, step=2)
    first.finish(ended_at=1_700_000_000 + SECONDS)
    client.start_run("letters", namespace="text", name="second", source=False, heartbeat=False)
    client.flush()


def table(*arguments: str) -> list[dict[str, str]]:
    """Run a command of the client and read the CSV that it prints."""
    return list(csv.DictReader(io.StringIO(run(*arguments, "--output", "csv").stdout)))


def test_a_list_of_runs_in_csv_has_all_that_json_has() -> None:
    [row] = table("runs", "list", "--namespace", "vision")
    [whole] = read("runs", "list", "--namespace", "vision")
    assert list(row)[:7] == ["id", "name", "status", "owner", "comment", "started_at", "ended_at"]
    assert (row["metrics.loss"], row["metrics.system/cpu"], row["params.lr"]) == ("0.25", "3.0", "0.01")
    assert (row["labels.env"], row["experiment"], row["namespace"]) == ("prod", "digits", "vision")
    grouped = {"metric_summaries", "params", "labels", "source"}
    assert whole.keys() - grouped <= row.keys()


@pytest.mark.parametrize("kind", ["experiments", "models", "datasets"])
def test_a_list_of_any_kind_in_csv_has_all_that_json_has(client: ModelBox, kind: str) -> None:
    client.new_experiment("digits", namespace="vision").log_metrics({"score": 0.5}, step=1)
    client.new_model("digits", namespace="vision", owner="me", description="small")
    client.new_dataset("digits", namespace="vision", digest="sha256:" + "0" * 64, location="s3://data")
    client.flush()
    [row], [whole] = table(kind, "list", "--namespace", "vision"), read(kind, "list", "--namespace", "vision")
    assert whole.keys() - {"metric_summaries", "params"} <= row.keys()
    assert row["namespace"] == "vision"
    assert row.get("metrics.score", "0.5") == "0.5"
    everything = table("list", "--namespace", "vision")
    assert {one["kind"] for one in everything} == {"experiment", "model", "dataset"}
    assert whole.keys() - {"metric_summaries", "params"} <= everything[0].keys()


def test_versions_and_lineage_in_csv_have_what_json_has(client: ModelBox) -> None:
    version = client.new_model("net", namespace="vision").new_model_version(run=client.run("first", namespace="vision"))
    version.log_metrics({"score": 0.5}, step=1)
    client.flush()
    [row] = table("model-versions", "list", "--model", "net", "--namespace", "vision")
    assert (row["model_id"], row["metrics.score"]) == (version.model_id, "0.5")
    [edge] = [one for one in table("lineage", "--id", version.id) if one["relation"] != "metadata"][:1]
    assert {"from_id", "to_id"} < edge.keys()


def test_programs_have_durations_as_seconds_and_people_with_digits_enough() -> None:
    listed = ("runs", "list", "--namespace", "vision", "--columns", "name,duration")
    [row], [whole] = table(*listed), read(*listed)
    assert float(row["duration"]) == whole["duration"] == pytest.approx(SECONDS, abs=1e-6)
    assert "0.28 s" in run(*listed).stdout


def test_runs_are_listed_with_the_names_of_their_experiments(client: ModelBox) -> None:
    listed = ("runs", "list", "--all-namespaces", "--columns", "name,namespace,experiment")
    rows = [tuple(row.values()) for row in table(*listed)]
    assert rows == [("second", "text", "letters"), ("first", "vision", "digits")]
    assert [one["experiment"] for one in read(*listed)] == ["letters", "digits"]
    # People see at once of what the runs of several are.
    assert {"namespace", "experiment"} < set(run("runs", "list", "--all-namespaces").stdout.splitlines()[0].split())
    assert "experiment" not in run("runs", "list", "--namespace", "vision").stdout.splitlines()[0]
    client.experiment("digits", namespace="vision").delete()
    assert [row["experiment"] for row in table(*listed, "--include-deleted")] == ["letters", "digits"]


@pytest.mark.parametrize("old", [False, True])
def test_metadata_is_set_as_pairs_like_metrics_and_hyperparameters(old: bool) -> None:
    of = ("--run", "first", "--namespace", "vision")
    if old:
        run("metadata", "set", *of, "a", "1")
        run("metadata", "set", *of, "b", "x=2")
        assert read("metadata", "list", *of) == {"a": 1, "b": "x=2"}
        return
    run("metadata", "set", *of, "a=1", "b=x", "c:=1.10")
    assert read("metadata", "list", *of) == {"a": 1, "b": "x", "c": 1.1}
    refused = run("metadata", "set", *of, "a=1", "b", code=2).stderr
    assert "'b' is not KEY=VALUE, and a KEY has no '='" in refused
    run("metadata", "set", *of, "alone", code=2)
    assert read("metadata", "list", *of).keys() == {"a", "b", "c"}


def test_a_destination_that_is_taken_for_an_object_is_answered_with_dest(client: ModelBox) -> None:
    client.new_model("net", namespace="vision").new_model_version(unique_tags=["production"])
    of = ("--namespace", "vision", "--model", "net", "--tag", "production")
    told = run("artifacts", "download", *of, "dl4c", code=2).stderr
    assert "'dl4c' is a second object beside --model; the folder to write into is --dest" in told
    told = run("artifacts", "list", *of, "dl4c", code=2).stderr
    assert "the model 'net' alone; leave out 'dl4c'" in told


def test_what_creates_prints_the_id_alone_for_a_script(client: ModelBox) -> None:
    where = ("--namespace", "vision", "-q")
    started = run("runs", "start", "--experiment", "digits", *where).stdout
    wait_until(lambda: started.strip() in {one.id for one in client.runs("vision")})
    for kind in ("experiments", "models"):
        created = read(kind, "create", "--name", "net", "--namespace", "vision", "--owner", "me")["id"]
        assert run(kind, "create", "--name", "net", "--owner", "me", *where).stdout == f"{created}\n"
    version = run("model-versions", "create", "--model", "net", *where, "--version", "7").stdout.strip()
    wait_until(lambda: version in {one.id for one in client.model("net", namespace="vision").model_versions()})


def test_what_is_not_there_is_answered_with_the_nearest(client: ModelBox) -> None:
    listed = ("runs", "list", "--namespace", "vision", "--columns", "name,metrics.los")
    for more in ((), ("--output", "csv"), ("--output", "json")):
        assert "none of these runs has metrics.los; nearest: metrics.loss" in run(*listed, *more).stderr
    client.new_model("nowhere", namespace="vision").delete()
    for command in ("restore", "delete"):
        assert "; the nearest: 'nowhere'" in run(command, "nothere", "--namespace", "vision", code=1).stderr
    told = CliRunner().invoke(main, ["runs", "list"])
    assert (told.exit_code, "Did you mean 'client runs'?" in told.stderr) == (2, True)


def test_an_order_with_a_minus_is_answered_with_desc(client: ModelBox) -> None:
    told = run("runs", "list", "--namespace", "vision", "--order-by=-metrics.loss", code=1).stderr
    assert "write metrics.loss desc" in told
    with pytest.raises(InvalidFieldError, match=r"write metrics\.loss desc"):
        client.runs("vision", order_by="name, -metrics.loss")


def test_a_bare_key_is_answered_with_the_field_in_which_it_is_there(client: ModelBox) -> None:
    for wrong, right in (("loss", "metrics.loss"), ("lr", "params.lr"), ("env", "labels.env")):
        with pytest.raises(InvalidFieldError, match=rf"; did you mean {right}\? It has"):
            client.runs("vision", filter=f"{wrong} = 5")
        with pytest.raises(InvalidFieldError, match=rf"; did you mean {right}\? It has"):
            client.runs("vision", order_by=f"{wrong} desc")
    with pytest.raises(InvalidFieldError, match=r"; did you mean params.xyz or metrics.xyz or labels.xyz\? It has"):
        client.runs("vision", filter="xyz > 1")
