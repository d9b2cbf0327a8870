"""Bad input through the SDK: a clear error that names the field, and the log's head has not moved.

What is logged is not refused: `test_sdk_odd_input.py`.
"""

import math
from collections.abc import Callable
from typing import Any

import pytest

from modelbox import InvalidFieldError, Model, ModelBox
from tests.integration.sdk_server import SdkServer

LONG = "x" * 10_000_000

CASES: dict[str, tuple[Callable[[ModelBox, Model], Any], str]] = {
    "empty name": (lambda client, _: client.new_model(""), "name"),
    "10 MB name": (lambda client, _: client.new_model(LONG), "name"),
    "300 characters": (lambda client, _: client.new_model("x" * 300), "name"),
    "control character": (lambda client, _: client.new_model("a\x07b"), "name"),
    "half a pair": (lambda client, _: client.new_model("a\ud800"), "name"),
    "bytes as a name": (lambda client, _: client.new_model(b"name"), "name"),  # type: ignore[arg-type]
    "namespace": (lambda client, _: client.new_model("a", namespace="a\nb"), "namespace"),
    "description": (lambda client, _: client.new_model("a", description=LONG), "description"),
    "tag": (lambda _, model: model.new_model_version(unique_tags=[""]), "unique_tags[0]"),
    "framework": (lambda _, model: model.new_model_version(framework="caffe"), "framework"),
    "version": (lambda _, model: model.new_model_version("\t"), "version"),
    "traversal": (lambda _, model: model.track_artifacts("s3://b/../x"), "files[0].path"),
    "NUL in a path": (lambda _, model: model.track_artifacts("a\0b"), "files[0]"),
    "empty path": (lambda _, model: model.track_artifacts([""]), "files[0]"),
    "no path": (lambda _, model: model.upload_artifact([7]), "files[0]"),  # type: ignore[list-item]
    "100 MB of metadata": (lambda _, model: model.update_metadata("k", "x" * 100_000_000), "metadata['k']"),
    "long list": (lambda _, model: model.update_metadata("k", [0.1] * 200_000), "metadata['k']"),
    "NaN in metadata": (lambda _, model: model.update_metadata("k", {"a": [math.nan]}), "metadata['k']['a'][0]"),
    "an object": (lambda _, model: model.update_metadata("k", {"a": object()}), "metadata['k']['a']"),
    "a set": (lambda _, model: model.update_metadata("k", {1, 2}), "metadata['k']"),
    "large int": (lambda _, model: model.update_metadata("k", 2**64), "metadata['k']"),
    "NUL": (lambda _, model: model.update_metadata("k", ["\0"]), "metadata['k'][0]"),
    "empty key": (lambda _, model: model.update_metadata("", 1), "metadata key"),
    "key of spaces": (lambda _, model: model.update_metadata(" k", 1), "metadata key"),
    "no id": (lambda client, _: client.object("").metadata(), "parent_id"),
    "broken id": (lambda client, _: client.object("x").update_metadata("k", 1), "parent_id"),
}


def test_bad_input_names_the_field_and_writes_nothing(sdk_server: SdkServer, client: ModelBox, model: Model) -> None:
    before = sdk_server.position()
    named = {case: _field_of_refusal(call, client, model) for case, (call, _) in CASES.items()}
    assert named == {case: field for case, (_, field) in CASES.items()}
    client.flush()
    assert sdk_server.position() == before
    assert client.delivery().acknowledged == 0


def _field_of_refusal(call: Callable[[ModelBox, Model], Any], client: ModelBox, model: Model) -> str:
    with pytest.raises(InvalidFieldError) as refused:
        call(client, model)
    message = str(refused.value)
    assert message.startswith(refused.value.field)
    assert len(message) < 2000
    return refused.value.field
