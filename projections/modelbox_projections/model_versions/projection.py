"""Folds what is known of each model version, and on which one each unique tag was last set.

Which one holds it is said by the view that readers see: the same, unless that one is deleted.
"""

from typing import Any, ClassVar
from uuid import UUID

import asyncpg

from modelbox_events.types.model_version import ModelVersionCreated, UniqueTagMoved, UniqueTagRemoved
from modelbox_projections.model_versions import STATEMENTS
from modelbox_projections.model_versions.kind import KIND
from modelbox_projections.objects.changes import Changes
from modelbox_projections.objects.fold import ObjectProjection
from modelbox_projections.objects.object_kind import ObjectKind
from modelbox_projections.projection import DecodedEvent, names_of, write_rows


class ModelVersionChanges(Changes):
    """What events change of model versions, with where each unique tag was last set."""

    def __init__(self, kind: ObjectKind[Any]) -> None:
        """Begin with nothing changed."""
        super().__init__(kind)
        self.holders: dict[tuple[UUID, str], UUID | None] = {}

    def add_own(self, event: DecodedEvent) -> None:
        """Take in that a model version was created, or that a tag was moved or removed."""
        at = event.recorded.recorded_at
        match event.data:
            case ModelVersionCreated() as data:
                self.create(event)
                for tag in data.unique_tags:
                    self.holders[data.model_id, tag] = data.model_version_id
            case UniqueTagMoved() as data:
                self.holders[data.model_id, data.tag] = data.model_version_id
                self.touch(data.model_version_id, at)
                if data.from_model_version_id is not None:
                    self.touch(data.from_model_version_id, at)
            case UniqueTagRemoved() as data:
                self.holders[data.model_id, data.tag] = None
                self.touch(data.model_version_id, at)

    async def write(self, connection: asyncpg.Connection) -> None:
        """Write it all, the tags too."""
        held = [(*tag, holder) for tag, holder in self.holders.items() if holder is not None]
        removed = [tag for tag, holder in self.holders.items() if holder is None]
        await super().write(connection)
        await write_rows(connection, STATEMENTS["set_tags"], held)
        await write_rows(connection, STATEMENTS["remove_tags"], removed)


class ModelVersionsProjection(ObjectProjection):
    """The model versions with their unique tags; `updated_at` is also when one of these last came or went."""

    kind: ClassVar = KIND
    changes: ClassVar = ModelVersionChanges
    own_events: ClassVar = names_of(UniqueTagMoved, UniqueTagRemoved)
    own_tables: ClassVar = ("last_tags",)
    own_relations: ClassVar = ("unique_tags",)
    is_created_in_its_stream: ClassVar = False  # but in its model's, and so are the changes of its tags
