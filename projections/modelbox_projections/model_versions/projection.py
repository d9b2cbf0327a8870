"""Folds what is known of each model version, and on which one each unique tag was last set.

Which one holds it is said by the view that readers see: the same, unless that one is deleted.

Must not know: who asks for it, or whether a tag may be moved: the log has decided that.
"""

from typing import ClassVar
from uuid import UUID

import asyncpg

from modelbox_events import RecordedEvent
from modelbox_events.types.model_version import ModelVersionCreated, UniqueTagMoved, UniqueTagRemoved
from modelbox_projections.model_versions import STATEMENTS
from modelbox_projections.objects.changes import OF_ANY_OBJECT, Changes
from modelbox_projections.objects.projection import ObjectProjection
from modelbox_projections.projection import DecodedEvent, names_of, write_rows


class ModelVersionChanges(Changes):
    """What events change of model versions, with where each unique tag was last set."""

    def __init__(self) -> None:
        """Begin with nothing changed."""
        super().__init__()
        self.holders: dict[tuple[UUID, str], UUID | None] = {}

    def add_own(self, event: DecodedEvent) -> None:
        """Take in that a model version was created, or that a tag was moved or removed."""
        at = event.recorded.recorded_at
        match event.data:
            case ModelVersionCreated() as data:
                self._create(event.recorded, data)
            case UniqueTagMoved() as data:
                self.holders[data.model_id, data.tag] = data.model_version_id
                self.touch(data.model_version_id, at)
                if data.from_model_version_id is not None:
                    self.touch(data.from_model_version_id, at)
            case UniqueTagRemoved() as data:
                self.holders[data.model_id, data.tag] = None
                self.touch(data.model_version_id, at)

    def _create(self, recorded: RecordedEvent, data: ModelVersionCreated) -> None:
        origin = (data.experiment_id, data.run_id, data.checkpoint_id)
        own = (data.model_id, data.version, data.framework, *origin)
        about = {"name": data.name, "description": data.description}
        self.create(recorded, data.model_version_id, *own, labels=data.labels, **about)
        for tag in data.unique_tags:
            self.holders[data.model_id, tag] = data.model_version_id

    async def write(self, connection: asyncpg.Connection, insert: str) -> None:
        """Write it all, the tags too."""
        held = [(*tag, holder) for tag, holder in self.holders.items() if holder is not None]
        removed = [tag for tag, holder in self.holders.items() if holder is None]
        await super().write(connection, insert)
        await write_rows(connection, STATEMENTS["set_tags"], held)
        await write_rows(connection, STATEMENTS["remove_tags"], removed)


class ModelVersionsProjection(ObjectProjection):
    """The model versions with their unique tags; `updated_at` is also when one of these last came or went."""

    name: ClassVar = "model_versions"
    changes: ClassVar = ModelVersionChanges
    code_version: ClassVar = 4
    event_types: ClassVar = names_of(ModelVersionCreated, UniqueTagMoved, UniqueTagRemoved) | OF_ANY_OBJECT
    tables: ClassVar = ("objects", "touches", "last_tags")
    relations: ClassVar = ("model_versions", "unique_tags")
    statements: ClassVar = STATEMENTS

    def reads(self, event_type: str, stream_type: str) -> bool:
        """Tell whether it folds such events: creation and tags stand in the model's stream, the rest in its own."""
        return super().reads(event_type, stream_type) and (
            stream_type == "model_version" or event_type not in OF_ANY_OBJECT
        )
