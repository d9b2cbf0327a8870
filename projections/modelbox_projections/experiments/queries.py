"""Reads the experiments."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from modelbox_events import Position
from modelbox_projections.experiments import STATEMENTS
from modelbox_projections.objects.queries import Objects


class ExperimentRow(msgspec.Struct, frozen=True):
    """An experiment; `parent_id` is the experiment it belongs to."""

    id: UUID
    namespace: str
    name: str
    owner: str
    framework: str
    task: str
    description: str
    external_id: str
    parent_id: UUID | None
    labels: dict[str, str]
    deleted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    created_position: Position


class Experiments(Objects[ExperimentRow]):
    """The view of experiments."""

    row_type: ClassVar = ExperimentRow
    statements: ClassVar = STATEMENTS
