"""The rules of models, as given/when/then over pure functions: these events, this command, those events."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from modelbox_events import ChangeEvent, NewEvent, StreamRef, object_id
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_events.types.model import ModelCreated
from modelbox_events.types.model_version import ModelVersionCreated, UniqueTagMoved, UniqueTagRemoved
from modelbox_gateway.errors import InvalidFieldError, UniqueTagNotHeldError, UniqueTagTakenError
from modelbox_gateway.rules import limits
from modelbox_gateway.rules.artifact import File
from modelbox_gateway.rules.model import CreateModel, decide_create_model
from modelbox_gateway.rules.model_registry import ModelState, claim, evolve
from modelbox_gateway.rules.model_version import CreateModelVersion, decide_create_model_version, model_version_id
from modelbox_gateway.rules.unique_tag import (
    RemoveUniqueTag,
    SetUniqueTag,
    decide_remove_unique_tag,
    decide_set_unique_tag,
)

MODEL = StreamRef("vision", "model", object_id("model", "vision", "resnet"))
V1 = model_version_id(MODEL.id, "1")
V2 = model_version_id(MODEL.id, "2")


def given(*events: ChangeEvent) -> ModelState:
    state = ModelState()
    for event in events:
        state = evolve(state, event)
    return state


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


def facts(events: Sequence[NewEvent]) -> list[ChangeEvent]:
    return [event.data for event in events]


def test_a_model_is_created_under_the_id_of_its_namespace_and_name() -> None:
    command = CreateModel(namespace="vision", name="resnet", owner="ana", metadata={"a": 1})

    [event] = decide_create_model(given(), command)

    assert event.data == ModelCreated(
        model_id=MODEL.id, name="resnet", owner="ana", task="", description="", labels={}, metadata={"a": 1}, files=[]
    )


def test_a_model_that_exists_is_not_created_again() -> None:
    assert decide_create_model(given(created()), CreateModel(namespace="vision", name="resnet")) == []


def test_ids_tell_apart_what_a_joined_text_would_not() -> None:
    assert CreateModel(namespace="ab", name="c").model_id != CreateModel(namespace="a", name="bc").model_id


def test_a_file_named_twice_is_tracked_once_and_opens_one_stream() -> None:
    file = File(path="s3://bucket/weights", file_type="MODEL", checksum="abc")

    [event] = decide_create_model(given(), CreateModel(namespace="vision", name="resnet", files=[file, file]))

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
    state = given(created(), *(version(number) for number in versions))

    [event] = decide_create_model_version(state, CreateModelVersion(model=MODEL))

    assert isinstance(event.data, ModelVersionCreated)
    assert event.data.version == expected


def test_the_name_of_a_version_defaults_to_its_models() -> None:
    [event] = decide_create_model_version(given(created("resnet")), CreateModelVersion(model=MODEL))

    assert isinstance(event.data, ModelVersionCreated)
    assert event.data.name == "resnet"


def test_a_version_opens_its_own_stream_and_those_of_its_files() -> None:
    command = CreateModelVersion(model=MODEL, files=[File(path="a")])

    [event] = decide_create_model_version(given(created()), command)

    assert [(ref.namespace, ref.type) for ref in event.opens] == [("vision", "model_version"), ("vision", "artifact")]
    assert event.opens[0].id == V1


def test_a_unique_tag_of_another_version_is_refused_naming_its_holder() -> None:
    state = given(created(), version("1", "production"))

    with pytest.raises(UniqueTagTakenError) as refused:
        decide_create_model_version(state, CreateModelVersion(model=MODEL, unique_tags=["production"]))

    assert (refused.value.tag, refused.value.holder) == ("production", V1)
    assert "move_tags" in str(refused.value)


def test_a_unique_tag_of_another_version_is_moved_when_asked() -> None:
    state = given(created(), version("1", "production"))
    command = CreateModelVersion(model=MODEL, unique_tags=["production", "latest"], move_tags=True)

    events = decide_create_model_version(state, command)

    assert facts(events) == [version("2", "latest"), moved("production", V2, before=V1, version="2")]
    assert dict(given(created(), version("1", "production"), *facts(events)).tags) == {"production": V2, "latest": V2}


def test_a_tag_last_set_on_a_deleted_version_is_free() -> None:
    state = given(created(), version("1", "production"), version("3", "best"))
    command = CreateModelVersion(model=MODEL, version="2", unique_tags=["production", "best"])

    with pytest.raises(UniqueTagTakenError) as refused:
        decide_create_model_version(state, command, deleted={V1})
    assert refused.value.tag == "best"

    one = CreateModelVersion(model=MODEL, version="2", unique_tags=["production"])
    events = decide_create_model_version(state, one, deleted={V1})
    assert facts(events) == [version("2"), moved("production", V2, before=V1, version="2")]


def test_a_tag_named_twice_is_given_once() -> None:
    [event] = decide_create_model_version(given(created()), CreateModelVersion(model=MODEL, unique_tags=["a", "a"]))

    assert isinstance(event.data, ModelVersionCreated)
    assert event.data.unique_tags == ["a"]


def test_setting_a_tag_takes_it_from_its_holder() -> None:
    state = given(created(), version("1", "production"), version("2"))

    events = decide_set_unique_tag(state, set_tag(V2, "2", "better"))

    assert facts(events) == [moved("production", V2, before=V1, version="2", name="better")]


def test_setting_a_tag_that_nobody_holds_takes_it_from_nobody() -> None:
    state = given(created(), version("1"))

    events = decide_set_unique_tag(state, set_tag(V1, "1", "resnet"))

    assert facts(events) == [moved("production", V1, before=None, version="1")]


def test_setting_a_tag_where_it_is_changes_nothing() -> None:
    state = given(created(), version("1", "production"))

    assert decide_set_unique_tag(state, SetUniqueTag(model=MODEL, model_version_id=V1, tag="production")) == []


def test_a_removed_tag_is_free() -> None:
    state = given(created(), version("1", "production"))

    command = RemoveUniqueTag(model=MODEL, model_version_id=V1, tag="production", version="1", version_name="resnet")
    events = decide_remove_unique_tag(state, command)

    removed = UniqueTagRemoved(
        model_id=MODEL.id, tag="production", model_version_id=V1, model="resnet", version="1", version_name="resnet"
    )
    assert facts(events) == [removed]
    assert dict(given(created(), version("1", "production"), *facts(events)).tags) == {}


@pytest.mark.parametrize("holder", [None, V1])
def test_a_tag_that_a_version_does_not_hold_is_not_removed(holder: UUID | None) -> None:
    state = given(created(), version("1", *(["production"] if holder else [])), version("2"))

    with pytest.raises(UniqueTagNotHeldError) as refused:
        decide_remove_unique_tag(state, RemoveUniqueTag(model=MODEL, model_version_id=V2, tag="production"))

    assert refused.value.holder == holder


def test_a_model_has_a_bounded_number_of_unique_tags() -> None:
    tags = [f"tag-{n}" for n in range(limits.MODEL_UNIQUE_TAGS_MAX)]
    state = given(created(), version("1", *tags))

    with pytest.raises(InvalidFieldError, match="unique_tags"):
        decide_create_model_version(state, CreateModelVersion(model=MODEL, unique_tags=["one-more"]))
    assert decide_set_unique_tag(state, SetUniqueTag(model=MODEL, model_version_id=V2, tag="tag-0"))


def test_the_state_does_not_grow_with_the_number_of_versions() -> None:
    state = given(created(), *(version(str(number)) for number in range(1, 1000)))

    assert state == ModelState("resnet", 999, changes=1000)


def test_each_state_of_the_registry_has_a_claim_of_its_own() -> None:
    """What is logged on the model changes no claim; every change of the registry does."""
    states = [given(), given(created()), given(created(), version("1")), given(created(), version("1"), version("2"))]
    logged = MetadataUpdated(object_id=MODEL.id, metadata={"a": 1})

    assert len({claim(MODEL, state).id for state in states}) == len(states)
    assert claim(MODEL, evolve(states[2], logged)) == claim(MODEL, states[2])
