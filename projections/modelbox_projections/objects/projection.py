"""The projection of one kind of objects.

Must not know: which kinds there are.
"""

from collections.abc import Sequence
from typing import ClassVar

import asyncpg

from modelbox_projections.objects.changes import Changes
from modelbox_projections.projection import DecodedEvent, Projection


class ObjectProjection(Projection):
    """Folds the objects of one kind into table `objects`; readers see them under the projection's name.

    `updated_at` is when what is known of the object last changed, or its metadata, hyperparameters or files.

    Attributes:
        changes: What events change of such objects.
    """

    changes: ClassVar[type[Changes]]
    tables: ClassVar[tuple[str, ...]] = ("objects", "touches")

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        """Write what these events change."""
        changes = self.changes()
        for event in events:
            changes.add(event)
        await changes.write(connection, self.statements["insert"])
