"""The projection of one kind of objects.

Must not know: which kinds there are.
"""

from collections.abc import Sequence
from typing import ClassVar

import asyncpg

from modelbox_projections.objects.changes import OF_ANY_OBJECT, Changes
from modelbox_projections.projection import DecodedEvent, Projection


class ObjectProjection(Projection):
    """Folds the objects of one kind into table `objects`; readers see them under the projection's name.

    `updated_at` is when what is known of the object last changed, or its metadata, hyperparameters or files.

    Attributes:
        kind: The type of the objects' streams.
        changes: What events change of such objects.
    """

    kind: ClassVar[str]
    changes: ClassVar[type[Changes]]
    tables: ClassVar[tuple[str, ...]] = ("objects",)

    def reads(self, event_type: str, stream_type: str) -> bool:
        """Tell whether it folds such events: those that any object can have only where they concern its kind."""
        return super().reads(event_type, stream_type) and (stream_type == self.kind or event_type not in OF_ANY_OBJECT)

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        """Write what these events change."""
        changes = self.changes()
        for event in events:
            changes.add(event)
        await changes.write(connection, self.statements["insert"])
