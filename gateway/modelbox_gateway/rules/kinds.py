"""What the rules that all kinds of object share must know of one: each kind's own file says it, as `KIND`.

Must not know: any kind of object.
"""

import importlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Final, NamedTuple, Protocol, runtime_checkable
from uuid import UUID

import msgspec

from modelbox_events.event import ChangeEvent, Kind
from modelbox_events.registry import REGISTRY

_PACKAGE: Final = "modelbox_gateway.rules"


class FieldChange(NamedTuple):
    """A field that was given another value.

    `asks` says that the value before stands in an earlier event. `object_id` is set where the model's stream tells of
    a version. Of a unique tag, the ids are those of the versions that held and hold it. `reason` is why, if that was
    said.
    """

    field: str
    old: str | None
    new: str | None
    asks: bool = False
    object_id: UUID | None = None
    old_id: UUID | None = None
    new_id: UUID | None = None
    reason: str = ""


@runtime_checkable
class Named(Protocol):
    """An event that gives its object a name."""

    @property
    def name(self) -> str:
        """The name."""
        ...


@runtime_checkable
class WithLabels(Protocol):
    """An event that gives its object labels."""

    @property
    def labels(self) -> dict[str, str]:
        """Their values by name."""
        ...


def named_now(event: ChangeEvent) -> Iterator[FieldChange]:
    """Give, of an event that creates, that the object is there, by its name."""
    if isinstance(event, Named):
        yield FieldChange("exists", None, event.name)


class KindRules(msgspec.Struct, frozen=True, kw_only=True):
    """What one kind of object is like.

    Attributes:
        kind: The kind, as the log names it.
        texts: What an update can write of it, beside its labels.
        begins_in: The kind in whose streams objects of this kind are created, if that is not their own.
        is_part: It is created in the stream of any object, belongs to that and stays as it is.
        events: What gives a field another value, beside its creation and what all kinds have; in its own stream.
        changes: Gives the fields that an event of this kind changed, the last first.
    """

    kind: Kind
    texts: tuple[str, ...] = ()
    begins_in: Kind | None = None
    is_part: bool = False
    events: tuple[type[ChangeEvent], ...] = ()
    changes: Callable[[ChangeEvent], Iterable[FieldChange]] = named_now

    @property
    def title(self) -> str:
        """The kind as people read it."""
        return self.kind.replace("_", " ")

    @property
    def has_own_stream(self) -> bool:
        """Whether its creation is the first event of its own stream."""
        return self.begins_in is None and not self.is_part


@cache
def rules_of(kind: Kind) -> KindRules:
    """Return what the file of a kind says of it.

    Raises:
        ModuleNotFoundError: There is no such file, though the registry of events may know the kind.
    """
    found: KindRules = importlib.import_module(f"{_PACKAGE}.{kind}").KIND
    return found


def events_about(kind: Kind) -> tuple[type[ChangeEvent], ...]:
    """Return the event types that name an object of this kind as what they are about, by name."""
    types = (REGISTRY.types[name].struct for name in sorted(REGISTRY.types))
    return tuple(event for event in types if event.target is not None and event.target.kind == kind)


def own_creations() -> tuple[type[ChangeEvent], ...]:
    """Return the event types that are the first of their object's own stream, by the name of its kind."""
    own = (kind for kind in sorted(REGISTRY.kinds) if rules_of(kind).has_own_stream)
    return tuple(event for kind in own for event in events_about(kind) if event.__name__ in REGISTRY.creations)


def type_names(*events: type[ChangeEvent]) -> tuple[str, ...]:
    """Return the names of event types, as the log has them."""
    return tuple(event.__name__ for event in events)
