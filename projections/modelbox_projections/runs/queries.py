"""Reads the runs."""

from datetime import datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

import msgspec

from modelbox_events import Position
from modelbox_projections.objects.queries import Objects
from modelbox_projections.runs import STATEMENTS

RunStatus = Literal["running", "finished", "failed", "killed", "lost"]
"""How it is with a run; a running one that sends no heartbeats any more is lost."""


class RunRow(msgspec.Struct, frozen=True):
    """A run of an experiment; `parent_id` is the run it belongs to, `source` what it was made with.

    `external_id` is its id in another tracker.
    `ended_at` and `reason` are those of its last end; one that goes on has no `ended_at`.
    """

    id: UUID
    namespace: str
    experiment_id: UUID
    name: str
    owner: str
    status: RunStatus
    started_at: datetime
    ended_at: datetime | None
    parent_id: UUID | None
    source: dict[str, Any] | None
    external_id: str
    comment: str
    reason: str
    last_heard_of_at: datetime | None
    labels: dict[str, str]
    deleted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    created_position: Position


class Runs(Objects[RunRow]):
    """The view of runs."""

    row_type: ClassVar = RunRow
    statements: ClassVar = STATEMENTS
