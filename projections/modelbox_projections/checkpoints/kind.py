"""Training checkpoints: what is known of each, how they are read, and what can be searched for."""

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

import msgspec

from modelbox_events import Position
from modelbox_events.types.checkpoint import CheckpointCreated
from modelbox_projections.checkpoints import STATEMENTS
from modelbox_projections.lineage.origin import PRODUCED, Origin
from modelbox_projections.objects.object_kind import ObjectKind
from modelbox_projections.objects.queries import Objects
from modelbox_projections.search.fields import ids, wholes


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

    name: ClassVar = "checkpoints"
    row_type: ClassVar = CheckpointRow


def _named(created: CheckpointCreated) -> str:
    return f"step {created.step}" if created.epoch is None else f"epoch {created.epoch}"


def _made_with(created: CheckpointCreated) -> Iterator[Origin]:
    yield Origin(created.run_id or created.experiment_id, PRODUCED)


KIND: Final = ObjectKind(
    creation=CheckpointCreated,
    reads=Checkpoints,
    code_version=3,
    statements=STATEMENTS,
    own=("experiment_id", "run_id", "epoch", "step"),
    fields={**wholes("epoch", "step"), **ids("experiment_id"), **ids("run_id", nullable=True)},
    named=_named,
    made_with=_made_with,
)
