"""What a watcher is told of an event: what became of which object."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events import ChangeEvent, Position, RecordedEvent
from modelbox_events.registry import REGISTRY
from modelbox_gateway.rpc.methods.watch.changes import Changes
from modelbox_gateway.rules.kinds import own_creations

LOG, STREAM, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
CREATED, UPDATED, DELETED = pb.OBJECT_CREATED, pb.OBJECT_UPDATED, pb.OBJECT_DELETED

Told = tuple[str, dict[str, Any], Any, str, UUID]


def _begun(event: type[ChangeEvent]) -> Told:
    """Return what is told of the event with which an object's own stream begins."""
    assert event.target is not None
    kind, (id_field,) = event.target
    return kind, {str(id_field): STREAM}, CREATED, kind, STREAM


TOLD: dict[str, Told] = {event.__name__: _begun(event) for event in own_creations()} | {
    "RunEnded": ("run", {"run_id": STREAM}, UPDATED, "run", STREAM),
    "RunResumed": ("run", {"run_id": STREAM}, UPDATED, "run", STREAM),
    "ModelVersionCreated": ("model", {"model_version_id": OTHER}, CREATED, "model_version", OTHER),
    "UniqueTagMoved": ("model", {"model_version_id": OTHER}, UPDATED, "model_version", OTHER),
    "UniqueTagRemoved": ("model", {"model_version_id": OTHER}, UPDATED, "model_version", OTHER),
    "ArtifactsTracked": ("run", {"files": [{"id": OTHER}]}, CREATED, "artifact", OTHER),
    "ArtifactUploaded": ("dataset", {"id": OTHER}, CREATED, "artifact", OTHER),
    "ObjectUpdated": ("experiment", {"object_id": STREAM}, UPDATED, "experiment", STREAM),
    "ObjectDeleted": ("model_version", {"object_id": STREAM}, DELETED, "model_version", STREAM),
    "ObjectRestored": ("model_version", {"object_id": STREAM}, UPDATED, "model_version", STREAM),
    "MetadataUpdated": ("artifact", {"object_id": STREAM}, UPDATED, "artifact", STREAM),
    "MetadataRemoved": ("artifact", {"object_id": STREAM}, UPDATED, "artifact", STREAM),
    "MetricsLogged": ("dataset", {"object_id": STREAM}, UPDATED, "dataset", STREAM),
    "HyperparametersLogged": ("run", {"object_id": STREAM}, UPDATED, "run", STREAM),
    "EventLogged": ("checkpoint", {"object_id": STREAM, "id": OTHER}, UPDATED, "checkpoint", STREAM),
    "LogForked": ("log", {"log_id": OTHER}, UPDATED, "log", STREAM),
    "ClockCorrected": ("log", {"reason": "r"}, UPDATED, "log", STREAM),
    "EventRedacted": ("log", {"reason": "r"}, UPDATED, "log", STREAM),
    "LineageLinked": ("run", {"from_id": OTHER, "to_id": STREAM}, UPDATED, "run", STREAM),
}
"""By event type: the stream it stands in and what its data says, then what is told."""


def recorded(event_type: str, stream_type: str, data: object) -> RecordedEvent:
    return RecordedEvent(
        position=Position(7), namespace="demo", stream_type=stream_type, stream_id=STREAM, version=1,
        event_id=UUID(int=9), type=event_type, schema_version=REGISTRY.types[event_type].schema_version,
        recorded_at=datetime(2026, 1, 2, tzinfo=UTC), occurred_at=None, actor="ana", auth_type=0, correlation_id=None,
        causation_id=None, trace=None, codec=1, data=msgspec.json.encode(data), data_ref=None, data_sha256=None,
        meta=b"", key_id=None, salt=None, content_hash=b"", hash=b"",
    )  # fmt: skip


def test_every_event_type_is_thought_of() -> None:
    assert TOLD.keys() == REGISTRY.types.keys()


@pytest.mark.parametrize("event_type", TOLD)
def test_a_change_names_its_object_and_what_became_of_it(event_type: str) -> None:
    stream_type, data, *expected = TOLD[event_type]

    change = Changes(lambda: LOG, REGISTRY).change(recorded(event_type, stream_type, data))
    told = pb.WatchNamespaceResponse.FromString(change.encoded(with_hash=False))

    assert [told.event, told.object_type, told.object_id] == [expected[0], expected[1], str(expected[2])]
    assert (told.type, told.position, told.token) == (event_type, 7, f"{LOG}.7")
    assert set(told.payload.struct_value.fields) == set(data)
