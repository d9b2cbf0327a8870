"""Which event types there are, how each is written, and how an older shape is read as today's.

The types are those of package `types`, whatever files it has.

Must not know: Postgres, NATS.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import Final

import msgspec

from modelbox_events import types as event_types
from modelbox_events.errors import InvalidEventError, NewerVersionError
from modelbox_events.event import ChangeEvent, Effect, Kind, RecordedEvent, Upcaster

_encoder: Final = msgspec.json.Encoder()


def dataschema(name: str, schema_version: int) -> str:
    """Return the URI of the JSON Schema of an event type's data in a schema version."""
    return f"urn:modelbox:event:{name}:{schema_version}"


class EventType:
    """One event type: its Struct, its schema version, and the way up from each older version."""

    def __init__(self, struct: type[ChangeEvent], upcasters: Iterable[Upcaster] | None = None) -> None:
        """Describe a type whose schema version is one more than it has upcasters: its own, unless others are given."""
        self.struct = struct
        self.name = struct.__name__
        self.upcasters = struct.upcasters if upcasters is None else tuple(upcasters)
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
    """The event types by name.

    Attributes:
        types: All of them.
        creations: Those that create objects, in no order.
        kinds: The kinds of the objects that they create.
    """

    def __init__(self, types: Iterable[EventType]) -> None:
        """Register the types."""
        self.types: Mapping[str, EventType] = {event_type.name: event_type for event_type in types}
        created = {
            name: event_type.struct.target
            for name, event_type in self.types.items()
            if event_type.struct.effect is Effect.CREATES
        }
        if unnamed := [name for name, target in created.items() if target is None]:
            raise TypeError(f"what does {unnamed[0]} create? An event that creates has a target")
        self.creations = frozenset(created)
        self.kinds: frozenset[Kind] = frozenset(target.kind for target in created.values() if target)

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
            LogCorruptedError: The data cannot be decompressed.
        """
        data = event.json
        if data is None:
            raise InvalidEventError("data", f"event {event.position} has none")
        event_type = self.types.get(event.type)
        if event_type is None:
            raise NewerVersionError(f"event {event.position} has type {event.type[:80]!r}")
        return event_type.decode(event.schema_version, data)


def _types_in(package: ModuleType) -> Iterator[type[ChangeEvent]]:
    """Give the event types that the modules of a package define."""
    for found in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{found.name}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, ChangeEvent) and value.__module__ == module.__name__:
                yield value


REGISTRY: Final = Registry(EventType(struct) for struct in _types_in(event_types))
"""The event types of this version of ModelBox."""
