"""What happens to models. A model's stream has what happens to its versions' tags, too."""

from typing import Any, ClassVar, Final
from uuid import UUID

from modelbox_events.event import ChangeEvent, Effect, Kind, Target
from modelbox_events.types.artifact import TrackedFile

MODEL: Final[Kind] = "model"


def _with_labels(value: dict[str, Any]) -> dict[str, Any]:
    """Lift version 1 of `ModelCreated`, which knew no labels."""
    return {**value, "labels": {}}


class ModelCreated(ChangeEvent, frozen=True, kw_only=True):
    """A model was created in a namespace; its name is unique there."""

    effect: ClassVar = Effect.CREATES
    target: ClassVar = Target(MODEL, ("model_id",))
    upcasters: ClassVar = (_with_labels,)

    model_id: UUID
    name: str
    owner: str
    task: str
    description: str
    labels: dict[str, str]
    metadata: dict[str, Any]
    files: list[TrackedFile]
