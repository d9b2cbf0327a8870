"""Keys of metadata that are deleted: gone from what is read, kept in the history."""

import pytest

from modelbox import InvalidFieldError, Model, ModelBox
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transport import methods
from tests.integration.sdk_server import SdkServer


def test_a_deleted_key_is_gone_and_can_be_written_again(client: ModelBox, model: Model) -> None:
    model.update_metadata({"a": 1, "b": None, "c": [3]})
    model.delete_metadata("a", "b")
    assert model.metadata() == {"c": [3]}
    model.update_metadata("a", 2)
    assert model.metadata() == {"a": 2, "c": [3]}
    with ModelBox(client.address) as other:
        assert other.object(model.id).metadata() == {"a": 2, "c": [3]}


def test_the_history_tells_when_a_key_was_deleted(model: Model) -> None:
    """A null is a value, and told from it."""
    model.update_metadata("a", None)
    model.update_metadata("b", 1)
    model.delete_metadata("a")
    model.update_metadata("a", 2)
    history = model.metadata_history("a")
    assert [(change.value, change.deleted) for change in history] == [(2, False), (None, True), (None, False)]
    assert [change.key for change in model.metadata_history()] == ["a", "a", "b", "a"]


def test_a_deleted_key_is_found_by_no_filter(client: ModelBox, model: Model) -> None:
    model.update_metadata({"stage": "test"})
    before = model.refreshed()
    assert [found.id for found in client.models("demo", filter='metadata.stage = "test"')] == [model.id]
    model.delete_metadata("stage")
    assert client.models("demo", filter='metadata.stage = "test"') == []
    assert client.models("demo", filter="metadata.stage is null") == [model.refreshed()]
    assert model.refreshed().updated_at > before.updated_at


def test_a_promoted_checkpoint_has_only_what_was_left(client: ModelBox, model: Model) -> None:
    run = client.new_experiment("e").new_run("r")
    checkpoint = run.new_checkpoint(epoch=1, metadata={"a": 1, "b": 2})
    checkpoint.delete_metadata("a")
    assert checkpoint.promote(model).metadata() == {"b": 2}


def test_keys_are_written_and_deleted_in_one_change(client: ModelBox, model: Model, sdk_server: SdkServer) -> None:
    model.update_metadata({"a": 1, "b": 2})
    client.flush()
    request = pb.UpdateMetadataRequest(
        parent_id=model.id, metadata=pb.Metadata(json={"c": "3"}), removed_keys=["a", "a", "nothing"]
    )
    answer = client._session.connection.call(methods.UPDATE_METADATA, request)  # the wire allows both
    assert (answer.num_keys_written, answer.num_keys_removed) == (1, 2)
    assert model.metadata() == {"b": 2, "c": 3}
    assert [event.type for event in sdk_server.events()][-2:] == ["MetadataUpdated", "MetadataRemoved"]

    request.removed_keys.append("c")
    with pytest.raises(InvalidFieldError, match=r"removed_keys\[3\]"):
        client._session.connection.call(methods.UPDATE_METADATA, request)


def test_no_key_and_no_name_are_refused(model: Model) -> None:
    with pytest.raises(InvalidFieldError, match="at least one"):
        model.delete_metadata()
    with pytest.raises(InvalidFieldError, match=r"keys\[1\]"):
        model.delete_metadata("a", " b")
