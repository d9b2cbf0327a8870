"""Which event types there are, how each is written, and how an older shape is read as today's.

Must not know: where events are stored, or what they mean to a reader.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from modelbox_events.errors import InvalidEventError, NewerVersionError
from modelbox_events.event import ChangeEvent, Codec, RecordedEvent
from modelbox_events.types.artifacts import ArtifactsTracked, ArtifactUploaded
from modelbox_events.types.checkpoints import CheckpointCreated
from modelbox_events.types.lineage import DatasetCreated, LineageLinked
from modelbox_events.types.log import ClockCorrected, EventRedacted, LogForked
from modelbox_events.types.metadata import MetadataRemoved, MetadataUpdated
from modelbox_events.types.metrics import MetricsLogged
from modelbox_events.types.models import (
    ModelCreated,
    ModelVersionCreated,
    UniqueTagMoved,
    UniqueTagRemoved,
    with_labels,
    with_names,
    with_origin,
)
from modelbox_events.types.objects import (
    EventLogged,
    HyperparametersLogged,
    ObjectDeleted,
    ObjectRestored,
    ObjectUpdated,
)
from modelbox_events.types.runs import ExperimentCreated, RunCreated, RunEnded, RunResumed

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns the JSON object of one schema version into that of the next. Pure."""

_CODECS: Final = frozenset(Codec)
_encoder: Final = msgspec.json.Encoder()


def dataschema(name: str, schema_version: int) -> str:
    """Return the URI of the JSON Schema of an event type's data in a schema version."""
    return f"urn:modelbox:event:{name}:{schema_version}"


class EventType:
    """One event type: its Struct, its schema version, and the way up from each older version."""

    def __init__(self, struct: type[ChangeEvent], upcasters: Iterable[Upcaster] = ()) -> None:
        """Describe a type whose schema version is one more than it has upcasters (from 1, from 2, …)."""
        self.struct = struct
        self.name = struct.__name__
        self.upcasters = tuple(upcasters)
        self.schema_version = len(self.upcasters) + 1
        self.dataschema = dataschema(self.name, self.schema_version)
        self._decoder = msgspec.json.Decoder(struct)

    def decode(self, schema_version: int, data: bytes) -> ChangeEvent:
        """Read the event, lifted to today's schema version.

        Raises:
            NewerVersionError: The schema version is above today's.
            InvalidEventError: The data does not have the version's shape.
        """
        try:
            if schema_version == self.schema_version:
                return self._decoder.decode(data)
            if schema_version > self.schema_version:
                known = f"1 to {self.schema_version}"
                raise NewerVersionError(f"{self.name} has schema version {schema_version}, known here are {known}")
            if schema_version < 1:
                raise InvalidEventError("schema_version", f"{self.name} has versions from 1 on, not {schema_version}")
            value = msgspec.json.decode(data)
            for upcast in self.upcasters[schema_version - 1 :]:
                value = upcast(value)
            return msgspec.convert(value, self.struct, str_keys=True)
        except msgspec.DecodeError as error:
            raise InvalidEventError("data", f"not a {self.name} of version {schema_version}: {error}") from error


class Registry:
    """The event types by name."""

    def __init__(self, types: Iterable[EventType]) -> None:
        """Register the types."""
        self.types: Mapping[str, EventType] = {event_type.name: event_type for event_type in types}

    def type_of(self, name: str) -> EventType:
        """Return the type of this name.

        Raises:
            InvalidEventError: There is none.
        """
        try:
            return self.types[name]
        except KeyError:
            raise InvalidEventError("type", f"unknown event type {name[:80]!r}") from None

    def encode(self, event: ChangeEvent) -> bytes:
        """Write an event as JSON, in the shape of its type's schema version.

        Raises:
            InvalidEventError: The type is not registered, or a value has no JSON form.
        """
        self.type_of(type(event).__name__)
        try:
            return _encoder.encode(event)
        except (msgspec.EncodeError, UnicodeEncodeError, OverflowError, RecursionError, TypeError) as error:
            raise InvalidEventError("data", f"{type(event).__name__} has no JSON form: {error}") from error

    def decode(self, event: RecordedEvent) -> ChangeEvent:
        """Read a recorded event's data, lifted to today's schema version.

        Raises:
            NewerVersionError: The type, its schema version or the codec is unknown here.
            InvalidEventError: The data is missing or does not have the type's shape.
        """
        if event.codec not in _CODECS:
            raise NewerVersionError(f"event {event.position} has codec {event.codec}")
        if event.data is None:
            raise InvalidEventError("data", f"event {event.position} has none")
        event_type = self.types.get(event.type)
        if event_type is None:
            raise NewerVersionError(f"event {event.position} has type {event.type[:80]!r}")
        return event_type.decode(event.schema_version, event.data)


REGISTRY: Final = Registry(
    [
        EventType(ExperimentCreated),
        EventType(RunCreated),
        EventType(RunEnded),
        EventType(RunResumed),
        EventType(CheckpointCreated),
        EventType(ModelCreated, (with_labels,)),
        EventType(ModelVersionCreated, (with_origin,)),
        EventType(UniqueTagMoved, (with_names,)),
        EventType(UniqueTagRemoved, (with_names,)),
        EventType(ObjectUpdated),
        EventType(ObjectDeleted),
        EventType(ObjectRestored),
        EventType(MetadataUpdated),
        EventType(MetadataRemoved),
        EventType(HyperparametersLogged),
        EventType(EventLogged),
        EventType(DatasetCreated),
        EventType(LineageLinked),
        EventType(MetricsLogged),
        EventType(ArtifactsTracked),
        EventType(ArtifactUploaded),
        EventType(LogForked),
        EventType(ClockCorrected),
        EventType(EventRedacted),
    ]
)
"""The event types of this version of ModelBox."""
