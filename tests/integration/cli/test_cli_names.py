"""`modelbox client …`: objects by the beginning of their ids and by their names."""

from typing import Any

import grpc
import pytest

from modelbox import ModelBox
from modelbox.proto import modelstore_pb2 as pb
from modelbox.proto.modelstore_pb2_grpc import ModelStoreStub
from modelbox_gateway.rpc.frame.limits import FOUND_OBJECTS_MAX
from tests.integration.cli_calls import read, run

pytestmark = pytest.mark.usefixtures("cli_server")

WHERE = ("--namespace", "vision")
EXPERIMENT = ("--experiment", "digits", *WHERE)


@pytest.fixture
def experiment(cli_server: None) -> dict[str, Any]:  # noqa: ARG001  # commands find it
    created: dict[str, Any] = read("experiments", "create", "--name", "digits", *WHERE)
    return created


def start(name: str, *more: str) -> str:
    started: str = read("runs", "start", *EXPERIMENT, "--name", name, *more)["id"]
    return started


@pytest.mark.usefixtures("experiment")
def test_the_beginning_of_an_id_stands_for_it() -> None:
    started = start("first", "--run-id", "abcdef01-0000-4000-8000-000000000001")
    start("second", "--run-id", "abcdef02-0000-4000-8000-000000000002")
    for beginning in ("abcdef01", "ABCDEF01", "abcdef01-0000-40", "abcdef010000", started):
        assert read("runs", "show", "--id", beginning)["id"] == started
        assert read("metadata", "list", "--id", beginning) == {}
    run("runs", "end", "--id", "abcdef01")
    run("delete", "--id", "abcdef01")
    assert "restored" in run("restore", "--id", "abcdef01").stdout
    assert [one["name"] for one in read("runs", "compare", "abcdef01", "abcdef02")] == ["first", "second"]


@pytest.mark.usefixtures("experiment")
def test_a_beginning_that_several_ids_have_is_refused_with_all_of_them() -> None:
    ids = [start(f"r{n}", "--run-id", f"abcdef0{n}-0000-4000-8000-00000000000{n}") for n in (1, 2)]
    for command in (("runs", "show", "--id"), ("metadata", "list", "--id")):
        refused = run(*command, "abcdef", code=1)
        assert refused.stdout == ""
        assert refused.stderr.startswith("Error: id: several begin with 'abcdef'")
        assert all(f"{one} (run r{n})" in refused.stderr for n, one in enumerate(ids, 1))
    assert (
        "there is no object whose id begins with 'fedcba'" in run("metadata", "list", "--id", "fedcba", code=1).stderr
    )


def test_a_beginning_is_looked_for_among_few(client: ModelBox, experiment: dict[str, Any]) -> None:
    for n in range(FOUND_OBJECTS_MAX + 1):
        client.experiment(id=experiment["id"]).new_run(
            id=f"abcdef00-0000-4000-8000-{n:012}", source=False, heartbeat=False
        )
    assert len(client.find_objects("abcdef00")) == FOUND_OBJECTS_MAX
    with grpc.insecure_channel(client.address) as channel:
        stub = ModelStoreStub(channel)
        assert stub.FindObjects(pb.FindObjectsRequest(id_prefix="abcdef")).more
        for bad in ("", "abc", "abcx", "abcdef0-", "abcdef00--", "a" * 33, "%", "abcdef00-00-"):
            with pytest.raises(grpc.RpcError) as refused:
                stub.FindObjects(pb.FindObjectsRequest(id_prefix=bad))
            assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_every_kind_is_found_by_its_beginning(client: ModelBox) -> None:
    experiment = client.new_experiment("digits", namespace="vision")
    model = client.new_model("digits", namespace="vision")
    made = {
        "experiment": experiment,
        "run": experiment.new_run(source=False, heartbeat=False),
        "checkpoint": experiment.new_checkpoint(3),
        "dataset": client.new_dataset("corpus", namespace="vision"),
        "model": model,
        "model_version": model.new_model_version(),
    }
    [artifact] = model.track_artifacts(["s3://bucket/weights"])
    for kind, one in {**made, "artifact": artifact}.items():
        assert [(found.type, found.id) for found in client.find_objects(one.id[:20])] == [(kind, one.id)]
    assert read("models", "show", "--model", model.id[:13])["id"] == model.id
    assert read("experiments", "show", "--id", experiment.id[:13])["name"] == "digits"
    assert read("model-versions", "show", "--id", made["model_version"].id[:20])["version"] == "1"


def test_objects_are_named_where_an_id_is_asked_for(experiment: dict[str, Any]) -> None:
    started = start("first", "--param", "lr=0.1")
    read("models", "create", "--name", "digits", *WHERE)
    version = read("model-versions", "create", "--model", "digits", *WHERE, "--unique-tag", "best")
    run("metadata", "set", *EXPERIMENT, "of", "experiment")
    run("metadata", "set", "--run", "first", *EXPERIMENT, "of", "run")
    run("metadata", "set", "--model", "digits", "--tag", "best", *WHERE, "of", "version")
    run("metadata", "set", "--model", "digits", *WHERE, "of", "model")
    assert read("metadata", "list", "--id", experiment["id"]) == {"of": "experiment"}
    assert read("metadata", "list", "--id", started) == {"of": "run"}
    assert read("metadata", "list", "--id", version["id"]) == {"of": "version"}
    assert read("metadata", "list", "--model", "digits", *WHERE) == {"of": "model"}
    assert read("hyperparameters", "list", "--run", "first", *WHERE) == {"lr": 0.1}
    run("runs", "end", "--id", "first", *EXPERIMENT)
    assert read("runs", "show", "--id", "first", *WHERE)["status"] == "finished"
    for wrong in ((), ("--id", started, "--model", "digits"), ("--id", started, "--tag", "best")):
        run("metadata", "list", *wrong, code=2)


@pytest.mark.usefixtures("experiment")
def test_a_name_that_several_runs_have_is_refused_with_their_ids() -> None:
    ids = {start('a "b"'), start('a "b"')}
    refused = run("runs", "show", "--id", 'a "b"', *WHERE, code=1)
    assert all(one in refused.stderr for one in ids)
    assert "neither a run's id nor the name" in run("runs", "show", "--id", "nobody", *WHERE, code=1).stderr
