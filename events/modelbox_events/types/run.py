"""What happens to the runs of experiments. Each has a stream of its own."""

from datetime import datetime
from typing import Any, ClassVar, Final, Literal
from uuid import UUID

import msgspec

from modelbox_events.event import ChangeEvent, Effect, Kind, Target

RUN: Final[Kind] = "run"

EndStatus = Literal["finished", "failed", "killed"]
"""How a run ended."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """What a run was made with: code, machine and packages, as the client saw them.

    `dirty` says that the working tree had changes that are in no commit; `dependencies` are package versions by name.
    """

    repository: str
    commit: str
    branch: str
    dirty: bool
    entry_point: str
    user: str
    host: str
    python_version: str
    platform: str
    dependencies: dict[str, str]


class RunCreated(ChangeEvent, frozen=True, kw_only=True, omit_defaults=True):
    """A run of an experiment began; it is running.

    `external_id` is its id in another tracker. It is written only where there is one: an event without it is as it was
    before there was the field, and a reader that does not know the field passes over it.
    """

    effect: ClassVar = Effect.CREATES
    target: ClassVar = Target(RUN, ("run_id",))

    run_id: UUID
    experiment_id: UUID
    name: str
    owner: str
    parent_id: UUID | None
    started_at: datetime
    source: Source | None
    comment: str
    labels: dict[str, str]
    metadata: dict[str, Any]
    hyperparameters: dict[str, Any]
    external_id: str = ""


class RunEnded(ChangeEvent, frozen=True, kw_only=True, omit_defaults=True):
    """A run ended; `reason` is the client's, such as the error that ended it.

    `at_exit` says that nobody ended it but the end of its program. It is written only where it is so: an event without
    it is as it was before there was the field, and a reader that does not know the field passes over it.
    """

    run_id: UUID
    status: EndStatus
    ended_at: datetime
    reason: str
    at_exit: bool = False


class RunResumed(ChangeEvent, frozen=True, kw_only=True):
    """A run that had ended goes on."""

    run_id: UUID
    resumed_at: datetime
    reason: str
