"""Folds what is known of each run.

Must not know: who asks for it, or when a run was last heard of: no event says that.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import asyncpg

from modelbox_events import RecordedEvent
from modelbox_events.types.run import RunCreated, RunEnded, RunResumed
from modelbox_projections.objects.changes import OF_ANY_OBJECT, Changes
from modelbox_projections.objects.projection import ObjectProjection
from modelbox_projections.projection import DecodedEvent, json_text, names_of, write_rows
from modelbox_projections.runs import STATEMENTS

Turn = tuple[str, datetime | None, datetime | None, str]
"""Status, when the run ended, when it was said to go on, reason."""


class RunChanges(Changes):
    """What events change of runs, with the last turn that each took."""

    def __init__(self) -> None:
        """Begin with nothing changed."""
        super().__init__()
        self.turned: dict[UUID, Turn] = {}

    def add_own(self, event: DecodedEvent) -> None:
        """Take in that a run began, ended or goes on."""
        at = event.recorded.recorded_at
        match event.data:
            case RunCreated() as data:
                self._create(event.recorded, data)
            case RunEnded() as data:
                self.touch(data.run_id, at)
                self.turned[data.run_id] = (data.status, data.ended_at, None, data.reason)
            case RunResumed() as data:
                self.touch(data.run_id, at)
                # Heartbeats are timed by the database, so what they are compared with is as well.
                self.turned[data.run_id] = ("running", None, at, data.reason)

    def _create(self, recorded: RecordedEvent, data: RunCreated) -> None:
        source = None if data.source is None else json_text(data.source)
        own = (data.experiment_id, data.parent_id, data.started_at, source, data.external_id)
        about = {"name": data.name, "owner": data.owner, "comment": data.comment}
        self.create(recorded, data.run_id, *own, labels=data.labels, **about)
        self.turned.pop(data.run_id, None)

    async def write(self, connection: asyncpg.Connection, insert: str) -> None:
        """Write it all, the turns too."""
        await super().write(connection, insert)
        await write_rows(connection, STATEMENTS["set_status"], [(key, *turn) for key, turn in self.turned.items()])


class RunsProjection(ObjectProjection):
    """The runs; `updated_at` is also when one ended or went on."""

    name: ClassVar = "runs"
    stream_type: ClassVar = "run"
    changes: ClassVar = RunChanges
    code_version: ClassVar = 4
    event_types: ClassVar = names_of(RunCreated, RunEnded, RunResumed) | OF_ANY_OBJECT
    relations: ClassVar = ("runs",)
    statements: ClassVar = STATEMENTS
