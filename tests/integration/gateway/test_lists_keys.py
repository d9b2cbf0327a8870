"""Lists carry a bounded number of metrics and hyperparameters of each object, and none of them is missed."""

from collections.abc import Iterator

import grpc
import pytest

from modelbox import Experiment, ModelBox, Run
from modelbox.proto import modelstore_pb2 as pb
from modelbox.proto.modelstore_pb2_grpc import ModelStoreStub
from modelbox_gateway.rpc.frame.limits import KEYS_LISTED_MAX

MANY = KEYS_LISTED_MAX + 1


@pytest.fixture
def stub(client: ModelBox) -> Iterator[ModelStoreStub]:
    with grpc.insecure_channel(client.address) as channel:
        yield ModelStoreStub(channel)


@pytest.fixture
def experiment(client: ModelBox) -> Experiment:
    return client.new_experiment("digits", namespace="vision")


def a_run(experiment: Experiment, name: str, *, metrics: int, params: int) -> Run:
    run = experiment.new_run(name, hyperparameters={f"p{n:04}": n for n in range(params)}, heartbeat=False)
    run.log_metrics({f"m{n:04}": n for n in range(metrics)}, step=1)
    return run


def counted(run: pb.Run) -> tuple[int, int, bool]:
    return len(run.metrics), len(run.hyperparameters), run.more_keys


def test_a_list_has_the_first_keys_of_each_run_and_says_that_there_are_more(
    client: ModelBox, experiment: Experiment, stub: ModelStoreStub
) -> None:
    for name, metrics, params in (("many", MANY, MANY), ("just", KEYS_LISTED_MAX, KEYS_LISTED_MAX), ("few", 1, MANY)):
        a_run(experiment, name, metrics=metrics, params=params)
    client.flush()
    experiment.runs()  # waits for the views

    listed = {run.name: run for run in stub.ListRuns(pb.ListRunsRequest(namespace="vision")).runs}
    whole = {run.name: run for run in stub.ListRuns(pb.ListRunsRequest(namespace="vision", all_keys=True)).runs}

    assert counted(listed["many"]) == (KEYS_LISTED_MAX, KEYS_LISTED_MAX, True)
    assert counted(listed["just"]) == (KEYS_LISTED_MAX, KEYS_LISTED_MAX, False)
    assert counted(listed["few"]) == (1, KEYS_LISTED_MAX, True)
    assert [one.key for one in listed["many"].metrics] == [f"m{n:04}" for n in range(KEYS_LISTED_MAX)]
    assert [one.name for one in listed["many"].hyperparameters] == [f"p{n:04}" for n in range(KEYS_LISTED_MAX)]
    assert counted(whole["many"]) == (MANY, MANY, False)
    assert counted(stub.GetRun(pb.GetRunRequest(id=whole["many"].id)).run) == (MANY, MANY, False)


def test_what_a_list_does_not_carry_is_read_when_it_is_looked_at(client: ModelBox, experiment: Experiment) -> None:
    made = a_run(experiment, "many", metrics=MANY, params=3)
    model = client.new_model("m", namespace="vision")
    version = model.new_model_version()
    for logged in (experiment, version):
        logged.log_metrics({f"m{n:04}": n for n in range(MANY)}, step=1)

    for listed in (experiment.runs()[0], client.experiments("vision")[0], model.model_versions()[0]):
        assert len(listed.metric_summaries) == MANY
        assert listed.metric_summaries[f"m{MANY - 1:04}"].latest == MANY - 1
    assert experiment.runs()[0].params == made.hyperparameters()
    assert isinstance(experiment.runs()[0].params, dict)


def test_all_keys_of_a_list_take_no_further_call(client: ModelBox, experiment: Experiment) -> None:
    a_run(experiment, "many", metrics=MANY, params=MANY)
    [of_experiment], [of_namespace] = experiment.runs(all_keys=True), client.runs("vision", all_keys=True)

    client.close()

    assert len(of_experiment.metric_summaries) == len(of_namespace.params) == MANY
