"""Models, model versions, tags, metadata and namespaces through the SDK, on the real server."""

import pytest

from modelbox import InvalidFieldError, LogForkedError, MLFramework, Model, ModelBox, NotFoundError, UniqueTagTakenError


def test_a_new_model_is_what_was_given(client: ModelBox) -> None:
    model = client.new_model(
        "digits", "me@example.org", "demo", "classification", "Digits, 8×8", artifacts=["s3://b/x"], metadata={"k": [1]}
    )
    assert not model.exists
    assert (model.name, model.owner, model.namespace, model.task) == (
        "digits",
        "me@example.org",
        "demo",
        "classification",
    )
    assert client.model(model.id) == client.model(namespace="demo", name="digits") == model
    assert model.metadata() == {"k": [1]}
    assert [artifact.path for artifact in model.artifacts()] == ["s3://b/x"]


def test_creating_a_model_again_finds_the_first(client: ModelBox) -> None:
    first = client.new_model("digits", owner="first")
    second = client.new_model("digits", owner="second")
    assert second.exists
    assert second == first
    assert second.owner == "first"
    assert second.namespace == "default"


def test_models_are_listed_newest_first_and_by_namespace(client: ModelBox) -> None:
    created = [client.new_model(f"m{number}", namespace="a") for number in range(5)]
    client.new_model("other", namespace="b")
    assert client.models("a") == created[::-1]
    assert client.models("a", limit=2) == created[:2:-1]
    assert client.models("nothing") == []
    assert [(namespace.name, namespace.models) for namespace in client.namespaces()] == [("a", 5), ("b", 1)]


def test_model_versions_count_up_and_take_the_models_name(model: Model) -> None:
    first = model.new_model_version(framework=MLFramework.SKLEARN)
    named = model.new_model_version("rc-1", "candidate", "to try", metadata={"epoch": 3}, framework="pytorch")
    third = model.new_model_version()
    assert [version.version for version in (first, named, third)] == ["1", "rc-1", "2"]
    assert (first.name, named.name) == ("digits", "candidate")
    assert first.namespace == "demo"
    assert first.framework is MLFramework.SKLEARN
    assert named.framework is MLFramework.PYTORCH
    assert named.metadata() == {"epoch": 3}
    assert model.model_versions() == [third, named, first]
    assert model.model_version(2) == model.model_version("2") == third
    again = model.new_model_version("rc-1", description="other")
    assert again.exists
    assert again == named


def test_unique_tags_belong_to_one_version_and_move(model: Model) -> None:
    first = model.new_model_version(unique_tags=["production", "best"])
    with pytest.raises(UniqueTagTakenError) as taken:
        model.new_model_version(unique_tags=["production"])
    assert taken.value.reason == "UNIQUE_TAG_TAKEN"
    assert first.id in str(taken.value)
    second = model.new_model_version()
    assert second.set_unique_tag("production") == first.id
    assert model.model_version(tag="production").id == second.id
    assert model.model_version(tag="best").unique_tags == ("best",)
    third = model.new_model_version(unique_tags="production", move_tags=True)
    assert model.model_version(tag="production") == third
    third.remove_unique_tag("production")
    with pytest.raises(NotFoundError):
        model.model_version(tag="production")
    with pytest.raises(NotFoundError):
        third.remove_unique_tag("production")


def test_metadata_is_written_by_key_and_keeps_its_values(model: Model) -> None:
    model.update_metadata("params", {"lr": 1e-3, "layers": (64, 32), "name": "ü", "none": None, "flag": True})
    model.update_metadata("big", 2**63 + 1)
    model.update_metadata({"a": 1, "b": 2.0})
    model.update_metadata("a", "one")
    assert model.metadata() == {
        "params": {"lr": 1e-3, "layers": [64, 32], "name": "ü", "none": None, "flag": True},
        "big": 2**63 + 1,
        "a": "one",
        "b": 2.0,
    }


def test_another_client_reads_what_this_one_wrote(client: ModelBox, model: Model) -> None:
    with ModelBox(client.address) as other:
        assert other.model(model.id) == model


def test_an_unknown_object_is_not_found_by_name_of_the_field(client: ModelBox, model: Model) -> None:
    with pytest.raises(NotFoundError) as unknown:
        client.model("00000000-0000-4000-8000-000000000000")
    assert unknown.value.field == "id"
    with pytest.raises(NotFoundError):
        client.model(name="digits")
    with pytest.raises(NotFoundError):
        model.model_version("7")
    with pytest.raises(NotFoundError) as unnamed:
        client.model("no id, so a name")
    assert unnamed.value.field == "name"
    with pytest.raises(InvalidFieldError):
        client.model_version("not an id")


def test_a_read_after_the_log_was_replaced_says_so_once(client: ModelBox, model: Model) -> None:
    """A token of a log that is gone must not make every later read fail."""
    client._session.connection.tokens.keep("00000000-0000-4000-8000-000000000000.5")
    with pytest.raises(LogForkedError):
        client.model(model.id)
    assert client.model(model.id) == model
