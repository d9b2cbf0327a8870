"""What a search did not find is told: mistyped keys and namespaces, and names that are somewhere else."""

import logging
from collections.abc import Iterator

import pytest

from modelbox import Experiment, InvalidFieldError, Missing, ModelBox, NotFoundError


@pytest.fixture
def experiment(client: ModelBox) -> Experiment:
    experiment = client.new_experiment("lid", namespace="team/fin")
    for number, accuracy in enumerate((0.8, 0.95)):
        run = experiment.new_run(f"run{number}", hyperparameters={"lr": 0.1}, labels={"env": "test"}, source=False)
        run.log_metrics({"accuracy": accuracy, "val/loss": 0.5}, step=1)
        run.update_metadata("hours", 10)
    client.flush()
    return experiment


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.WARNING, logger="modelbox"):
        yield


@pytest.mark.parametrize(
    ("mistyped", "nearest"),
    [
        ("metrics.acuracy", ("metrics.accuracy",)),
        ("metrics.`val/los`", ("metrics.`val/loss`",)),
        ("metrics.Accuracy.max", ("metrics.accuracy",)),
        ("params.lrr", ("params.lr",)),
        ("labels.en", ("labels.env",)),
        ("metadata.hour", ("metadata.hours",)),
    ],
)
def test_a_filter_by_a_key_that_nothing_has_says_so(
    client: ModelBox, experiment: Experiment, caplog: pytest.LogCaptureFixture, mistyped: str, nearest: tuple[str, ...]
) -> None:
    either = f'name = "no" or not {mistyped} is null'
    for found in (experiment.runs(filter=f"{mistyped} is not null"), client.runs("team/fin", filter=either)):
        assert found == []
        assert found.missing == (Missing("filter", mistyped, nearest),)
    assert f"filter: nothing that was searched has {mistyped}; the nearest: {nearest[0]}" in caplog.text


def test_an_order_by_a_key_that_nothing_has_says_so(client: ModelBox, experiment: Experiment) -> None:
    found = client.runs("team", recursive=True, order_by="name, metrics.acuracy desc")
    assert len(found) == 2
    assert found.missing == (Missing("order_by", "metrics.acuracy", ("metrics.accuracy",)),)
    assert experiment.runs(order_by="params.lr, labels.env, metrics.accuracy desc").missing == ()


def test_the_best_run_by_a_metric_that_no_run_has_is_told(
    experiment: Experiment, caplog: pytest.LogCaptureFixture
) -> None:
    assert experiment.best_run("acuracy") is None
    assert "metrics.acuracy.max; the nearest: metrics.accuracy" in caplog.text


def test_the_best_run_speaks_of_what_was_asked_for(experiment: Experiment, caplog: pytest.LogCaptureFixture) -> None:
    assert experiment.best_run("acuracy") is None
    assert caplog.messages == [
        "metric: nothing that was searched has metrics.acuracy.max; the nearest: metrics.accuracy"
    ]
    caplog.clear()
    assert experiment.best_run("accuracy", filter="params.lrr = 1") is None
    assert caplog.messages == ["filter: nothing that was searched has params.lrr; the nearest: params.lr"]


def test_the_filter_of_the_best_run_is_judged_alone(experiment: Experiment) -> None:
    for broken in ("params.lr = 10) or (params.lr = 1", "params.lr == == 1"):
        with pytest.raises(InvalidFieldError) as alone:
            experiment.runs(filter=broken)
        with pytest.raises(InvalidFieldError) as best:
            experiment.best_run("accuracy", filter=broken)
        assert str(best.value) == str(alone.value)
    best_run = experiment.best_run("accuracy", filter='name = "run0" or name = "run1"')
    assert best_run is not None
    assert best_run.name == "run1"


def test_a_run_that_has_no_number_of_a_metric_is_not_the_best(client: ModelBox) -> None:
    experiment = client.new_experiment("odd")
    experiment.new_run("text", source=False).log_metrics({"accuracy": "high"})
    experiment.new_run("nan", source=False).log_metrics({"accuracy": float("nan")})
    client.flush()
    assert experiment.best_run("accuracy") is None
    with experiment.new_run("number", source=False) as run:
        run.log_metrics({"accuracy": 0.1})
    assert experiment.best_run("accuracy", "min") == run.refreshed()


def test_where_nothing_is_similar_some_of_what_there_is_is_told(experiment: Experiment) -> None:
    [missing] = experiment.runs(filter="metrics.f1 > 0").missing
    assert missing.nearest == ("metrics.`val/loss`", "metrics.accuracy")


def test_a_search_that_is_right_and_finds_nothing_says_nothing(client: ModelBox, experiment: Experiment) -> None:
    assert experiment.runs(filter="metrics.accuracy > 0.99").missing == ()
    assert client.new_experiment("empty", namespace="team/fin").runs(filter="metrics.acuracy > 0").missing == ()
    assert client.models("team/fin").missing == ()


def test_a_namespace_that_holds_nothing_is_told_with_the_nearest(
    client: ModelBox, experiment: Experiment, caplog: pytest.LogCaptureFixture
) -> None:
    for found in (
        client.runs("team/finf"),
        client.experiments("team/finf"),
        client.models("team/finf", recursive=True),
    ):
        assert found == []
        assert found.missing == (Missing("namespace", "team/finf", (experiment.namespace,)),)
    assert "namespace: there is nothing in 'team/finf'; the nearest: team/fin" in caplog.text


def test_an_empty_server_says_nothing_of_the_namespace(client: ModelBox, caplog: pytest.LogCaptureFixture) -> None:
    assert client.experiments().missing == ()
    assert not caplog.records


def test_a_name_that_is_not_there_is_told_with_where_it_was_looked_for(
    client: ModelBox, experiment: Experiment
) -> None:
    with pytest.raises(NotFoundError, match=r"no experiment 'lid' in namespace 'default'; there is one in 'team/fin'"):
        client.experiment(name="lid")
    with pytest.raises(NotFoundError, match=r"'lidd' in namespace 'team/fin'; the nearest: 'lid'"):
        client.experiment(name="lidd", namespace=experiment.namespace)
    client.new_model("digits")
    with pytest.raises(NotFoundError, match=r"no model 'digit' in namespace 'default'; the nearest: 'digits'"):
        client.model(name="digit")


def test_a_version_or_tag_that_is_not_there_is_told_with_those_that_are(client: ModelBox) -> None:
    model = client.new_model("digits")
    model.new_model_version("1.0", unique_tags=["production"])
    with pytest.raises(NotFoundError, match=r"'prod' in model 'digits' of namespace 'default'; the nearest: 'prod"):
        model.model_version(tag="prod")
    with pytest.raises(NotFoundError, match=r"'1' in model 'digits' of namespace 'default'; the nearest: '1\.0'"):
        model.model_version(1)


def test_calls_that_name_no_namespace_are_in_the_clients_own(client: ModelBox) -> None:
    with ModelBox(client.address, namespace="team/fin") as box:
        experiment = box.new_experiment("lid")
        run = box.start_run("lid", source=False)
        model, dataset = box.new_model("digits"), box.new_dataset("corpus", digest="sha256:1")
        assert {one.namespace for one in (experiment, run, model, dataset)} == {box.namespace} == {"team/fin"}
        assert box.experiment(name="lid") == box.experiments()[0] == experiment
        assert (box.model(name="digits"), box.models(), box.datasets()) == (model, [model], [dataset])
        assert [one.id for one in box.runs()] == [run.id]
        assert next(box.watch()).object_id == experiment.id
        assert box.experiments("default") == client.experiments() == []


def test_runs_are_found_and_ordered_by_how_long_they_took(client: ModelBox) -> None:
    experiment = client.new_experiment("times")
    for seconds in (1, 3600):
        run = experiment.new_run(f"{seconds} s", source=False, started_at=1_000_000)
        run.finish(ended_at=1_000_000 + seconds)
    experiment.new_run("going on", source=False)
    client.flush()
    assert [run.name for run in experiment.runs(filter="duration > 60")] == ["3600 s"]
    assert [run.name for run in experiment.runs(order_by="duration")] == ["1 s", "3600 s", "going on"]
    assert [run.name for run in experiment.runs(filter="duration is null")] == ["going on"]


def test_series_that_an_object_has_not_are_told_with_the_nearest(
    client: ModelBox, experiment: Experiment, caplog: pytest.LogCaptureFixture
) -> None:
    run = experiment.runs(limit=1)[0]
    told = f"keys: {run.id} has no metric 'Acuracy'; the nearest: accuracy"
    assert run.metrics("Acuracy", "val/loss").keys() == {"val/loss"}
    assert list(client.object(run.id).metric_points("Acuracy", first_step=5)) == []
    assert caplog.messages == [told] * 2


def test_series_that_are_there_are_read_without_a_word(
    client: ModelBox, experiment: Experiment, caplog: pytest.LogCaptureFixture
) -> None:
    run = experiment.runs(limit=1)[0]
    run.log_metrics({"said": "text"}, step=1)
    assert run.metrics("accuracy", "said", first_step=5) == {}
    assert list(run.metric_points("said", last_step=0)) == []
    assert client.new_experiment("empty").metrics("accuracy") == {}
    assert caplog.messages == []
