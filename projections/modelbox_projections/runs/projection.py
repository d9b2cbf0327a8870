"""Folds what is known of each run."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import asyncpg

from modelbox_events.types.run import RunEnded, RunResumed
from modelbox_projections.objects.changes import Changes
from modelbox_projections.objects.fold import ObjectProjection
from modelbox_projections.objects.object_kind import ObjectKind
from modelbox_projections.projection import DecodedEvent, names_of, write_rows
from modelbox_projections.runs import STATEMENTS
from modelbox_projections.runs.kind import KIND

Turn = tuple[str, datetime | None, datetime | None, str]
"""Status, when the run ended, when it was said to go on, reason."""


class RunChanges(Changes):
    """What events change of runs, with the last turn that each took."""

    def __init__(self, kind: ObjectKind[Any]) -> None:
        """Begin with nothing changed."""
        super().__init__(kind)
        self.turned: dict[UUID, Turn] = {}

    def add_own(self, event: DecodedEvent) -> None:
        """Take in that a run began, ended or goes on."""
        at = event.recorded.recorded_at
        match event.data:
            case RunEnded() as data:
                self.touch(data.run_id, at)
                self.turned[data.run_id] = (data.status, data.ended_at, None, data.reason)
            case RunResumed() as data:
                self.touch(data.run_id, at)
                # Heartbeats are timed by the database, so what they are compared with is as well.
                self.turned[data.run_id] = ("running", None, at, data.reason)
            case _:
                self.turned.pop(self.create(event), None)

    async def write(self, connection: asyncpg.Connection) -> None:
        """Write it all, the turns too."""
        await super().write(connection)
        await write_rows(connection, STATEMENTS["set_status"], [(key, *turn) for key, turn in self.turned.items()])


class RunsProjection(ObjectProjection):
    """The runs; `updated_at` is also when one ended or went on."""

    kind: ClassVar = KIND
    changes: ClassVar = RunChanges
    own_events: ClassVar = names_of(RunEnded, RunResumed)
