"""Runs: which requests begin, end and resume one, and by which rules."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from modelbox_events.event import ChangeEvent, NewEvent, StreamRef
from modelbox_events.types.run import RUN, RunCreated, RunEnded, RunResumed, Source
from modelbox_gateway.errors import InvalidFieldError, RunEndedError
from modelbox_gateway.rules.aggregate import Aggregate, numbered
from modelbox_gateway.rules.creation import Creation
from modelbox_gateway.rules.kinds import FieldChange, KindRules, named_now, type_names
from modelbox_gateway.rules.run_names import name_of

Status = Literal["running", "finished", "failed", "killed"]
"""How it is with a run, as far as its events say."""

CLAIM: Final = "run_status_change"
STATUS_TYPES: Final = type_names(RunCreated, RunEnded, RunResumed)
"""The event types of a run's stream that `evolve` folds."""


class RunState(msgspec.Struct, frozen=True):
    """What the rules need to know of a run.

    `changes` counts its ends and resumptions and tells two states apart; `at_exit`: its program's end ended it.
    `since` is when that happened, by the client's clock.
    """

    status: Status = "running"
    changes: int = 0
    at_exit: bool = False
    since: datetime | None = None


class CreateRun(msgspec.Struct, frozen=True, kw_only=True):
    """Begin a run of an experiment, or of the run `parent` too; no `name` means one that its id makes."""

    id: UUID
    experiment: StreamRef
    name: str = ""
    owner: str = ""
    parent: StreamRef | None = None
    started_at: datetime
    source: Source | None = None
    comment: str = ""
    labels: dict[str, str] = {}
    metadata: dict[str, Any] = {}
    hyperparameters: dict[str, Any] = {}
    external_id: str = ""

    @property
    def stream(self) -> StreamRef:
        """The run's stream; its namespace is the experiment's."""
        return StreamRef(self.experiment.namespace, RUN, self.id)


class SetRunStatus(msgspec.Struct, frozen=True, kw_only=True):
    """End a run, or resume it with `running`; `reason` is the client's.

    `at_exit`: its program ends, and nobody has said how the run did. `reopen`: resume it though it has finished.
    """

    run: StreamRef
    status: Status
    at: datetime
    reason: str = ""
    at_exit: bool = False
    reopen: bool = False


class BeginAgain(msgspec.Struct, frozen=True, kw_only=True):
    """Take up a run that exists, whose program has been started again."""

    run: StreamRef
    at: datetime


def creation(command: CreateRun) -> Creation[RunCreated]:
    """Return what is to be recorded of a run that begins."""
    created = RunCreated(
        run_id=command.id,
        experiment_id=command.experiment.id,
        name=command.name or name_of(command.id),
        owner=command.owner,
        parent_id=command.parent.id if command.parent else None,
        started_at=command.started_at,
        source=command.source,
        comment=command.comment,
        labels=command.labels,
        metadata=command.metadata,
        hyperparameters=command.hyperparameters,
        external_id=command.external_id,
    )
    parents = {"experiment_id": command.experiment}
    if command.parent is not None:
        parents["parent_id"] = command.parent
    return Creation(stream=command.stream, event=created, key_field="id", parents=parents)


def refuse_another(command: CreateRun, created: RunCreated) -> None:
    """Refuse to take a run that is there for the one to create, unless it is one of the same experiment.

    Raises:
        InvalidFieldError: It is a run of another.
    """
    if created.experiment_id != command.experiment.id:
        problem = f"{command.id} is a run of experiment {created.experiment_id}; draw a new id"
        raise InvalidFieldError("id", problem)


def decide_set_status(state: RunState, command: SetRunStatus) -> list[NewEvent]:
    """End or resume the run unless it is so already.

    Raises:
        RunEndedError: It has ended in another way, or was finished on purpose and is not to be reopened on purpose.
    """
    run_id, wanted = command.run.id, command.status
    # The end of a program says nothing of a run that somebody has ended, or that a later program has begun: what the
    # earlier one said may have waited in a journal.
    is_late = state.status != "running" or _is_before(command.at, state.since)
    if wanted == state.status or (command.at_exit and is_late):
        return []
    match state.status:
        case "running" if wanted != "running":
            ended = RunEnded(
                run_id=run_id,
                status=wanted,
                ended_at=command.at,
                reason=command.reason,
                at_exit=command.at_exit,
            )
            return [NewEvent(ended)]
        case "failed" | "killed" if wanted == "running":
            return [NewEvent(RunResumed(run_id=run_id, resumed_at=command.at, reason=command.reason))]
        case "finished" if wanted == "running" and (state.at_exit or command.reopen):
            return [NewEvent(RunResumed(run_id=run_id, resumed_at=command.at, reason=command.reason))]
        case _:
            raise RunEndedError(run_id, state.status, wanted)


def decide_begin_again(state: RunState, command: BeginAgain) -> list[NewEvent]:
    """Resume the run if the end of its program has ended it, and not somebody."""
    if state.status == "running" or not state.at_exit or _is_before(command.at, state.since):
        return []
    return [NewEvent(RunResumed(run_id=command.run.id, resumed_at=command.at, reason=""))]


def _is_before(at: datetime, since: datetime | None) -> bool:
    return since is not None and at < since


def evolve(state: RunState, event: ChangeEvent) -> RunState:
    """Return the state after the event; an event that neither ends nor resumes the run changes nothing."""
    match event:
        case RunCreated():
            return RunState("running", state.changes, since=event.started_at)
        case RunEnded():
            return RunState(event.status, state.changes + 1, event.at_exit, event.ended_at)
        case RunResumed():
            return RunState("running", state.changes + 1, since=event.resumed_at)
        case _:
            return state


def claim(stream: StreamRef, state: RunState) -> StreamRef:
    """Return the stream that one change of the status opens in this state; of two such changes the log takes one."""
    return numbered(stream, CLAIM, state.changes)


STATUS: Final = Aggregate("run_status_claims", RunState(), evolve, STATUS_TYPES, claim)
"""How it is with a run."""


def changes(event: ChangeEvent) -> Iterator[FieldChange]:
    """Give the fields that an event of runs alone changed."""
    match event:
        case RunEnded():
            yield FieldChange("status", "running", event.status, reason=event.reason)
        case RunResumed():
            yield FieldChange("status", None, "running", asks=True, reason=event.reason)
        case _:
            yield from named_now(event)


KIND: Final = KindRules(kind=RUN, texts=("owner", "comment"), events=(RunEnded, RunResumed), changes=changes)
