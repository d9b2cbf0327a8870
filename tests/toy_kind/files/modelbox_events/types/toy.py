"""What happens to toys, a kind of object that only tests have. Each has a stream of its own."""

from typing import Any, ClassVar, Final
from uuid import UUID

from modelbox_events.event import ChangeEvent, Effect, Kind, Target
from modelbox_events.types.artifact import TrackedFile

TOY: Final[Kind] = "toy"


class ToyCreated(ChangeEvent, frozen=True, kw_only=True):
    """A toy was made; `parts` are any JSON, `run_id` is the run that made it."""

    effect: ClassVar = Effect.CREATES
    target: ClassVar = Target(TOY, ("toy_id",))

    toy_id: UUID
    name: str
    owner: str
    color: str
    wheels: int | None
    parts: list[dict[str, Any]]
    run_id: UUID | None
    labels: dict[str, str]
    metadata: dict[str, Any]
    hyperparameters: dict[str, Any]
    files: list[TrackedFile]
