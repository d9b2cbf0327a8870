"""The projection of one kind of objects; a kind to which more can happen than to any object adds what that changes.

Must not know: any kind of object.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import asyncpg

from modelbox_projections.objects.changes import OF_ANY_OBJECT, Changes
from modelbox_projections.objects.object_kind import ObjectKind
from modelbox_projections.projection import DecodedEvent, Projection, names_of


class ObjectProjection(Projection):
    """Folds the objects of one kind into table `objects`; readers see them under the projection's name.

    `updated_at` is when what is known of the object last changed, or its metadata, hyperparameters or files.

    Attributes:
        kind: The kind, from which name, version and statements follow.
        changes: What events change of such objects.
        own_events: Names of the event types that only this kind has, beside its creation.
        own_tables: The tables that it has beside those of every kind.
        own_relations: What else readers see.
        is_created_in_its_stream: Whether creation and own events stand in the object's own stream, as all others do.
    """

    kind: ClassVar[ObjectKind[Any]]
    changes: ClassVar[type[Changes]] = Changes
    own_events: ClassVar[frozenset[str]] = frozenset()
    own_tables: ClassVar[tuple[str, ...]] = ()
    own_relations: ClassVar[tuple[str, ...]] = ()
    is_created_in_its_stream: ClassVar[bool] = True

    def __init_subclass__(cls) -> None:
        """Take over what follows from the kind."""
        super().__init_subclass__()
        kind = cls.kind
        cls.name = kind.view
        cls.code_version = kind.code_version
        cls.event_types = names_of(kind.creation) | cls.own_events | OF_ANY_OBJECT
        cls.stream_type = kind.name if cls.is_created_in_its_stream else None
        cls.tables = ("objects", "touches", *cls.own_tables)
        cls.relations = (kind.view, *cls.own_relations)
        cls.statements = kind.all_statements

    def reads(self, event_type: str, stream_type: str) -> bool:
        """Tell whether it folds such events: what any object can have stands in the object's own stream."""
        of_this_kind = stream_type == self.kind.name or event_type not in OF_ANY_OBJECT
        return super().reads(event_type, stream_type) and of_this_kind

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        """Write what these events change."""
        changes = self.changes(self.kind)
        for event in events:
            changes.add(event)
        await changes.write(connection)


def projection_of_kind(described: ObjectKind[Any]) -> ObjectProjection:
    """Return the projection of a kind to which nothing happens but what can to any object."""

    class KindProjection(ObjectProjection):
        kind: ClassVar = described

    return KindProjection()
