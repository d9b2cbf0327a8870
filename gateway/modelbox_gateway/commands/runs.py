"""Commands on runs, run against the log.

Must not know: the wire, the views.
"""

from typing import Final
from uuid import UUID

import msgspec

from modelbox_events import Appended, Log, StreamRef
from modelbox_events.ids import object_id
from modelbox_events.types.run import RunCreated
from modelbox_gateway.commands import limits, run
from modelbox_gateway.commands.caller import Caller
from modelbox_gateway.commands.creations import Created, Creations
from modelbox_gateway.commands.executor import Aggregate, Executor
from modelbox_gateway.commands.lru import LruMap
from modelbox_gateway.errors import InvalidFieldError

_RUN: Final = Aggregate("run_status_claims", run.RunState(), run.evolve, run.STATUS_TYPES, run.claim)


class Runs:
    """The commands on runs. Which experiment a run belongs to never changes, so it is remembered."""

    def __init__(self, log: Log, creations: Creations) -> None:
        """Run on `log`."""
        self._creations = creations
        self._executor = Executor(log, _RUN, cached_max=limits.RUNS_CACHED_MAX)
        self._experiments: LruMap[UUID, UUID] = LruMap(limits.STREAMS_CACHED_MAX, log.head)

    async def create(self, command: run.CreateRun, caller: Caller) -> Created[RunCreated]:
        """Begin a run, or find the one that has its id.

        Raises:
            ObjectDeletedError: It is there and deleted, or the experiment or the parent is.
            InvalidFieldError: Another object has the id, or a run of another experiment.
        """
        parents = {"experiment_id": command.experiment}
        if command.parent is not None:
            parents["parent_id"] = command.parent
        created = await self._creations.create(
            command.stream, run.created(command), caller, key_field="id", parents=parents
        )
        experiment_id = created.event.experiment_id
        if experiment_id != command.experiment.id:
            problem = f"{command.id} is a run of experiment {experiment_id}; draw a new id"
            raise InvalidFieldError("id", problem)
        self._experiments.put(created.event.run_id, experiment_id)
        return created

    async def set_status(self, command: run.SetRunStatus, caller: Caller) -> Appended | None:
        """End or resume a run; None says that it was so already.

        Raises:
            RunEndedError: It has ended in another way, or was finished on purpose and is not to be reopened on purpose.
        """
        recorded = await self._executor.execute(
            command.run, lambda state: run.decide_set_status(state, command), caller
        )
        return recorded.appended

    async def begin_again(self, command: run.BeginAgain, caller: Caller) -> Appended | None:
        """Resume a run that the end of its program has ended; None says that it goes on, or that somebody ended it."""
        recorded = await self._executor.execute(
            command.run, lambda state: run.decide_begin_again(state, command), _again(caller)
        )
        return recorded.appended

    async def goes_on(self, stream: StreamRef) -> bool:
        """Return whether a run goes on as far as the log knows."""
        return (await self._executor.load(stream.id)).status == "running"

    async def experiment_of(self, stream: StreamRef) -> UUID:
        """Return the experiment of a run that exists."""
        known = self._experiments.get(stream.id)
        if known is None:
            created = await self._creations.first(stream, RunCreated)
            known = created.event.experiment_id
            self._experiments.put(stream.id, known)
        return known


def _again(caller: Caller) -> Caller:
    """Return who asks, with another key: that of the request stands for what creates the run."""
    if caller.key is None:
        return caller
    return msgspec.structs.replace(caller, key=str(object_id("run_begun_again", caller.key)))
