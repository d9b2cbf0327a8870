"""Reads the training checkpoints."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from modelbox_events import Position
from modelbox_projections.checkpoints import STATEMENTS
from modelbox_projections.objects.queries import Objects


class CheckpointRow(msgspec.Struct, frozen=True):
    """A training checkpoint of a run, or of an experiment itself; one of `epoch` and `step` is its key."""

    id: UUID
    namespace: str
    experiment_id: UUID
    run_id: UUID | None
    epoch: int | None
    step: int | None
    labels: dict[str, str]
    deleted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    created_position: Position


class Checkpoints(Objects[CheckpointRow]):
    """The view of training checkpoints."""

    row_type: ClassVar = CheckpointRow
    statements: ClassVar = STATEMENTS
