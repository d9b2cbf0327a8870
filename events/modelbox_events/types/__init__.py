"""The change events: one Struct an event type, and the registry that reads and writes them."""

from modelbox_events.types.artifacts import ArtifactsTracked, ArtifactUploaded, TrackedFile, UploadedFile
from modelbox_events.types.checkpoints import CheckpointCreated
from modelbox_events.types.lineage import DatasetColumn, DatasetCreated, LineageLinked
from modelbox_events.types.log import ClockCorrected, EventRedacted, LogForked
from modelbox_events.types.metadata import MetadataRemoved, MetadataUpdated
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
from modelbox_events.types.objects import (
    EventLogged,
    HyperparametersLogged,
    ObjectDeleted,
    ObjectRestored,
    ObjectUpdated,
)
from modelbox_events.types.registry import REGISTRY, EventType, Registry
from modelbox_events.types.runs import EndStatus, ExperimentCreated, RunCreated, RunEnded, RunResumed, Source

__all__ = [
    "REGISTRY",
    "ArtifactUploaded",
    "ArtifactsTracked",
    "BytesSeries",
    "CheckpointCreated",
    "ClockCorrected",
    "DatasetColumn",
    "DatasetCreated",
    "Double",
    "DoubleSeries",
    "EndStatus",
    "EventLogged",
    "EventRedacted",
    "EventType",
    "ExperimentCreated",
    "HyperparametersLogged",
    "LineageLinked",
    "LogForked",
    "MetadataRemoved",
    "MetadataUpdated",
    "MetricsLogged",
    "ModelCreated",
    "ModelVersionCreated",
    "ObjectDeleted",
    "ObjectRestored",
    "ObjectUpdated",
    "Registry",
    "RunCreated",
    "RunEnded",
    "RunResumed",
    "Series",
    "Source",
    "StringSeries",
    "TrackedFile",
    "UniqueTagMoved",
    "UniqueTagRemoved",
    "UploadedFile",
    "doubles_from_json",
    "doubles_to_json",
]
