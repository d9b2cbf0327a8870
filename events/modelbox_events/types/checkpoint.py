"""What happens to training checkpoints. Each has a stream of its own."""

from typing import Any, ClassVar, Final
from uuid import UUID

from modelbox_events.event import ChangeEvent, Effect, Kind, Target
from modelbox_events.types.artifact import TrackedFile
from modelbox_events.types.metrics import Double

CHECKPOINT: Final[Kind] = "checkpoint"


class CheckpointCreated(ChangeEvent, frozen=True, kw_only=True):
    """A checkpoint of an experiment, or of one of its runs, was created.

    It is keyed by `epoch` or by `step`; the other is none. `metrics` are points of that epoch or step.
    """

    effect: ClassVar = Effect.CREATES
    target: ClassVar = Target(CHECKPOINT, ("checkpoint_id",))

    checkpoint_id: UUID
    experiment_id: UUID
    run_id: UUID | None
    epoch: int | None
    step: int | None
    metrics: dict[str, Double]
    labels: dict[str, str]
    metadata: dict[str, Any]
    files: list[TrackedFile]
