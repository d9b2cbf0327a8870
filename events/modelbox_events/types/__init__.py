"""The change events: one Struct an event type, and the registry that reads and writes them."""

from modelbox_events.types.artifacts import ArtifactsTracked, ArtifactUploaded, TrackedFile
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_events.types.metrics import (
    BytesSeries,
    Double,
    DoubleSeries,
    MetricsLogged,
    Series,
    StringSeries,
    doubles_from_json,
    doubles_to_json,
)
from modelbox_events.types.models import ModelCreated, ModelVersionCreated, UniqueTagMoved, UniqueTagRemoved
from modelbox_events.types.registry import REGISTRY, EventType, Registry

__all__ = [
    "REGISTRY",
    "ArtifactUploaded",
    "ArtifactsTracked",
    "BytesSeries",
    "Double",
    "DoubleSeries",
    "EventType",
    "MetadataUpdated",
    "MetricsLogged",
    "ModelCreated",
    "ModelVersionCreated",
    "Registry",
    "Series",
    "StringSeries",
    "TrackedFile",
    "UniqueTagMoved",
    "UniqueTagRemoved",
    "doubles_from_json",
    "doubles_to_json",
]
