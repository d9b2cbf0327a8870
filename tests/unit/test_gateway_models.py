"""The rules of models, as given/when/then over pure functions: these events, this command, those events."""

from uuid import UUID

import pytest

from modelbox_events import ChangeEvent, StreamRef, object_id
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_events.types.model import ModelCreated
from modelbox_events.types.model_version import ModelVersionCreated, UniqueTagMoved, UniqueTagRemoved
from modelbox_gateway.errors import InvalidFieldError, UniqueTagNotHeldError, UniqueTagTakenError
from modelbox_gateway.rules import limits
from modelbox_gateway.rules.artifact import File
from modelbox_gateway.rules.model import CreateModel, decide_create_model
from modelbox_gateway.rules.model_registry import MODEL_REGISTRY, ModelState, claim, evolve
from modelbox_gateway.rules.model_version import CreateModelVersion, decide_create_model_version, model_version_id
from modelbox_gateway.rules.unique_tag import (
    RemoveUniqueTag,
    SetUniqueTag,
    decide_remove_unique_tag,
    decide_set_unique_tag,
)
from tests.unit.given import Given, given

MODEL = StreamRef("vision", "model", object_id("model", "vision", "resnet"))
V1 = model_version_id(MODEL.id, "1")
V2 = model_version_id(MODEL.id, "2")


def model(*events: ChangeEvent) -> Given[ModelState]:
    """Return the model with what has happened to it since it was created."""
    return given(MODEL_REGISTRY, created(), *events)


def created(name: str = "resnet") -> ModelCreated:
    return ModelCreated(
        model_id=MODEL.id, name=name, owner="", task="", description="", labels={}, metadata={}, files=[]
    )


def version(number: str, *tags: str) -> ModelVersionCreated:
    return ModelVersionCreated(
        model_id=MODEL.id,
        model_version_id=model_version_id(MODEL.id, number),
        version=number,
        name="resnet",
        description="",
        framework="UNKNOWN",
        unique_tags=list(tags),
        labels={},
        metadata={},
        files=[],
        uploaded=[],
        experiment_id=None,
        run_id=None,
        checkpoint_id=None,
        metrics={},
        step=0,
    )


def set_tag(to: UUID, number: str, name: str) -> SetUniqueTag:
    return SetUniqueTag(model=MODEL, model_version_id=to, tag="production", version=number, version_name=name)


def moved(tag: str, to: UUID, *, before: UUID | None, version: str, name: str = "resnet") -> UniqueTagMoved:
    return UniqueTagMoved(
        model_id=MODEL.id,
        tag=tag,
        model_version_id=to,
        from_model_version_id=before,
        model="resnet",
        version=version,
        version_name=name,
    )


def test_a_model_is_created_under_the_id_of_its_namespace_and_name() -> None:
    command = CreateModel(namespace="vision", name="resnet", owner="ana", metadata={"a": 1})

    given(MODEL_REGISTRY).when(decide_create_model, command).then(
        ModelCreated(
            model_id=MODEL.id,
            name="resnet",
            owner="ana",
            task="",
            description="",
            labels={},
            metadata={"a": 1},
            files=[],
        )
    )


def test_a_model_that_exists_is_not_created_again() -> None:
    model().when(decide_create_model, CreateModel(namespace="vision", name="resnet")).then()


def test_ids_tell_apart_what_a_joined_text_would_not() -> None:
    assert CreateModel(namespace="ab", name="c").model_id != CreateModel(namespace="a", name="bc").model_id


def test_a_file_named_twice_is_tracked_once_and_opens_one_stream() -> None:
    file = File(path="s3://bucket/weights", file_type="MODEL", checksum="abc")

    command = CreateModel(namespace="vision", name="resnet", files=[file, file])
    event = given(MODEL_REGISTRY).when(decide_create_model, command).event

    assert isinstance(event.data, ModelCreated)
    [tracked] = event.data.files
    assert event.opens == (StreamRef("vision", "artifact", tracked.id),)


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ([], "1"),
        (["1"], "2"),
        (["1", "7"], "8"),
        (["7", "1"], "8"),
        (["v3", "2024-01-01", "007", "1.5", "9" * 30], "1"),
    ],
)
def test_a_version_without_a_number_takes_the_next_whole_number(versions: list[str], expected: str) -> None:
    """Names that only look like numbers do not count."""
    before = model(*(version(number) for number in versions))

    before.when(decide_create_model_version, CreateModelVersion(model=MODEL)).then(version(expected))


def test_the_name_of_a_version_defaults_to_its_models() -> None:
    [event] = model().when(decide_create_model_version, CreateModelVersion(model=MODEL)).events

    assert isinstance(event, ModelVersionCreated)
    assert event.name == "resnet"


def test_a_version_opens_its_own_stream_and_those_of_its_files() -> None:
    command = CreateModelVersion(model=MODEL, files=[File(path="a")])

    event = model().when(decide_create_model_version, command).event

    assert [(ref.namespace, ref.type) for ref in event.opens] == [("vision", "model_version"), ("vision", "artifact")]
    assert event.opens[0].id == V1


def test_a_unique_tag_of_another_version_is_refused_naming_its_holder() -> None:
    command = CreateModelVersion(model=MODEL, unique_tags=["production"])
    when = model(version("1", "production")).when(decide_create_model_version, command)

    refused = when.refused(UniqueTagTakenError, match="move_tags")

    assert (refused.tag, refused.holder) == ("production", V1)


def test_a_unique_tag_of_another_version_is_moved_when_asked() -> None:
    command = CreateModelVersion(model=MODEL, unique_tags=["production", "latest"], move_tags=True)
    when = model(version("1", "production")).when(decide_create_model_version, command)

    when.then(version("2", "latest"), moved("production", V2, before=V1, version="2"))
    assert dict(when.state.tags) == {"production": V2, "latest": V2}


def test_a_tag_last_set_on_a_deleted_version_is_free() -> None:
    before = model(version("1", "production"), version("3", "best"))
    both = CreateModelVersion(model=MODEL, version="2", unique_tags=["production", "best"])
    one = CreateModelVersion(model=MODEL, version="2", unique_tags=["production"])

    assert before.when(decide_create_model_version, both, deleted={V1}).refused(UniqueTagTakenError).tag == "best"
    before.when(decide_create_model_version, one, deleted={V1}).then(
        version("2"), moved("production", V2, before=V1, version="2")
    )


def test_a_tag_named_twice_is_given_once() -> None:
    command = CreateModelVersion(model=MODEL, unique_tags=["a", "a"])

    model().when(decide_create_model_version, command).then(version("1", "a"))


def test_setting_a_tag_takes_it_from_its_holder() -> None:
    before = model(version("1", "production"), version("2"))

    before.when(decide_set_unique_tag, set_tag(V2, "2", "better")).then(
        moved("production", V2, before=V1, version="2", name="better")
    )


def test_setting_a_tag_that_nobody_holds_takes_it_from_nobody() -> None:
    before = model(version("1"))

    before.when(decide_set_unique_tag, set_tag(V1, "1", "resnet")).then(
        moved("production", V1, before=None, version="1")
    )


def test_setting_a_tag_where_it_is_changes_nothing() -> None:
    command = SetUniqueTag(model=MODEL, model_version_id=V1, tag="production")

    model(version("1", "production")).when(decide_set_unique_tag, command).then()


def test_a_removed_tag_is_free() -> None:
    command = RemoveUniqueTag(model=MODEL, model_version_id=V1, tag="production", version="1", version_name="resnet")
    when = model(version("1", "production")).when(decide_remove_unique_tag, command)

    when.then(
        UniqueTagRemoved(
            model_id=MODEL.id, tag="production", model_version_id=V1, model="resnet", version="1", version_name="resnet"
        )
    )
    assert dict(when.state.tags) == {}


@pytest.mark.parametrize("holder", [None, V1])
def test_a_tag_that_a_version_does_not_hold_is_not_removed(holder: UUID | None) -> None:
    before = model(version("1", *(["production"] if holder else [])), version("2"))
    when = before.when(decide_remove_unique_tag, RemoveUniqueTag(model=MODEL, model_version_id=V2, tag="production"))

    assert when.refused(UniqueTagNotHeldError).holder == holder


def test_a_model_has_a_bounded_number_of_unique_tags() -> None:
    tags = [f"tag-{n}" for n in range(limits.MODEL_UNIQUE_TAGS_MAX)]
    before = model(version("1", *tags))
    one_more = CreateModelVersion(model=MODEL, unique_tags=["one-more"])

    before.when(decide_create_model_version, one_more).refused(InvalidFieldError, match="unique_tags")
    assert before.when(decide_set_unique_tag, SetUniqueTag(model=MODEL, model_version_id=V2, tag="tag-0")).events


def test_the_state_does_not_grow_with_the_number_of_versions() -> None:
    before = model(*(version(str(number)) for number in range(1, 1000)))

    assert before.state == ModelState("resnet", 999, changes=1000)


def test_each_state_of_the_registry_has_a_claim_of_its_own() -> None:
    """What is logged on the model changes no claim; every change of the registry does."""
    history = [created(), version("1"), version("2")]
    states = [given(MODEL_REGISTRY, *history[:n]).state for n in range(4)]
    logged = MetadataUpdated(object_id=MODEL.id, metadata={"a": 1})

    assert len({claim(MODEL, state).id for state in states}) == len(states)
    assert claim(MODEL, evolve(states[2], logged)) == claim(MODEL, states[2])
