"""What happens to experiments. Each has a stream of its own."""

from typing import Any, ClassVar, Final
from uuid import UUID

from modelbox_events.event import ChangeEvent, Effect, Kind, Target

EXPERIMENT: Final[Kind] = "experiment"


class ExperimentCreated(ChangeEvent, frozen=True, kw_only=True):
    """An experiment was created in a namespace; its name is unique there.

    `external_id` is its id in another tracker.
    """

    effect: ClassVar = Effect.CREATES
    target: ClassVar = Target(EXPERIMENT, ("experiment_id",))

    experiment_id: UUID
    name: str
    owner: str
    framework: str
    task: str
    description: str
    external_id: str
    parent_id: UUID | None
    labels: dict[str, str]
    metadata: dict[str, Any]
