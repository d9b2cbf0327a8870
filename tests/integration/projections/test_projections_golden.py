"""Events as earlier versions of ModelBox recorded them are read as today's: golden files, the registry as it is."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from modelbox_events import ChangeEvent, Log, Position, StreamRef, object_id
from modelbox_events.registry import REGISTRY, EventType, Registry
from modelbox_events.types.model import ModelCreated
from modelbox_events.types.model_version import ModelVersionCreated, UniqueTagMoved, UniqueTagRemoved
from modelbox_projections import prepare
from modelbox_projections.metadata.queries import Metadata
from modelbox_projections.model_versions.kind import ModelVersions
from modelbox_projections.models.kind import Models
from tests.integration.projections_support import (
    append,
    assert_rows_are_what_the_log_gives,
    model_ref,
    settled,
    version_created,
)

GOLDEN = Path(__file__).parent / "golden"
MODEL = model_ref("digits")
VERSION_ID = object_id("model_version", str(MODEL.id), "1")


def golden(name: str) -> bytes:
    return (GOLDEN / f"{name}.v1.json").read_bytes()


def first_shape(name: str) -> ChangeEvent:
    """Return a golden event as a value of the shape that its type had in version 1."""
    fields: dict[str, Any] = msgspec.json.decode(golden(name))
    shape = msgspec.defstruct(name, [(field, Any) for field in fields], bases=(ChangeEvent,), frozen=True, kw_only=True)
    event = shape(**fields)
    assert isinstance(event, ChangeEvent)
    return event


def test_a_model_created_before_labels_has_none() -> None:
    event = REGISTRY.type_of("ModelCreated").decode(1, golden("ModelCreated"))
    assert isinstance(event, ModelCreated)
    assert (event.model_id, event.name, event.task, event.labels) == (MODEL.id, "digits", "classification", {})
    assert event.metadata == {"license": "MIT", "classes": [0, 1, 2]}
    assert [file.path for file in event.files] == ["s3://models/digits.onnx"]


def test_a_model_version_created_before_promotion_was_made_from_nothing_known() -> None:
    event = REGISTRY.type_of("ModelVersionCreated").decode(1, golden("ModelVersionCreated"))
    expected = version_created(
        MODEL,
        "1",
        name="digits",
        description="The first.",
        unique_tags=["production"],
        metadata={"layers": [64, 10]},
    )
    assert event == expected
    assert isinstance(event, ModelVersionCreated)
    assert (event.experiment_id, event.run_id, event.checkpoint_id) == (None, None, None)
    assert (event.labels, event.uploaded, event.metrics, event.step) == ({}, [], {}, 0)


@pytest.mark.parametrize("name", ["UniqueTagMoved", "UniqueTagRemoved"])
def test_a_unique_tag_moved_before_names_were_told_has_none(name: str) -> None:
    event = REGISTRY.type_of(name).decode(1, golden(name))
    assert isinstance(event, (UniqueTagMoved, UniqueTagRemoved))
    assert (event.model_version_id, event.tag) == (VERSION_ID, "production")
    assert (event.model, event.version, event.version_name) == ("", "", "")


async def test_a_log_of_an_earlier_version_gives_todays_views(dsn: str) -> None:
    await prepare(dsn)
    model, version = first_shape("ModelCreated"), first_shape("ModelVersionCreated")
    earlier = await Log.open(dsn, registry=Registry([EventType(type(model)), EventType(type(version))]))
    opened = StreamRef("tests", "model_version", VERSION_ID)
    await append(earlier, MODEL, model, begins=True)
    await append(earlier, MODEL, version, opens=[opened])
    await earlier.close()
    log = await Log.open(dsn)
    assert [event.schema_version for event in await log.read(Position(0))] == [1, 1]
    views = await settled(log)
    row = await views.of(Models).get(MODEL.id)
    assert row is not None
    assert (row.name, row.owner, row.labels, row.deleted_at) == ("digits", "ada@example.org", {}, None)
    held = await views.of(ModelVersions).by_tag(MODEL.id, "production")
    assert held is not None
    assert (held.id, held.run_id, held.labels) == (VERSION_ID, None, {})
    assert await views.of(Metadata).of(VERSION_ID) == {"layers": b"[64,10]"}
    await assert_rows_are_what_the_log_gives(log)
    await log.close()
