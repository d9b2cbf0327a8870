"""Experiments: what is known of each, how they are read, and what can be searched for."""

from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

import msgspec

from modelbox_events import Position
from modelbox_events.types.experiment import ExperimentCreated
from modelbox_projections.experiments import STATEMENTS
from modelbox_projections.objects.object_kind import ObjectKind
from modelbox_projections.objects.queries import Objects
from modelbox_projections.search.fields import ids, texts, word_of_any_case


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

    name: ClassVar = "experiments"
    row_type: ClassVar = ExperimentRow


KIND: Final = ObjectKind(
    creation=ExperimentCreated,
    reads=Experiments,
    code_version=3,
    statements=STATEMENTS,
    own=("framework", "external_id", "parent_id"),
    fields={
        **texts("name", "owner", "task", "description", "external_id"),
        "framework": word_of_any_case("framework"),
        **ids("parent_id", nullable=True),
    },
    counts=True,
)
