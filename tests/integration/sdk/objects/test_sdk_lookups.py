"""Finding what is there: by name, by tag, over all namespaces, and with the words of other trackers."""

from collections.abc import Callable

import pytest

from modelbox import InvalidFieldError, Model, ModelBox, NotFoundError
from modelbox.kinds.experiment import Experiment
from tests.integration import cli_calls


@pytest.fixture
def experiment(client: ModelBox) -> Experiment:
    return client.new_experiment("lenet", namespace="demo")


def test_experiments_and_models_are_found_by_their_names(
    client: ModelBox, experiment: Experiment, model: Model
) -> None:
    assert client.experiment("lenet", namespace="demo").id == experiment.id
    assert client.experiment(experiment.id).id == experiment.id
    assert client.experiment(name="lenet", namespace="demo").id == experiment.id
    assert client.model("digits", namespace="demo").id == model.id
    here = client.new_model("digits")
    assert client.model("digits").id == here.id != model.id
    with pytest.raises(NotFoundError):
        client.experiment("lenet")


def test_a_name_that_looks_like_an_id_is_found_by_name(client: ModelBox) -> None:
    name = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
    experiment = client.new_experiment(name)
    assert client.experiment(name=name).id == experiment.id
    with pytest.raises(NotFoundError):
        client.experiment(name)


def test_an_id_stands_alone(client: ModelBox, experiment: Experiment) -> None:
    with pytest.raises(InvalidFieldError, match="an id needs no namespace"):
        client.experiment(experiment.id, namespace="demo")
    for which in ({}, {"name": "lenet"}):
        with pytest.raises(InvalidFieldError, match="either an id or a name"):
            client.experiment(*([experiment.id] if which else []), **which)


def test_a_model_version_is_found_by_model_and_version_or_tag(client: ModelBox, model: Model) -> None:
    version = model.new_model_version(unique_tags=["production"])
    assert client.model_version(version.id).id == version.id
    for found in (
        client.model_version("digits", tag="production", namespace="demo"),
        client.model_version("digits", 1, namespace="demo"),
        client.model_version(model.id, tag="production"),
        model.model_version(tag="production"),
    ):
        assert found.id == version.id


@pytest.mark.parametrize(
    ("call", "right"),
    [
        (lambda client: client.run("quiet-fox"), "runs(filter='name = "),
        (lambda client: client.dataset("mnist"), "datasets(filter='name = "),
        (lambda client: client.model_version("digits"), "tag="),
        (lambda client: client.checkpoint("best"), "is not an id"),
        (lambda client: client.model("digits", namespace="demo").model_version("production"), "give it as tag="),
    ],
    ids=["run", "dataset", "model version", "checkpoint", "tag as version"],
)
def test_a_wrong_argument_is_answered_with_the_right_one(
    client: ModelBox, model: Model, call: Callable[[ModelBox], object], right: str
) -> None:
    model.new_model_version(unique_tags=["production"])
    with pytest.raises((InvalidFieldError, NotFoundError)) as refused:
        call(client)
    assert right in str(refused.value)


def test_a_version_that_is_not_there_is_not_found(model: Model) -> None:
    for version in ("7", "it's"):
        with pytest.raises(NotFoundError) as refused:
            model.model_version(version)
        assert "tag" not in str(refused.value)


def test_runs_are_listed_over_all_namespaces_unless_one_is_given(client: ModelBox, experiment: Experiment) -> None:
    theirs = experiment.new_run("theirs")
    ours = client.new_experiment("lenet").new_run("ours")
    assert {run.id for run in client.runs()} == {theirs.id, ours.id}
    assert [run.id for run in client.runs(filter='name = "theirs"')] == [theirs.id]
    assert [run.id for run in client.runs("demo")] == [theirs.id]
    assert [run.id for run in client.runs("default")] == [run.id for run in client.runs("")] == [ours.id]


def test_filters_and_orders_are_understood_in_the_words_of_mlflow(client: ModelBox, experiment: Experiment) -> None:
    slow = experiment.new_run("slow", hyperparameters={"lr": 0.1}, labels={"team": "a"})
    fast = experiment.new_run("fast", hyperparameters={"lr": 0.2}, labels={"team": "b", "deep.key": "1"})
    for run, loss in ((slow, 0.5), (fast, 0.5)):
        run.log_metrics({"loss": loss})
    same = {
        "params.lr == 0.1": [slow],
        "run_name = 'fast'": [fast],
        "attributes.run_name == 'fast'": [fast],
        "attributes.status = 'RUNNING' and tags.team == 'a'": [slow],
        "tags.`deep.key` = '1' or tags.deep.key = '2'": [fast],
        "tags.team is null": [],
        f"attributes.run_id = '{slow.id}'": [slow],
    }
    for text, found in same.items():
        assert [run.id for run in client.runs("demo", filter=text)] == [run.id for run in found], text
    for order in (["metrics.loss DESC", "run_name ASC"], ("metrics.loss desc", "attributes.run_name")):
        assert [run.name for run in experiment.runs(order_by=order)] == ["fast", "slow"]
    assert [run.name for run in experiment.runs(order_by=[])] == ["fast", "slow"]
    with pytest.raises(InvalidFieldError, match="order_by"):
        experiment.runs(order_by=5)  # type: ignore[arg-type]


def test_tags_of_model_versions_stay_their_unique_tags(model: Model) -> None:
    version = model.new_model_version(unique_tags=["best"], labels={"team": "a"})
    for text in ("tags == 'best'", "tags.team == 'a'", "attributes.tags = 'best'"):
        assert [found.id for found in model.model_versions(filter=text)] == [version.id]


def test_a_run_is_found_by_the_first_digits_of_its_id_and_by_its_name(client: ModelBox, experiment: Experiment) -> None:
    run = experiment.new_run("fold 1", source=False, id="6f0c8a52-5a0c-4b43-9a4c-0a2c6d3f7e11")
    other = client.start_run("other", name="fold 1", source=False)
    for found in (
        client.run("6f0c8a52"),
        client.run("fold 1", namespace="demo"),
        experiment.run("6f0c"),
        experiment.run("fold 1"),
    ):
        assert found.id == run.id
    assert client.run("fold 1").id == other.id
    with pytest.raises(NotFoundError, match="is of experiment"):
        client.experiment("other").run("6f0c8a52")
    run.delete()
    assert experiment.run("fold 1").deleted_at is not None


def test_a_misspelt_name_of_a_run_is_told_with_the_nearest(client: ModelBox, experiment: Experiment) -> None:
    experiment.new_run("baseline", source=False)
    expected = r"'basline' is neither a run's id nor the name of one in {}; the nearest: 'baseline'"
    with pytest.raises(NotFoundError, match=expected.format("experiment 'lenet'")):
        experiment.run("basline")
    with pytest.raises(NotFoundError, match=expected.format("namespace 'demo'")):
        client.run("basline", namespace="demo")
    with pytest.raises(NotFoundError, match="'00000000' is neither a run's id nor"):
        client.run("00000000")


@pytest.mark.usefixtures("cli_server")
def test_several_runs_of_a_name_are_told_apart(experiment: Experiment) -> None:
    of = [experiment.new_run(f"candidate {number}", source=False) for number in (1, 2)]
    folds = [parent.new_child("fold 1", source=False) for parent in of]
    with pytest.raises(InvalidFieldError) as refused:
        experiment.run("fold 1")
    told = str(refused.value)
    assert "several runs in experiment 'lenet' are named 'fold 1'; give the id of one, or its first digits: " in told
    for number, fold in enumerate(folds, start=1):
        assert f"{fold.id} (running, began {fold.started_at:%Y-%m-%d %H:%M:%S} UTC, of candidate {number})" in told
    where = ("--namespace", "demo", "--experiment", "lenet")
    assert told in cli_calls.run("runs", "show", *where, "--id", "fold 1", code=1).stderr
    assert "the nearest: 'fold 1'" in cli_calls.run("runs", "show", *where, "--id", "fold1", code=1).stderr
