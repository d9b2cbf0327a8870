"""What events change of the objects of one kind.

A kind of which more can happen than to any object adds that.

Must not know: any kind of object.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

import asyncpg

from modelbox_events import Position
from modelbox_events.types.artifact import ArtifactsTracked, ArtifactUploaded
from modelbox_events.types.metadata import MetadataRemoved, MetadataUpdated
from modelbox_events.types.objects import HyperparametersLogged, ObjectDeleted, ObjectRestored, ObjectUpdated
from modelbox_projections.objects import STATEMENTS
from modelbox_projections.objects.object_kind import ObjectKind
from modelbox_projections.projection import DecodedEvent, json_text, names_of, write_rows

TOUCHING: Final = names_of(MetadataUpdated, MetadataRemoved, HyperparametersLogged, ArtifactsTracked, ArtifactUploaded)
"""Types that change what hangs on an object: nothing but its stream need be read from them."""

OF_ANY_OBJECT: Final = TOUCHING | names_of(ObjectUpdated, ObjectDeleted, ObjectRestored)
"""Types that change an object of any kind. They stand in its own stream."""

ObjectData: TypeAlias = tuple[Any, ...]


@dataclass(slots=True)
class Change:
    """What is different of an object from `at` on; None means that it stays, of a label that it goes."""

    at: datetime
    owner: str | None = None
    description: str | None = None
    task: str | None = None
    comment: str | None = None
    labels: dict[str, str | None] = field(default_factory=dict)
    decides: bool = False
    deleted_at: datetime | None = None

    def update(self, data: ObjectUpdated) -> None:
        """Take an update in; what it says counts, whatever was said before."""
        for name in ("owner", "description", "task", "comment"):
            if (value := getattr(data, name)) is not None:
                setattr(self, name, value)
        self.labels |= dict.fromkeys(data.labels_removed) | data.labels

    def row(self, object_id: UUID) -> ObjectData:
        """Return the change as statement `change` takes it."""
        texts = (self.owner, self.description, self.task, self.comment)
        labels = json_text(self.labels) if self.labels else None
        return (object_id, self.at, *texts, labels, self.decides, self.deleted_at)


class Changes:
    """The objects of one kind that events create, and what they change of those and of others."""

    def __init__(self, kind: ObjectKind[Any]) -> None:
        """Begin with nothing changed."""
        self.kind = kind
        self.created: list[ObjectData] = []
        self.changed: dict[UUID, Change] = {}
        self.touched: dict[UUID, tuple[datetime, Position]] = {}

    def add(self, event: DecodedEvent) -> None:
        """Take one event in, of a type that the projection of this kind reads."""
        recorded = event.recorded
        if recorded.type not in OF_ANY_OBJECT:
            self.add_own(event)
            return
        if recorded.type in TOUCHING:
            self.touched[recorded.stream_id] = (recorded.recorded_at, recorded.position)
            return
        change = self.touch(recorded.stream_id, recorded.recorded_at)
        match event.data:
            case ObjectUpdated() as data:
                change.update(data)
            case ObjectDeleted():
                change.decides, change.deleted_at = True, recorded.recorded_at
            case ObjectRestored():
                change.decides, change.deleted_at = True, None

    def add_own(self, event: DecodedEvent) -> None:
        """Take in an event of a type that this kind alone has: its creation, and what else the kind adds."""
        self.create(event)

    def touch(self, object_id: UUID, at: datetime) -> Change:
        """Say that an object changed, and return what is known of the change."""
        change = self.changed.setdefault(object_id, Change(at))
        change.at = at
        return change

    def create(self, event: DecodedEvent) -> UUID:
        """Say that an object was created, and return its id."""
        created = self.kind.created(event.recorded, event.data)
        object_id: UUID = created[0]
        self.created.append(created)
        self.changed.pop(object_id, None)  # the statement that changes comes after the one that creates
        return object_id

    async def write(self, connection: asyncpg.Connection) -> None:
        """Write it all."""
        await write_rows(connection, self.kind.all_statements["insert"], self.created)
        await write_rows(connection, STATEMENTS["change"], [change.row(key) for key, change in self.changed.items()])
        await write_rows(connection, STATEMENTS["touch"], [(key, *touch) for key, touch in self.touched.items()])
