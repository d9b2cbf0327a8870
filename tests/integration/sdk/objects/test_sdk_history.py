"""Who changed what and when: the history of models, versions and other objects, and what a watch tells beside it."""

from datetime import timedelta
from itertools import islice

import pytest

from modelbox import HistoryEntry, Model, ModelBox, ModelVersion
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transport import methods
from modelbox.user import claimed_user
from tests.integration.sdk_server import SdkServer


def told(history: list[HistoryEntry]) -> list[tuple[str, str | None, str | None]]:
    return [(entry.field, entry.old, entry.new) for entry in history]


@pytest.fixture(autouse=True)
def _anna(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELBOX_USER", "anna")
    claimed_user.cache_clear()


@pytest.fixture
def model(client: ModelBox) -> Model:
    return client.new_model("digits", owner="ada", namespace="vision", labels={"env": "test"})


@pytest.fixture
def versions(model: Model) -> tuple[ModelVersion, ModelVersion]:
    return model.new_model_version(unique_tags=["production"]), model.new_model_version(name="second")


def test_the_history_of_a_model_says_who_moved_a_tag_when_from_where(
    model: Model, versions: tuple[ModelVersion, ModelVersion], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = versions
    monkeypatch.setenv("MODELBOX_USER", "bärbel")
    claimed_user.cache_clear()
    second.set_unique_tag("production")
    second.remove_unique_tag("production")
    history = model.history()
    assert told(history) == [
        ("unique_tags.production", "2", None),
        ("unique_tags.production", "1", "2"),
        ("exists", None, "2"),
        ("unique_tags.production", None, "1"),
        ("exists", None, "1"),
        ("exists", None, "digits"),
    ]
    moved = history[1]
    assert (moved.actor, moved.type, moved.object_type) == ("claimed:bärbel", "UniqueTagMoved", "model_version")
    assert (moved.object_id, moved.old_id, moved.new_id) == (second.id, first.id, second.id)
    assert [entry.actor for entry in history[2:]] == ["claimed:anna"] * 4
    assert [entry.position for entry in history] == sorted((entry.position for entry in history), reverse=True)


def test_the_history_of_an_object_has_every_update_with_the_value_before(model: Model) -> None:
    model.update(owner="bob", labels={"env": "prod", "team": "x"})
    model.update(remove_labels=["env"], description="Digits.")
    model.delete()
    model.restore()
    assert set(told(model.history())) == {
        ("deleted", "true", "false"),
        ("deleted", "false", "true"),
        ("description", "", "Digits."),
        ("labels.env", "prod", None),
        ("labels.team", None, "x"),
        ("labels.env", "test", "prod"),
        ("owner", "ada", "bob"),
        ("exists", None, "digits"),
    }


def test_the_history_of_a_version_has_its_own_changes_and_the_tags_that_came_and_went(
    versions: tuple[ModelVersion, ModelVersion],
) -> None:
    first, second = versions
    second.set_unique_tag("production")
    second.set_unique_tag("best")
    first.update(description="The first.", labels={"a": "1"})
    first.update(labels={"a": "2"})
    assert told(first.history()) == [
        ("labels.a", "1", "2"),
        ("description", "", "The first."),
        ("labels.a", None, "1"),
        ("unique_tags.production", "1", "2"),
        ("unique_tags.production", None, "1"),
        ("exists", None, "1"),
    ]
    assert [entry.field for entry in second.history()] == ["unique_tags.best", "unique_tags.production", "exists"]


def test_a_history_comes_in_pages_and_ranges_of_time(
    model: Model, versions: tuple[ModelVersion, ModelVersion], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = versions
    for version in (second, first, second):
        version.set_unique_tag("production")
        first.update(labels={"a": version.version, "b": version.version})
    whole, of_model = first.history(), model.history()
    assert len(whole) == 11
    with monkeypatch.context() as patch:
        for size in (1, 2, 3):
            patch.setattr("modelbox.wire.PAGE_SIZE", size)
            assert first.history() == whole
            assert model.history() == of_model
    assert first.history(limit=4) == whole[:4]
    middle = whole[5]
    since = first.history(since=middle.recorded_at)
    until = first.history(until=middle.recorded_at)
    assert since + until == whole
    assert middle in since
    assert first.history(since=whole[0].recorded_at + timedelta(seconds=1)) == []


def test_the_history_of_a_run_has_its_status(client: ModelBox) -> None:
    run = client.start_run("lenet", source=False)
    run.finish("failed")
    run.resume()
    run.finish()
    client.flush()
    assert told(run.history())[:3] == [
        ("status", "running", "finished"),
        ("status", "failed", "running"),
        ("status", "running", "failed"),
    ]


@pytest.mark.usefixtures("versions")
def test_a_claimed_user_stands_in_no_event(model: Model, sdk_server: SdkServer) -> None:
    events = sdk_server.events()
    assert events
    assert all(event.actor == "anonymous" and b"anna" not in event.meta + (event.json or b"") for event in events)
    assert model.history()[0].actor == "claimed:anna"


def test_a_client_may_claim_nobody(client: ModelBox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELBOX_USER", "")
    claimed_user.cache_clear()
    assert client.new_model("digits").history()[0].actor == "anonymous"


def test_a_watch_names_the_tag_the_versions_the_model_and_who_did_it(
    client: ModelBox, versions: tuple[ModelVersion, ModelVersion]
) -> None:
    _, second = versions
    second.set_unique_tag("production")
    second.update(description="Better.")
    changes = list(islice(client.watch("vision"), 5))
    created, moved, updated = changes[2:]
    assert {change.actor for change in changes} == {"claimed:anna"}
    assert {(one.model, one.version, one.version_name) for one in (created, moved, updated)} == {
        ("digits", "2", "second")
    }
    assert (moved.unique_tag, moved.from_version) == ("production", "1")
    assert moved.payload["model"] == "digits"
    assert (moved.payload["version"], moved.payload["version_name"]) == ("2", "second")
    assert (updated.unique_tag, updated.from_version) == ("", "")


def test_the_history_of_a_model_says_which_versions_were_deleted_and_restored(
    model: Model, versions: tuple[ModelVersion, ModelVersion]
) -> None:
    first, second = versions
    first.delete()
    second.delete()
    first.restore()
    first.delete()
    found = [(one.field, one.old, one.new, one.version, one.object_id) for one in model.history()[:4]]
    assert found == [
        ("deleted", "false", "true", "1", first.id),
        ("deleted", "true", "false", "1", first.id),
        ("deleted", "false", "true", "2", second.id),
        ("deleted", "false", "true", "1", first.id),
    ]
    assert {one.object_type for one in model.history()[:4]} == {"model_version"}
    assert [one.version for one in model.history()[4:]] == ["2", "1", "1", ""]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_of_a_models_history_lose_nothing_though_versions_are_deleted_in_between(
    client: ModelBox, model: Model, versions: tuple[ModelVersion, ModelVersion], size: int
) -> None:
    first, second = versions
    first.delete()
    first.restore()
    model.update(owner="bob")
    whole = [entry.position for entry in model.history()]
    call, found, token = client._session.connection.call, [], ""
    while True:
        request = pb.GetHistoryRequest(id=model.id, page_size=size, page_token=token)
        page = call(methods.GET_HISTORY, request)
        found += [entry.position for entry in page.entries]
        token = page.next_page_token
        if not token:
            break
        second.delete()
    assert found == whole


def test_the_history_of_a_run_says_why_it_ended_and_why_it_goes_on(client: ModelBox) -> None:
    run = client.start_run("ends", source=False)
    run.finish("killed", "out of memory")
    run.resume("more memory")
    run.finish()
    client.flush()
    assert [(one.new, one.reason) for one in run.history()] == [
        ("finished", ""), ("running", "more memory"), ("killed", "out of memory"), (run.name, "")
    ]  # fmt: skip
