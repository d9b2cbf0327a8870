"""Experiments through the SDK, on the real server: created, found, listed, changed, deleted, logged on."""

from time import time

import pytest

from modelbox import (
    Event,
    EventSource,
    Experiment,
    InvalidFieldError,
    MLFramework,
    ModelBox,
    NotFoundError,
    ObjectDeletedError,
)


@pytest.fixture
def experiment(client: ModelBox) -> Experiment:
    return client.new_experiment("lid", owner="me@example.org", namespace="langtech/asr")


def test_a_new_experiment_is_what_was_given(client: ModelBox) -> None:
    parent = client.new_experiment("asr", namespace="langtech")
    experiment = client.new_experiment(
        "lid",
        "me@example.org",
        "langtech",
        "wandb-1",
        "pytorch",
        task="lid",
        description="Which language?",
        parent=parent,
        labels={"env": "test"},
        metadata={"hours": 10},
    )
    assert not experiment.exists
    assert (experiment.owner, experiment.external_id, experiment.task) == ("me@example.org", "wandb-1", "lid")
    assert experiment.framework is MLFramework.PYTORCH
    assert experiment.labels == {"env": "test"}
    assert experiment.metadata() == {"hours": 10}
    assert client.experiment(experiment.id) == client.experiment(namespace="langtech", name="lid") == experiment
    assert experiment.parent() == parent
    assert parent.parent() is None
    assert parent.children() == [experiment]
    assert experiment.refreshed() == experiment


def test_creating_an_experiment_again_finds_the_first(client: ModelBox) -> None:
    first = client.new_experiment("lid", owner="first")
    second = client.new_experiment("lid", owner="second")
    assert second.exists
    assert second == first
    assert (second.owner, second.namespace) == ("first", "default")


def test_experiments_are_listed_filtered_and_ordered(client: ModelBox) -> None:
    created = [client.new_experiment(f"e{n}", namespace="a", labels={"parity": str(n % 2)}) for n in range(5)]
    below = client.new_experiment("below", namespace="a/b")
    client.new_experiment("other", namespace="ab")
    assert client.experiments("a") == created[::-1]
    assert client.experiments("a", limit=2) == created[:2:-1]
    assert client.experiments("a", recursive=True) == [below, *created[::-1]]
    assert client.experiments("a", filter='labels.parity = "0"', order_by="name") == created[::2]
    assert client.experiments("nothing") == []
    with pytest.raises(InvalidFieldError) as refused:
        client.experiments("a", filter="labels.parity ==== 1")
    assert refused.value.field == "filter"


def test_owner_description_and_labels_are_changed_and_nothing_else(experiment: Experiment) -> None:
    made_at = experiment.updated_at
    experiment.update(owner="you@example.org", labels={"env": "prod", "privacy": "high"})
    experiment.update(labels={"env": "test"}, remove_labels="privacy", task="lid")
    changed = experiment.refreshed()
    assert (changed.owner, changed.task, changed.name) == ("you@example.org", "lid", experiment.name)
    assert changed.labels == {"env": "test"}
    assert changed.updated_at == experiment.updated_at > made_at
    with pytest.raises(InvalidFieldError):
        experiment.update(comment="experiments have none")


def test_a_deleted_experiment_is_left_out_of_lists_and_can_be_restored(client: ModelBox) -> None:
    experiment = client.new_experiment("lid")
    experiment.delete()
    assert client.experiments() == []
    [deleted] = client.experiments(include_deleted=True)
    assert deleted.deleted_at is not None
    assert experiment.refreshed() == deleted
    with pytest.raises(ObjectDeletedError):
        client.new_experiment("lid")
    with pytest.raises(ObjectDeletedError):
        experiment.new_run(source=False)
    experiment.log_metrics({"loss": 1.0})
    assert len(experiment.metrics()["loss"]) == 1
    experiment.restore()
    assert [one.deleted_at for one in client.experiments()] == [None]


def test_everything_is_logged_on_an_experiment(experiment: Experiment) -> None:
    experiment.log_hyperparameters({"lr": 0.1, "optimizer": {"name": "adam"}})
    experiment.log_hyperparameters({"lr": 0.01})
    assert experiment.hyperparameters() == {"lr": 0.01, "optimizer.name": "adam"}
    experiment.log_metrics({"loss": 0.5}, step=1)
    experiment.update_metadata("a/b", 1)
    experiment.update_metadata("a/b", 2)
    assert experiment.metadata() == {"a/b": 2}
    assert [change.value for change in experiment.metadata_history("a/b")] == [2, 1]
    read = experiment.refreshed()
    assert read.params == {"lr": 0.01, "optimizer.name": "adam"}
    assert read.metric_summaries["loss"].latest == 0.5


def test_equal_events_are_kept_once_and_since_is_honoured(experiment: Experiment) -> None:
    deployed = Event("deployed", EventSource("pipeline"), 1_700_000_000.5, {"to": "eu"})
    experiment.log_event(deployed)
    experiment.log_event(deployed)
    experiment.log_event("deployed", source="pipeline", wallclock=1_700_000_001, metadata={"to": "eu"})
    before = time()
    experiment.log_event("retired")
    first, second, third = experiment.events()
    assert first == deployed
    assert (second.name, second.wallclock_time, second.metadata) == ("deployed", 1_700_000_001, {"to": "eu"})
    assert third.name == "retired"
    assert isinstance(third.wallclock_time, float)
    assert before - 1e-6 <= third.wallclock_time <= time()
    assert experiment.events(since=1_700_000_001) == [second, third]
    assert experiment.events(limit=1) == [first]
    experiment.log_event(deployed, source="elsewhere")
    assert experiment.events() == [first, second, third]


def test_an_unknown_experiment_is_not_found(client: ModelBox) -> None:
    with pytest.raises(NotFoundError):
        client.experiment(name="missing")
    with pytest.raises(NotFoundError):
        client.experiment("00000000-0000-4000-8000-000000000000")
    with pytest.raises(InvalidFieldError):
        client.experiment()
    with pytest.raises(NotFoundError):
        client.new_experiment("child", parent="00000000-0000-4000-8000-000000000000")


def test_namespaces_count_what_they_hold(client: ModelBox, experiment: Experiment) -> None:
    client.new_model("m", namespace=experiment.namespace)
    client.new_dataset("d", namespace=experiment.namespace)
    [namespace] = client.namespaces()
    assert (namespace.name, namespace.experiments, namespace.models, namespace.datasets) == ("langtech/asr", 1, 1, 1)
